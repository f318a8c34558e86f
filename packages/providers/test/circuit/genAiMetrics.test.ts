import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { ProviderRateLimited } from "@parley/domain/ProviderError"
import { noUsage } from "@parley/domain/Usage"
import { makeGenAiMetrics, maxModelSeries } from "../../src/circuit/genAiMetrics.ts"
import type { ModelCall } from "../../src/circuit/genAiMetrics.ts"
import { Providers } from "../../src/Providers.ts"
import { ask } from "../support/requests.ts"
import { fine, makeFake } from "./fakes.ts"

const call = (model: string, more: Partial<ModelCall> = {}): ModelCall => ({
  operation: "chat",
  provider: "one",
  model,
  isNamed: false,
  tookMs: 500,
  ...more
})
const limited = Exit.fail(new ProviderRateLimited({ provider: "one", model: "m", message: "slow down" }))
const answered = Exit.succeed({ inputTokens: 20, outputTokens: 3 })

const text = (registry: Metric.MetricRegistry) =>
  Effect.provideService(PrometheusMetrics.format(), Metric.MetricRegistry, registry)
const seconds = "gen_ai_client_operation_duration_seconds"
const tokens = "gen_ai_client_token_usage"
const labels = (model: string, operation = "chat") =>
  `gen_ai_operation_name="${operation}",gen_ai_provider_name="one",gen_ai_request_model="${model}"`

describe("the metrics of generative AI", () => {
  const record = () => {
    const registry: Metric.MetricRegistry = new Map()
    const context = Context.make(Metric.MetricRegistry, registry)
    const tell = makeGenAiMetrics()
    return {
      text: text(registry),
      tell: (one: ModelCall, exit: Parameters<typeof tell>[1]) => tell(one, exit, context)
    }
  }

  it.effect("have a call's seconds by what it came to, and its tokens by their type", () =>
    Effect.gen(function* () {
      const { tell, text } = record()
      tell(call("m"), answered)
      tell(call("m"), limited)
      tell(call("m"), Exit.failCause(Cause.interrupt(1)))
      tell(call("m"), Exit.die(new Error("a defect")))
      tell(call("m", { operation: "embeddings", tookMs: 20 }), Exit.succeed({ inputTokens: 7 }))
      const told = yield* text
      for (const line of [
        `# TYPE ${seconds} histogram`,
        `${seconds}_bucket{${labels("m")},le="0.32"} 0`,
        `${seconds}_bucket{${labels("m")},le="0.64"} 1`,
        `${seconds}_sum{${labels("m")}} 0.5`,
        `${seconds}_count{${labels("m")},error_type="ProviderRateLimited"} 1`,
        `${seconds}_count{${labels("m")},error_type="canceled"} 1`,
        `${seconds}_count{${labels("m")},error_type="_OTHER"} 1`,
        `${seconds}_count{${labels("m", "embeddings")}} 1`,
        `${tokens}_bucket{${labels("m")},gen_ai_token_type="input",le="64"} 1`,
        `${tokens}_sum{${labels("m")},gen_ai_token_type="input"} 20`,
        `${tokens}_sum{${labels("m")},gen_ai_token_type="output"} 3`,
        `${tokens}_sum{${labels("m", "embeddings")},gen_ai_token_type="input"} 7`
      ]) {
        assert.include(told, line)
      }
    })
  )

  it.effect("say nothing of tokens where the provider did not", () =>
    Effect.gen(function* () {
      const { tell, text } = record()
      tell(call("m"), Exit.succeed(noUsage))
      const told = yield* text
      assert.include(told, `${seconds}_count{${labels("m")}} 1`)
      assert.notInclude(told, tokens)
    })
  )

  it.effect("give no series to names that nobody answers to, nor past the bound", () =>
    Effect.gen(function* () {
      const { tell, text } = record()
      for (let n = 0; n < 50; n++) tell(call(`nonsense-${n}`), limited)
      tell(call("named", { isNamed: true }), limited)
      for (let n = 0; n < maxModelSeries + 4; n++) tell(call(`model-${n}`), answered)
      const told = yield* text
      assert.notInclude(told, "nonsense")
      assert.include(told, `${seconds}_count{${labels("other")},error_type="ProviderRateLimited"} 50`)
      assert.include(told, `${seconds}_count{${labels("named")},error_type="ProviderRateLimited"} 1`)
      assert.include(told, `${seconds}_count{${labels("other")}} 5`)
    })
  )

  it.effect("are recorded once for a call that was made, and not for one that was refused", () =>
    Effect.gen(function* () {
      const registry: Metric.MetricRegistry = new Map()
      const fake = makeFake("one")
      const context = yield* Layer.build(Providers.layer({ extra: [fake.provider], limits: { maxConcurrent: 1 } }))
      const model = yield* Context.get(context, Providers).resolve("one/measured")
      const complete = Effect.provideService(Effect.exit(model.complete(ask("Hi"))), Metric.MetricRegistry, registry)
      fake.does(Effect.delay(Effect.succeed({ ...fine, usage: { ...noUsage, inputTokens: 9, outputTokens: 2 } }), 2_000))
      const first = yield* Effect.forkChild(complete, { startImmediately: true })
      assert.ok(Exit.isFailure(yield* complete))
      yield* TestClock.adjust(2_000)
      assert.ok(Exit.isSuccess(yield* Fiber.join(first)))
      const told = yield* text(registry)
      assert.include(told, `${seconds}_count{${labels("measured")}} 1`)
      assert.include(told, `${seconds}_sum{${labels("measured")}} 2`)
      assert.include(told, `${tokens}_sum{${labels("measured")},gen_ai_token_type="output"} 2`)
      assert.notInclude(told, "error_type")
    })
  )
})
