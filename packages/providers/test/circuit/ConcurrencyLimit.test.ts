/** How a 429 lowers what a target may hold, and how answers raise it again: the limit alone, against a model of it, and in its circuit. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema } from "effect"
import { ProviderRateLimited } from "@parley/domain/ProviderError"
import { ConcurrencyLimit } from "../../src/circuit/ConcurrencyLimit.ts"
import { RecentHigh } from "../../src/circuit/RecentHigh.ts"
import { defaultLimits } from "../../src/ProviderLimits.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { fine, makeFake, makeHeld } from "./fakes.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const { limitBurstMs, limitDecrease, limitForgottenMs, limitWindowMs, maxConcurrent, minConcurrent } = defaultLimits

const Seen = Schema.Struct({ afterMs: between(0, 15_000), inFlight: between(1, maxConcurrent) })

describe("the highest of a while", () => {
  it.prop(
    "is at least what was seen within the window, and never what was seen before it and one slot more",
    [Schema.Array(Seen).check(Schema.isMaxLength(40)), between(0, 15_000)],
    ([seen, afterMs]) => {
      const high = new RecentHigh(limitWindowMs)
      let nowMs = 0
      const all = seen.map(({ afterMs, inFlight }) => {
        nowMs += afterMs
        high.see(inFlight, nowMs)
        return { atMs: nowMs, inFlight }
      })
      nowMs += afterMs
      const since = (ms: number) => Math.max(0, ...all.filter(({ atMs }) => atMs > nowMs - ms).map(({ inFlight }) => inFlight))
      assert.isAtLeast(high.at(nowMs), since(limitWindowMs))
      assert.isAtMost(high.at(nowMs), since(limitWindowMs * 1.1 + 1))
    }
  )
})

describe("the limit on calls of a target", () => {
  it.prop(
    "after one 429 is no less than the floor and the part of the recent high, and after as many answers as it lost it is back",
    [Schema.Array(between(1, maxConcurrent)).check(Schema.isMinLength(1), Schema.isMaxLength(20))],
    ([seen]) => {
      const limit = new ConcurrencyLimit(defaultLimits)
      for (const [second, inFlight] of seen.entries()) limit.see(inFlight, second * 100)
      const nowMs = seen.length * 100
      limit.see(1, nowMs)
      assert.isTrue(limit.lower(nowMs))
      const high = Math.max(...seen)
      const lowered = Math.max(minConcurrent, Math.floor(high * limitDecrease))
      assert.strictEqual(limit.at(nowMs), Math.min(maxConcurrent, lowered))
      for (let answers = lowered; answers < high; answers++) limit.raise(nowMs)
      assert.isAtLeast(limit.at(nowMs), Math.min(high, maxConcurrent))
      for (let answers = 0; answers < maxConcurrent; answers++) limit.raise(nowMs)
      assert.strictEqual(limit.at(nowMs), maxConcurrent)
    }
  )

  it("is lowered once for a burst of 429s, and by each burst, but never below the floor", () => {
    const limit = new ConcurrencyLimit(defaultLimits)
    limit.see(100, 0)
    assert.deepStrictEqual([limit.lower(0), limit.lower(10)], [true, false])
    assert.strictEqual(limit.at(10), 70)
    for (let burst = 1; burst < 20; burst++) {
      limit.see(100, burst * limitBurstMs)
      limit.lower(burst * limitBurstMs)
    }
    assert.strictEqual(limit.at(20 * limitBurstMs), minConcurrent)
  })

  it("is never more than the target may hold, whatever the floor", () => {
    const limit = new ConcurrencyLimit({ ...defaultLimits, maxConcurrent: 2 })
    limit.see(2, 0)
    limit.lower(0)
    limit.raise(0)
    assert.strictEqual(limit.at(0), 2)
  })

  it("is not raised by the answers of calls that had begun before it was lowered, and is forgotten after a quiet minute", () => {
    const limit = new ConcurrencyLimit(defaultLimits)
    limit.see(1_000, 5_000)
    limit.lower(5_000)
    for (let answers = 0; answers < 999; answers++) limit.raise(4_999)
    assert.strictEqual(limit.at(5_001), 700)
    limit.raise(5_000)
    assert.strictEqual(limit.at(5_001), 701)
    assert.strictEqual(limit.at(5_000 + limitForgottenMs), maxConcurrent)
  })
})

describe("in its circuit", () => {
  const limited = new ProviderRateLimited({ provider: "one", model: "m", message: "too many tokens" })

  it.effect("a 429 to a caller who asks one at a time refuses none of the 20 who come together after it", () =>
    Effect.gen(function* () {
      const one = makeFake("one")
      const providers = yield* providersOf({ extra: [one.provider] })
      const call = (yield* providers.resolve("one/m")).complete(ask("Hello"))
      yield* call
      one.does(Effect.fail(limited))
      yield* Effect.flip(call)
      const end = yield* Deferred.make<typeof fine>()
      one.does(Deferred.await(end))
      const running = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 20 }, () => call),
          { concurrency: 20 }
        ),
        {
          startImmediately: true
        }
      )
      assert.strictEqual(one.calls(), 22)
      yield* Deferred.succeed(end, fine)
      assert.lengthOf(yield* Fiber.join(running), 20)
    })
  )

  it.effect("a 429 that comes when the others have ended is counted from when they ran", () =>
    Effect.gen(function* () {
      const one = makeHeld("one")
      const providers = yield* providersOf({ extra: [one.provider] })
      const call = (yield* providers.resolve("one/m")).complete(ask("Hello"))
      const running = []
      for (let n = 0; n < 100; n++) running.push(yield* Effect.forkChild(call, { startImmediately: true }))
      for (let n = 1; n < 100; n++) yield* one.end(n)
      for (const fiber of running.slice(1)) yield* Fiber.join(fiber)
      yield* Deferred.fail(one.calls[0]!.end, limited)
      yield* Effect.exit(Fiber.join(running[0]!))
      assert.strictEqual((yield* providers.health)[0]?.maxConcurrent, 70)
    })
  )

  it.effect("the call that is one too many is refused at once", () =>
    Effect.gen(function* () {
      const one = makeFake("one")
      const providers = yield* providersOf({ extra: [one.provider], limits: { minConcurrent: 1 } })
      const call = (yield* providers.resolve("one/m")).complete(ask("Hello"))
      one.does(Effect.fail(limited))
      yield* Effect.flip(call)
      one.does(Effect.never)
      const running = yield* Effect.forkChild(call, { startImmediately: true })
      assert.strictEqual((yield* Effect.flip(call))._tag, "ProviderUnavailable")
      assert.strictEqual((yield* providers.health)[0]?.maxConcurrent, 1)
      yield* Fiber.interrupt(running)
    })
  )
})
