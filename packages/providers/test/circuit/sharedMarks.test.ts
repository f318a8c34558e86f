/** What one process learns of a target by a 429, all that share the store know; and nobody who is failed over waits for the store. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"
import { ProviderFailed, ProviderRateLimited } from "@parley/domain/ProviderError"
import { admissionMs } from "../../src/circuit/TargetBreaker.ts"
import { Providers } from "../../src/Providers.ts"
import { ask } from "../support/requests.ts"
import { fine, makeFake, makeHeld } from "./fakes.ts"

const limited = (retryAfterMs: number) =>
  Effect.fail(new ProviderRateLimited({ provider: "one", model: "m", message: "slow down", retryAfterMs }))

type Store = CircuitBreaker.CircuitBreakerStore["Service"]

const memoryStore = Effect.map(Layer.build(CircuitBreaker.layerStoreMemory()), (context) =>
  Context.get(context, CircuitBreaker.CircuitBreakerStore)
)

/** Processes that share a store. */
const sharing = Effect.fnUntraced(function* (given?: Store) {
  const store = given ?? (yield* memoryStore)
  return {
    process: Effect.gen(function* () {
      const [one, two] = [makeFake("one"), makeFake("two")]
      const config = {
        extra: [one.provider, two.provider],
        routes: { both: { targets: [{ model: "one/m" }, { model: "two/m" }] } },
        limits: { probeEveryMs: 0 }
      }
      const context = yield* Layer.build(
        Layer.fresh(Providers.layerWithStore(config)).pipe(
          Layer.provide(Layer.succeed(CircuitBreaker.CircuitBreakerStore, store))
        )
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
      const { process } = yield* sharing()
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
      const { process } = yield* sharing()
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

it.effect("a target that failed and asked to be left alone is left alone by the others too", () =>
  Effect.gen(function* () {
    const { process } = yield* sharing()
    const [mine, theirs] = [yield* process, yield* process]
    mine.one.does(Effect.fail(new ProviderFailed({ provider: "one", model: "m", message: "overloaded", retryAfterMs: 30_000 })))
    assert.deepInclude(yield* mine.call("both"), fine)
    yield* theirs.call("both")
    assert.deepStrictEqual([theirs.one.calls(), theirs.two.calls()], [0, 1])
  })
)

describe("a target that refused one process for too many calls", () => {
  /** With so many calls under way at the target. */
  const busy = Effect.fnUntraced(function* (store: Store, inFlight: number) {
    const one = makeHeld("one")
    const context = yield* Layer.build(
      Layer.fresh(Providers.layerWithStore({ extra: [one.provider], limits: { probeEveryMs: 0, minConcurrent: 1 } })).pipe(
        Layer.provide(Layer.succeed(CircuitBreaker.CircuitBreakerStore, store))
      )
    )
    const { health, resolve } = Context.get(context, Providers)
    const { complete } = yield* Effect.orDie(resolve("one/m"))
    const call = Effect.forkChild(complete(ask("Hi")), { startImmediately: true })
    for (let n = 0; n < inFlight; n++) yield* call
    return { one, call, limit: Effect.map(health, ([found]) => found?.maxConcurrent) }
  })
  const refuse = ({ one }: { readonly one: ReturnType<typeof makeHeld> }, n: number) =>
    Effect.andThen(
      Deferred.fail(one.calls[n]!.end, new ProviderRateLimited({ provider: "one", model: "m", message: "too many" })),
      TestClock.adjust(0)
    )

  it.effect("is called less by all: each lowers its own limit to the same part of what it had under way, once for a burst", () =>
    Effect.gen(function* () {
      const store = yield* memoryStore
      const [mine, theirs] = [yield* busy(store, 100), yield* busy(store, 10)]
      yield* TestClock.adjust(admissionMs)
      yield* refuse(mine, 0)
      assert.strictEqual(yield* mine.limit, 70)
      assert.strictEqual(yield* theirs.limit, 2_000)
      yield* theirs.call
      assert.strictEqual(yield* theirs.limit, Math.floor(11 * 0.7))
      yield* theirs.call
      assert.lengthOf(theirs.one.calls, 11, "the one that learnt of it had begun")
      // The others' next look finds the same mark, or their own 429 of the same burst: neither lowers it again.
      yield* refuse(theirs, 1)
      yield* TestClock.adjust(admissionMs)
      yield* mine.call
      assert.deepStrictEqual([yield* mine.limit, yield* theirs.limit], [70, 7])
    })
  )

  it.effect("is not called less by a process that had nothing under way there", () =>
    Effect.gen(function* () {
      const store = yield* memoryStore
      const [mine, theirs] = [yield* busy(store, 100), yield* busy(store, 0)]
      yield* refuse(mine, 0)
      yield* theirs.call
      assert.strictEqual(yield* theirs.limit, 2_000)
    })
  )
})

describe("a store that is slow to be told", () => {
  it.effect("holds up nobody who is failed over: neither after a 429 nor after a failure", () =>
    Effect.gen(function* () {
      const store = yield* memoryStore
      const told: Array<string> = []
      const slow: Store = {
        ...store,
        admit: (key) => (key.includes(":") ? tells(key) : store.admit(key)),
        record: ({ key, outcome }) => tells(`${key} ${outcome}`)
      }
      const tells = (what: string) => Effect.suspend(() => (told.push(what), Effect.never))
      const { call, one } = yield* (yield* sharing(slow)).process
      one.does(limited(30_000))
      assert.deepInclude(yield* call("both"), fine)
      assert.includeMembers(told, ["held:one/m", "lowered:one/m"])
      yield* TestClock.adjust(30_000)
      one.does(Effect.fail(new ProviderFailed({ provider: "one", model: "m", message: "no" })))
      yield* call("both")
      assert.includeMembers(told, ["one/m Failure"])
    })
  )
})
