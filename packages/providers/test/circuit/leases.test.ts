import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Scope } from "effect"
import { CircuitLeases } from "../../src/circuit/CircuitLeases.ts"
import { ProviderCircuit } from "../../src/circuit/ProviderCircuit.ts"
import { Supervised } from "../../src/circuit/Supervised.ts"
import { defaultLimits } from "../../src/ProviderLimits.ts"
import { fine, makeFake } from "./fakes.ts"

/** Leases over circuits that are numbered as they are looked up. */
const make = (starts: Effect.Effect<void> = Effect.void) => {
  const { provider } = makeFake("one")
  const source = { id: "one", isDemo: false, make: Effect.succeed(provider) }
  const target = new Supervised({ source, limits: defaultLimits, inFlight: 0, probe: undefined }, "m")
  let taken = 0
  let held = 0
  const leases = new CircuitLeases(() =>
    Effect.gen(function* () {
      held++
      yield* Scope.addFinalizer(
        yield* Effect.scope,
        Effect.sync(() => held--)
      )
      yield* starts
      const circuit = ProviderCircuit.of({
        incarnation: ++taken,
        complete: () => Effect.succeed(fine),
        stream: () => Effect.succeed(fine),
        embed: () => Effect.die("not called here")
      })
      return Context.make(ProviderCircuit, circuit)
    })
  )
  /** Answers which circuit it ran in, once it may end. */
  const call = (until: Deferred.Deferred<void>) =>
    Effect.forkChild(
      leases.use(target, ({ incarnation }) => Effect.as(Deferred.await(until), incarnation)),
      { startImmediately: true }
    )
  return { leases, target, call, taken: () => taken, held: () => held }
}

describe("a circuit in use", () => {
  it.effect("is leased once for all calls that overlap, held until the last of them ends, and leased anew after that", () =>
    Effect.gen(function* () {
      const { call, held, taken } = make()
      const [first, second, third] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>(), Deferred.make<void>()])
      const one = yield* call(first)
      const two = yield* call(second)
      yield* Deferred.succeed(first, undefined)
      assert.strictEqual(yield* Fiber.join(one), 1)
      assert.deepStrictEqual([taken(), held()], [1, 1])
      yield* Deferred.succeed(second, undefined)
      assert.strictEqual(yield* Fiber.join(two), 1)
      assert.strictEqual(held(), 0)
      const three = yield* call(third)
      yield* Deferred.succeed(third, undefined)
      assert.strictEqual(yield* Fiber.join(three), 2)
      assert.strictEqual(held(), 0)
    })
  )

  it.effect("is given back by calls that fail, have a defect or are interrupted", () =>
    Effect.gen(function* () {
      const { call, held, leases, target } = make()
      yield* Effect.exit(leases.use(target, () => Effect.fail("no")))
      yield* Effect.exit(leases.use(target, () => Effect.die(new Error("a bug of ours"))))
      yield* Effect.exit(
        leases.use(target, () => {
          throw new Error("a bug of ours")
        })
      )
      assert.strictEqual(held(), 0)
      const running = yield* call(yield* Deferred.make<void>())
      assert.strictEqual(held(), 1)
      yield* Fiber.interrupt(running)
      assert.strictEqual(held(), 0)
    })
  )

  it.effect("that was forgotten goes on for the calls in it, and is given back by them; the next call takes another", () =>
    Effect.gen(function* () {
      const { call, held, leases, target } = make()
      const [first, second] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const one = yield* call(first)
      leases.forget(target)
      const two = yield* call(second)
      assert.strictEqual(held(), 2)
      yield* Deferred.succeed(first, undefined)
      assert.strictEqual(yield* Fiber.join(one), 1)
      assert.strictEqual(held(), 1)
      yield* Deferred.succeed(second, undefined)
      assert.strictEqual(yield* Fiber.join(two), 2)
      assert.strictEqual(held(), 0)
    })
  )

  it.effect("that several calls wait for while it starts is held by each, whoever is interrupted meanwhile", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const { call, held } = make(Deferred.await(started))
      const end = yield* Deferred.make<void>()
      const [one, two, three] = yield* Effect.all([call(end), call(end), call(end)])
      assert.strictEqual(held(), 3)
      yield* Fiber.interrupt(one)
      assert.strictEqual(held(), 2)
      yield* Deferred.succeed(started, undefined)
      yield* Deferred.succeed(end, undefined)
      yield* Fiber.joinAll([two, three])
      assert.strictEqual(held(), 0)
    })
  )
})
