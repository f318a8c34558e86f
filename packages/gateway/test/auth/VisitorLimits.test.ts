import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeBounded, VisitorLimits } from "../../src/auth/VisitorLimits.ts"

const isRefused = <A, E, R>(visit: Effect.Effect<A, E, R>): Effect.Effect<boolean, never, R> =>
  Effect.map(Effect.result(visit), ({ _tag }) => _tag === "Failure")

describe("visitors", () => {
  it.effect("come as many at once as may, and then at their rate", () =>
    Effect.gen(function* () {
      const bounded = yield* makeBounded
      const refusals = (visits: number) => Effect.forEach(Array.from({ length: visits }), () => isRefused(bounded(Effect.void)))
      assert.deepStrictEqual(yield* refusals(3), [false, false, true])
      yield* TestClock.adjust(1_000)
      assert.deepStrictEqual(yield* refusals(2), [false, true])
      yield* TestClock.adjust(60_000)
      assert.deepStrictEqual(yield* refusals(3), [false, false, true])
    }).pipe(Effect.provide(VisitorLimits.layer({ burst: 2, perSecond: 1 })))
  )

  it.effect("that are under way count until they are gone, however they go", () =>
    Effect.gen(function* () {
      const bounded = yield* makeBounded
      const end = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(bounded(Deferred.await(end)), { startImmediately: true })
      const second = yield* Effect.forkChild(bounded(Effect.never), { startImmediately: true })
      assert.isTrue(yield* isRefused(bounded(Effect.void)))
      yield* Fiber.interrupt(second)
      assert.isTrue(yield* isRefused(bounded(Effect.fail("no such link"))))
      assert.isFalse(yield* isRefused(bounded(Effect.void)))
      yield* Deferred.succeed(end, undefined)
      yield* Fiber.join(first)
      assert.isFalse(yield* isRefused(bounded(Effect.void)))
    }).pipe(Effect.provide(VisitorLimits.layer({ concurrent: 2 })))
  )
})
