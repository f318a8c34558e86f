/**
 * How the providers' targets do, as metrics. Circuits count by themselves; here their counts become series, each time the process is sampled.
 * Callers choose the names of models, so the series are bounded: targets that never answered and that no route names share one.
 */
import { errorTraits } from "@parley/domain/ErrorTraits"
import type { CircuitHealth } from "@parley/providers/Providers"
import { Effect, Metric } from "effect"

/** Targets with series of their own. */
export const maxTargetSeries = 200
const sharedTarget = "other"

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

const calls = counter("parley_provider_calls_total", "Calls that ended, by what they came to: answered, or the error's code")
const retries = counter("parley_provider_retries_total", "Further tries of a target for one request")
const hedges = counter("parley_provider_hedges_total", "Calls that were made because another target was slow")
const fallbacks = counter("parley_provider_fallbacks_total", "Calls that were made because another target had failed")
const wrongUsages = counter(
  "parley_provider_wrong_usage_total",
  "Answers whose provider told their usage in numbers that cannot be"
)
const transitions = counter(
  "parley_provider_circuit_transitions_total",
  "How often a target's circuit changed, by what it became"
)
const callsInFlight = Metric.gauge("parley_provider_calls_in_flight", { description: "Calls to a provider target under way" })
const callsAllowed = Metric.gauge("parley_provider_calls_allowed", { description: "Calls that a target may hold at once now" })
const circuitOpen = Metric.gauge("parley_provider_circuit_open", {
  description: "1 while a target's circuit is open, 0.5 while it is tried again, else 0"
})
const firstToken = Metric.gauge("parley_provider_first_token_ms", {
  description: "Milliseconds to the first token of a stream, over the last minute"
})
const tokensPerSecond = Metric.gauge("parley_provider_tokens_per_second", {
  description: "Tokens a second of a stream, over the last minute"
})

const openness = { closed: 0, "half-open": 0.5, open: 1 } as const

/** Tells what changed since it last did; one for a process. */
export const makeTargetMetrics = (): ((health: ReadonlyArray<CircuitHealth>) => Effect.Effect<void>) => {
  const labels = new Map<string, string>()
  /** By target; what is no longer known is forgotten. */
  let told = new Map<string, Map<string, number>>()

  const labelOf = ({ isNamed, state, succeeded, target }: CircuitHealth): string => {
    const known = labels.get(target)
    if (known !== undefined) return known
    const isOwn = (succeeded > 0 || isNamed || state !== "closed") && labels.size < maxTargetSeries
    if (isOwn) labels.set(target, target)
    return isOwn ? target : sharedTarget
  }

  return (health) =>
    Effect.gen(function* () {
      told = new Map(health.map(({ target }) => [target, told.get(target) ?? new Map<string, number>()]))
      for (const one of health) {
        const label = labelOf(one)
        const counts = told.get(one.target)
        const add = Effect.fnUntraced(function* (
          metric: Metric.Counter<number>,
          count: number,
          more: Record<string, string> = {}
        ) {
          const key = JSON.stringify([metric.id, more])
          // A target that was forgotten and came back counts from 0 again.
          const before = counts?.get(key) ?? 0
          const change = count >= before ? count - before : count
          if (change === 0) return
          counts?.set(key, count)
          yield* Metric.update(Metric.withAttributes(metric, { target: label, ...more }), change)
        })
        yield* add(calls, one.succeeded, { outcome: "answered" })
        for (const tag of tagsOf(one.failures)) yield* add(calls, one.failures[tag], { outcome: errorTraits[tag].code })
        yield* add(retries, one.retries)
        yield* add(hedges, one.hedges)
        yield* add(fallbacks, one.fallbacks)
        yield* add(wrongUsages, one.wrongUsages)
        yield* add(transitions, one.transitions.opened, { to: "open" })
        yield* add(transitions, one.transitions.halfOpened, { to: "half-open" })
        yield* add(transitions, one.transitions.closed, { to: "closed" })
        if (label === sharedTarget) continue
        const set = (metric: Metric.Gauge<number>, value: number, more: Record<string, string> = {}) =>
          Metric.update(Metric.withAttributes(metric, { target: label, ...more }), value)
        yield* set(callsInFlight, one.inFlight)
        yield* set(callsAllowed, one.maxConcurrent)
        yield* set(circuitOpen, openness[one.state])
        const { firstTokenP50Ms, firstTokenP95Ms, tokensPerSecond: speed } = one.recent
        if (firstTokenP50Ms !== undefined) yield* set(firstToken, firstTokenP50Ms, { quantile: "0.5" })
        if (firstTokenP95Ms !== undefined) yield* set(firstToken, firstTokenP95Ms, { quantile: "0.95" })
        if (speed !== undefined) yield* set(tokensPerSecond, speed)
      }
    })
}

const tagsOf = (failures: CircuitHealth["failures"]) =>
  (
    [
      "ProviderRejected",
      "ProviderUnauthorized",
      "ProviderModelNotFound",
      "ProviderRateLimited",
      "ProviderFailed",
      "ProviderUnreachable",
      "ProviderTruncated",
      "ProviderTimeout",
      "ProviderUnavailable"
    ] as const
  ).filter((tag) => failures[tag] > 0)
