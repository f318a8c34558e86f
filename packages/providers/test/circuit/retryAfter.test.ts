/** A target that says when it may be called again is left alone until then, whatever the status with which it says so. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { ProviderFailed, ProviderRateLimited, ProviderTimeout } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { RouteConfig } from "../../src/routing/Route.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { fine, makeFake } from "./fakes.ts"

const fields = { provider: "one", model: "m", message: "overloaded", retryAfterMs: 3_000 }
const errors: ReadonlyArray<readonly [says: string, error: ProviderError]> = [
  ["429", new ProviderRateLimited({ ...fields, status: 429 })],
  ["503", new ProviderFailed({ ...fields, status: 503 })],
  ["529", new ProviderFailed({ ...fields, status: 529 })],
  ["408", new ProviderTimeout({ ...fields, status: 408 })]
]
const retry: RouteConfig["retry"] = { attempts: 4, baseMs: 200, maxMs: 5_000, maxWaitMs: 10_000 }

describe.each(errors)("a %s with Retry-After", (_says, error) => {
  const world = Effect.fnUntraced(function* (maxHoldMs?: number) {
    const [one, two] = [makeFake("one"), makeFake("two")]
    const times: Array<number> = []
    one.does(
      Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
        times.push(nowMs)
        return times.length === 1 ? Effect.fail(error) : Effect.succeed(fine)
      })
    )
    const providers = yield* providersOf({
      extra: [one.provider, two.provider],
      routes: {
        alone: { targets: [{ model: "one/m" }], retry },
        both: { targets: [{ model: "one/m" }, { model: "two/m" }], retry }
      },
      limits: { probeEveryMs: 0, ...(maxHoldMs === undefined ? {} : { maxHoldMs }) }
    })
    const call = (name: string) => Effect.flatMap(Effect.orDie(providers.resolve(name)), (model) => model.complete(ask("Hi")))
    const health = Effect.map(providers.health, (all) => all.find(({ target }) => target === "one/m"))
    return { one, two, times, call, health }
  })

  it.effect("is tried again when the time is over, and not before", () =>
    Effect.gen(function* () {
      const { call, health, times } = yield* world()
      const running = yield* Effect.forkChild(call("alone"), { startImmediately: true })
      assert.deepInclude(yield* health, { heldMs: 3_000, state: "closed" })
      yield* TestClock.adjust(2_999)
      assert.deepStrictEqual(times, [0])
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* Fiber.join(running), fine)
      assert.deepStrictEqual(times, [0, 3_000])
    })
  )

  it.effect("has the other targets asked meanwhile, and those who ask for it alone told when", () =>
    Effect.gen(function* () {
      const { call, one, two } = yield* world()
      for (let n = 0; n < 3; n++) yield* call("both")
      assert.deepStrictEqual([one.calls(), two.calls()], [1, 3])
      yield* TestClock.adjust(1_000)
      assert.strictEqual((yield* Effect.flip(call("one/m"))).retryAfterMs, 2_000)
      yield* TestClock.adjust(2_000)
      yield* call("both")
      assert.deepStrictEqual([one.calls(), two.calls()], [2, 3])
    })
  )

  it.effect("is honoured up to the longest hold", () =>
    Effect.gen(function* () {
      const { call, health } = yield* world(500)
      yield* Effect.flip(call("one/m"))
      assert.strictEqual((yield* health)?.heldMs, 500)
      yield* TestClock.adjust(500)
      assert.deepInclude(yield* call("one/m"), fine)
    })
  )
})
