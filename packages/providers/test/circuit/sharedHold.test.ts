/** What a target asked one process (`Retry-After`) holds for all that share the store, for as long as it asked. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"
import { ProviderRateLimited } from "@parley/domain/ProviderError"
import { admissionMs } from "../../src/circuit/TargetBreaker.ts"
import { Providers } from "../../src/Providers.ts"
import { ask } from "../support/requests.ts"
import { fine, makeFake } from "./fakes.ts"

const limited = (retryAfterMs: number) =>
  Effect.fail(new ProviderRateLimited({ provider: "one", model: "m", message: "slow down", retryAfterMs }))

/** Processes that share a store. */
const sharing = Effect.gen(function* () {
  const store = yield* Layer.build(CircuitBreaker.layerStoreMemory())
  return {
    process: Effect.gen(function* () {
      const [one, two] = [makeFake("one"), makeFake("two")]
      const config = {
        extra: [one.provider, two.provider],
        routes: { both: { targets: [{ model: "one/m" }, { model: "two/m" }] } },
        limits: { probeEveryMs: 0 }
      }
      const context = yield* Layer.build(
        Layer.fresh(Providers.layerWithStore(config)).pipe(Layer.provide(Layer.succeedContext(store)))
      )
      const { resolve } = Context.get(context, Providers)
      const call = (name: string) => Effect.flatMap(Effect.orDie(resolve(name)), (model) => model.complete(ask("Hi")))
      return { one, two, call }
    })
  }
})

describe("a target that asked one process to be left alone", () => {
  it.effect("is left alone by the others too, and called by all once the time is over", () =>
    Effect.gen(function* () {
      const { process } = yield* sharing
      const [mine, theirs] = [yield* process, yield* process]
      mine.one.does(limited(30_000))
      yield* Effect.flip(mine.call("one/m"))
      yield* TestClock.adjust(10_000)
      const refused = yield* Effect.flip(theirs.call("one/m"))
      assert.deepInclude(refused, { _tag: "ProviderRateLimited", retryAfterMs: 20_000 })
      assert.strictEqual(theirs.one.calls(), 0)
      yield* TestClock.adjust(20_000)
      assert.deepStrictEqual(yield* theirs.call("one/m"), fine)
      mine.one.does(Effect.succeed(fine))
      assert.deepStrictEqual(yield* mine.call("one/m"), fine)
      // And again, which the store must not take for the end of the first.
      theirs.one.does(limited(5_000))
      yield* Effect.flip(theirs.call("one/m"))
      yield* TestClock.adjust(admissionMs)
      assert.strictEqual((yield* Effect.flip(mine.call("one/m")))._tag, "ProviderRateLimited")
      yield* TestClock.adjust(5_000)
      assert.deepStrictEqual(yield* mine.call("one/m"), fine)
    })
  )

  it.effect("is passed over by the others' routes within a quarter of a second, though they called it a moment ago", () =>
    Effect.gen(function* () {
      const { process } = yield* sharing
      const [mine, theirs] = [yield* process, yield* process]
      yield* theirs.call("both")
      mine.one.does(limited(30_000))
      yield* Effect.flip(mine.call("one/m"))
      yield* TestClock.adjust(admissionMs)
      for (let call = 0; call < 3; call++) yield* theirs.call("both")
      assert.deepStrictEqual([theirs.one.calls(), theirs.two.calls()], [1, 3])
    })
  )
})
