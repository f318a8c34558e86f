/** A target that streams is given so long for its first token: then the call has failed, and the next target is called. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import type { RouteConfig } from "../../src/routing/Route.ts"
import { noUsage } from "@parley/domain/Usage"
import { makeHeld, text } from "../circuit/fakes.ts"
import { collect } from "../support/collect.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"

const waiting = Effect.fnUntraced(function* (route: Partial<RouteConfig>, limits: Partial<ProviderLimits> = {}) {
  const [one, two] = [makeHeld("one"), makeHeld("two")]
  const providers = yield* providersOf({
    extra: [one.provider, two.provider],
    routes: { best: { targets: [{ model: "one/m" }, { model: "two/m" }], ...route } },
    limits: { probeEveryMs: 0, ...limits }
  })
  const collected = collect()
  const begin = (name: string) =>
    Effect.flatMap(Effect.orDie(providers.resolve(name)), (model) =>
      Effect.forkChild(model.stream(ask("Hi"), collected.sink), { startImmediately: true })
    )
  const health = Effect.map(providers.health, (all) => all.find(({ target }) => target === "one/m")!)
  return { one, two, begin, collected, health }
})

describe("a limit to the first token", () => {
  it.effect("fails the call that said nothing by then, aborts it, counts it for its circuit, and calls the next target", () =>
    Effect.gen(function* () {
      const { begin, collected, health, one, two } = yield* waiting({ firstTokenTimeoutMs: 500 }, { breakerFailures: 1 })
      const running = yield* begin("best")
      // What is no token of the answer holds nothing up.
      one.say(0, { type: "usage", usage: { ...noUsage, inputTokens: 7 } })
      yield* TestClock.adjust(499)
      assert.strictEqual(two.calls.length, 0)
      yield* TestClock.adjust(1)
      assert.isTrue(one.calls[0]?.isAborted)
      two.say(0, text("here"))
      yield* two.end(0)
      const answer = yield* Fiber.join(running)
      assert.deepStrictEqual(
        answer.attempts?.map(({ failure, target }) => [target, failure]),
        [
          ["one/m", "ProviderTimeout"],
          ["two/m", undefined]
        ]
      )
      // What the provider told of the prompt by then is accounted.
      assert.strictEqual(answer.attempts?.[0]?.usage.inputTokens, 7)
      assert.strictEqual(collected.text(), "here")
      assert.deepInclude(collected.events[0], { type: "provider-switch", reason: "provider_timeout" })
      assert.deepInclude(yield* health, { state: "open", inFlight: 0 })
    })
  )

  it.effect("is over with the first token", () =>
    Effect.gen(function* () {
      const { begin, collected, one, two } = yield* waiting({ firstTokenTimeoutMs: 500 })
      const running = yield* begin("best")
      yield* TestClock.adjust(400)
      one.say(0, text("slow, "))
      yield* TestClock.adjust(60_000)
      one.say(0, text("but whole"))
      yield* one.end(0)
      yield* Fiber.join(running)
      assert.strictEqual(collected.text(), "slow, but whole")
      assert.strictEqual(two.calls.length, 0)
    })
  )

  it.effect("is the target's own, else the route's, else the provider's; and 0 is none", () =>
    Effect.gen(function* () {
      const lateAfter = Effect.fnUntraced(function* (route: Partial<RouteConfig>, limitMs: number) {
        const { begin, one } = yield* waiting(route, { firstTokenTimeoutMs: limitMs })
        const running = yield* begin("best")
        let lateMs = 0
        while (one.calls[0]?.isAborted === false && lateMs < 1_000) {
          yield* TestClock.adjust(100)
          lateMs += 100
        }
        yield* Fiber.interrupt(running)
        return lateMs
      })
      const targets = [{ model: "one/m", firstTokenTimeoutMs: 300 }, { model: "two/m" }]
      assert.strictEqual(yield* lateAfter({ targets, firstTokenTimeoutMs: 200 }, 100), 300)
      assert.strictEqual(yield* lateAfter({ firstTokenTimeoutMs: 200 }, 100), 200)
      assert.strictEqual(yield* lateAfter({}, 100), 100)
      assert.strictEqual(yield* lateAfter({ firstTokenTimeoutMs: 0 }, 100), 1_000)
    })
  )

  it.effect("is the provider's for a model without a route, and its caller sees a timeout", () =>
    Effect.gen(function* () {
      const { begin } = yield* waiting({}, { firstTokenTimeoutMs: 100 })
      const running = yield* begin("one/m")
      yield* TestClock.adjust(100)
      assert.strictEqual((yield* Effect.flip(Fiber.join(running)))._tag, "ProviderTimeout")
    })
  )
})
