import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"
import { admissionMs } from "../src/circuit/TargetBreaker.ts"
import { Providers } from "../src/Providers.ts"
import { makeFake } from "./circuit/fakes.ts"
import { ask } from "./support/requests.ts"
import { failing, tagOf } from "./circuit/twoTargets.ts"

/** Two programs with one store of circuits between them. */
const twoProcesses = Effect.gen(function* () {
  const store = yield* Layer.build(CircuitBreaker.layerStoreMemory())
  const processOf = Effect.fnUntraced(function* () {
    const one = makeFake("one")
    const context = yield* Effect.provide(Layer.build(Providers.layerWithStore({ extra: [one.provider] })), store)
    const model = yield* Effect.provide(
      Effect.flatMap(Providers, (providers) => providers.resolve("one/m")),
      context
    )
    return { one, call: model.complete(ask("Hello")) }
  })
  return [yield* processOf(), yield* processOf()] as const
})

describe("breakers whose state is in one store", () => {
  it.effect("are open together", () =>
    Effect.gen(function* () {
      const [first, second] = yield* twoProcesses
      first.one.does(failing)
      for (let call = 0; call < 5; call++) yield* tagOf(first.call)
      assert.strictEqual(yield* tagOf(second.call), "ProviderUnavailable")
      assert.strictEqual(second.one.calls(), 0)
    })
  )

  it.effect("are open together within a quarter of a second, also for one that was well until then", () =>
    Effect.gen(function* () {
      const [first, second] = yield* twoProcesses
      yield* second.call
      yield* second.call
      first.one.does(failing)
      for (let call = 0; call < 5; call++) yield* tagOf(first.call)
      yield* TestClock.adjust(admissionMs)
      assert.strictEqual(yield* tagOf(second.call), "ProviderUnavailable")
      assert.strictEqual(second.one.calls(), 2)
    })
  )

  it.effect("count the failures of all that share it, whoever was well before", () =>
    Effect.gen(function* () {
      const [first, second] = yield* twoProcesses
      yield* first.call
      yield* second.call
      yield* second.call
      first.one.does(failing)
      second.one.does(failing)
      for (let call = 0; call < 3; call++) yield* tagOf(first.call)
      for (let call = 0; call < 2; call++) assert.strictEqual(yield* tagOf(second.call), "ProviderFailed")
      assert.strictEqual(yield* tagOf(first.call), "ProviderUnavailable")
      assert.strictEqual(yield* tagOf(second.call), "ProviderUnavailable")
    })
  )
})
