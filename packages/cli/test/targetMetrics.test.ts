import { assert, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import type { CircuitHealth } from "@parley/providers/Providers"
import { makeTargetMetrics, maxTargetSeries } from "../src/targetMetrics.ts"

const noFailures = {
  ProviderRejected: 0,
  ProviderUnauthorized: 0,
  ProviderModelNotFound: 0,
  ProviderRateLimited: 0,
  ProviderFailed: 0,
  ProviderUnreachable: 0,
  ProviderTruncated: 0,
  ProviderTimeout: 0,
  ProviderUnavailable: 0
}

const health = (target: string, more: Partial<CircuitHealth> = {}): CircuitHealth => ({
  target,
  provider: "one",
  model: "m",
  isNamed: false,
  state: "closed",
  inFlight: 0,
  maxConcurrent: 10,
  mostConcurrent: 10,
  heldMs: 0,
  missingMs: 0,
  succeeded: 0,
  failed: 0,
  failures: noFailures,
  retries: 0,
  hedges: 0,
  wrongUsages: 0,
  fallbacks: 0,
  transitions: { opened: 0, halfOpened: 0, closed: 0 },
  restarts: 0,
  recent: {
    succeeded: 0,
    failed: 0,
    firstTokenP50Ms: undefined,
    firstTokenP95Ms: undefined,
    wholeP50Ms: undefined,
    wholeP95Ms: undefined,
    tokensPerSecond: undefined
  },
  ...more
})

const withRegistry = <A, E>(effect: Effect.Effect<A, E>) => Effect.provideService(effect, Metric.MetricRegistry, new Map())

it.effect("what a target's calls came to is counted once, however often it is told", () =>
  withRegistry(
    Effect.gen(function* () {
      const tell = makeTargetMetrics()
      const one = health("one/m", {
        succeeded: 2,
        failures: { ...noFailures, ProviderTruncated: 1 },
        fallbacks: 1,
        retries: 3,
        hedges: 4,
        inFlight: 2,
        maxConcurrent: 7,
        wrongUsages: 2
      })
      const recent = { ...one.recent, firstTokenP95Ms: 250, tokensPerSecond: 40 }
      yield* tell([one])
      yield* tell([
        {
          ...one,
          succeeded: 5,
          retries: 4,
          hedges: 6,
          recent,
          state: "open",
          transitions: { opened: 1, halfOpened: 0, closed: 0 }
        }
      ])
      const text = yield* PrometheusMetrics.format()
      for (const line of [
        'parley_provider_calls_total{target="one/m",outcome="answered"} 5',
        'parley_provider_calls_total{target="one/m",outcome="provider_truncated"} 1',
        'parley_provider_fallbacks_total{target="one/m"} 1',
        'parley_provider_retries_total{target="one/m"} 4',
        'parley_provider_hedges_total{target="one/m"} 6',
        'parley_provider_calls_in_flight{target="one/m"} 2',
        'parley_provider_calls_allowed{target="one/m"} 7',
        'parley_provider_wrong_usage_total{target="one/m"} 2',
        'parley_provider_circuit_transitions_total{target="one/m",to="open"} 1',
        'parley_provider_circuit_open{target="one/m"} 1',
        'parley_provider_first_token_ms{target="one/m",quantile="0.95"} 250',
        'parley_provider_tokens_per_second{target="one/m"} 40'
      ]) {
        assert.include(text, line)
      }
    })
  )
)

it.effect("names that nobody answers to share one series, and so do all past the bound", () =>
  withRegistry(
    Effect.gen(function* () {
      const tell = makeTargetMetrics()
      const missing = { ...noFailures, ProviderModelNotFound: 1 }
      yield* tell(Array.from({ length: 50 }, (_, n) => health(`one/nonsense-${n}`, { failures: missing })))
      yield* tell(Array.from({ length: maxTargetSeries + 5 }, (_, n) => health(`one/model-${n}`, { succeeded: 1 })))
      const text = yield* PrometheusMetrics.format()
      assert.include(text, 'parley_provider_calls_total{target="other",outcome="model_not_found"} 50')
      assert.include(text, 'parley_provider_calls_total{target="other",outcome="answered"} 5')
      assert.notInclude(text, "nonsense")
    })
  )
)
