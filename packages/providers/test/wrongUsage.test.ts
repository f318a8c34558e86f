/** Token counts that cannot be: none of them is believed, and nobody takes the estimate for the provider's word. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import type { Usage } from "@parley/domain/Usage"
import { ask } from "./support/requests.ts"
import { providersOf } from "./support/model.ts"
import { wires } from "./support/wires.ts"
import { answer } from "./wire/WireServer.ts"

const impossible: ReadonlyArray<readonly [claim: string, usage: Partial<Usage>]> = [
  ["a negative prompt", { inputTokens: -7, outputTokens: 3 }],
  ["a negative answer", { inputTokens: 7, outputTokens: -3 }],
  ["a fraction", { inputTokens: 7, outputTokens: 2.5 }],
  ["more than any call can use", { inputTokens: 7, outputTokens: 1e15 }],
  ["a negative part of the prompt", { inputTokens: 7, outputTokens: 3, cachedInputTokens: -1 }]
]
/** Told as `null`, which is as if it were not told. */
const untold: Partial<Usage> = { inputTokens: 7, outputTokens: Number.NaN }

const words = "One two three four five six"

describe.each(wires)("$id", ({ config, id, start }) => {
  it.live.each(impossible)("that tells %s is estimated, marked and counted", ([, usage]) =>
    Effect.gen(function* () {
      const wire = yield* start
      const providers = yield* providersOf(config(wire.baseUrl))
      const model = yield* providers.resolve(`${id}/m`)
      wire.otherwise(() => answer(words, { usage }))
      const whole = yield* model.complete(ask("Count"))
      const streamed = yield* model.stream(ask("Count"), () => undefined)
      for (const told of [whole.usage, streamed.usage]) {
        assert.isTrue(told.isEstimated)
        assert.isAbove(told.inputTokens, 0)
        assert.approximately(told.outputTokens, 6, 5)
        assert.strictEqual(told.cachedInputTokens, 0)
      }
      const [health] = yield* providers.health
      assert.deepInclude(health, { wrongUsages: 2, succeeded: 2, failed: 0, state: "closed" })
    })
  )

  it.live("that leaves out what it wrote is estimated in that alone, and is not wrong", () =>
    Effect.gen(function* () {
      const wire = yield* start
      const providers = yield* providersOf(config(wire.baseUrl))
      const model = yield* providers.resolve(`${id}/m`)
      wire.enqueue(answer(words, { usage: untold }))
      const { usage } = yield* model.complete(ask("Count"))
      assert.deepInclude(usage, { inputTokens: 7, isEstimated: true })
      assert.isAbove(usage.outputTokens, 0)
      assert.deepInclude((yield* providers.health)[0], { wrongUsages: 0 })
    })
  )

  it.live("is told of in the log once for a while, by its name", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void said.push(`${logLevel} ${String(message)}`))
      const wire = yield* start
      const providers = yield* providersOf(config(wire.baseUrl))
      const model = yield* providers.resolve(`${id}/m`)
      wire.otherwise(() => answer(words, { usage: { inputTokens: -7 } }))
      const ask3 = Effect.repeat(model.complete(ask("Count")), { times: 2 })
      yield* ask3.pipe(Effect.provide(Logger.layer([logger])))
      assert.lengthOf(
        said.filter((line) => /^warn.*numbers that cannot be/i.test(line)),
        1
      )
    })
  )
})
