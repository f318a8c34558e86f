import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { ProviderFailed } from "@parley/domain/ProviderError"
import { Providers } from "../../src/Providers.ts"
import { strategies } from "../../src/routing/Route.ts"
import type { RouteConfig } from "../../src/routing/Route.ts"
import { makeFake } from "../circuit/fakes.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"

const ids = ["a", "b", "c"] as const

/** Who answers `calls` requests of a route over three targets, how often. */
const answeredBy = Effect.fnUntraced(function* (
  route: Partial<RouteConfig>,
  options: {
    readonly calls?: number
    readonly models?: Record<string, object>
    readonly before?: (fakes: Record<string, ReturnType<typeof makeFake>>) => void
    readonly text?: string
  } = {}
) {
  const fakes = { a: makeFake("a"), b: makeFake("b"), c: makeFake("c") }
  const config = {
    extra: ids.map((id) => fakes[id].provider),
    ...(options.models === undefined ? {} : { models: options.models }),
    routes: { best: { targets: ids.map((id) => ({ model: `${id}/m` })), ...route } }
  }
  const context = yield* Layer.build(Layer.provide(Providers.layerWithStore(config), CircuitBreaker.layerStoreMemory()))
  const model = yield* Effect.provide(
    Effect.flatMap(Providers, (providers) => Effect.orDie(providers.resolve("best"))),
    context
  )
  options.before?.(fakes)
  for (let n = 0; n < (options.calls ?? 1); n++) {
    // Some never answer: those are under way while the next is asked.
    yield* Effect.forkChild(model.complete(ask(options.text ?? "Hi")), { startImmediately: true })
  }
  return ids.map((id) => fakes[id].calls())
})

describe("the order of targets", () => {
  it.effect("priority: as they stand, those of the route's region first", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answeredBy({}), [1, 0, 0])
      const targets = [{ model: "a/m", region: "us" }, { model: "b/m", region: "eu" }, { model: "c/m" }]
      assert.deepStrictEqual(yield* answeredBy({ targets, region: "eu" }), [0, 1, 0])
    })
  )

  it.effect("weighted: by their shares, and never one of no weight while another can", () =>
    Effect.gen(function* () {
      const targets = [{ model: "a/m", weight: 3 }, { model: "b/m" }, { model: "c/m", weight: 0 }]
      const [a = 0, b = 0, c = 0] = yield* answeredBy({ strategy: "weighted", targets }, { calls: 2_000 })
      assert.strictEqual(a + b + c, 2_000)
      assert.strictEqual(c, 0)
      assert.isAbove(a / b, 2)
      assert.isBelow(a / b, 4.5)
    })
  )

  it.effect("least-busy: the one with the fewest calls under way", () =>
    Effect.gen(function* () {
      const before = (fakes: Record<string, ReturnType<typeof makeFake>>) => {
        for (const id of ids) fakes[id]?.does(Effect.never)
      }
      assert.deepStrictEqual(yield* answeredBy({ strategy: "least-busy" }, { calls: 9, before }), [3, 3, 3])
    })
  )

  it.effect("lowest-cost: the cheapest, and one without a price last", () =>
    Effect.gen(function* () {
      const models = { "b/m": { price: { input: 5, output: 1 } }, "c/m": { price: { input: 1, output: 10 } } }
      assert.deepStrictEqual(yield* answeredBy({ strategy: "lowest-cost" }, { models }), [0, 0, 1])
    })
  )

  it.effect("lowest-cost: at the price of the day", () =>
    Effect.gen(function* () {
      const changing = (fromMs: number) => ({ input: 5, output: 5, later: { input: 0.1, output: 0.1, fromMs } })
      const at = (fromMs: number) => ({ "b/m": { price: changing(fromMs) }, "c/m": { price: { input: 1, output: 1 } } })
      assert.deepStrictEqual(yield* answeredBy({ strategy: "lowest-cost" }, { models: at(1) }), [0, 0, 1])
      assert.deepStrictEqual(yield* answeredBy({ strategy: "lowest-cost" }, { models: at(0) }), [0, 1, 0])
    })
  )

  it.effect("lowest-cost: a server of one's own before all that costs something", () =>
    Effect.gen(function* () {
      const models = { "a/m": { price: { input: 0.1, output: 0.1 } }, "b/m": { price: { input: 0, output: 0 } } }
      assert.deepStrictEqual(yield* answeredBy({ strategy: "lowest-cost" }, { models }), [0, 1, 0])
    })
  )

  it.effect.each(strategies)("%s: never one whose circuit is open", (strategy) =>
    Effect.gen(function* () {
      const fakes = { a: makeFake("a"), b: makeFake("b") }
      const providers = yield* providersOf({
        extra: [fakes.a.provider, fakes.b.provider],
        models: { "a/m": { price: { input: 1, output: 1 } }, "b/m": { price: { input: 2, output: 2 } } },
        routes: {
          best: {
            strategy,
            targets: [
              { model: "a/m", weight: 1_000 },
              { model: "b/m", weight: 0 }
            ]
          }
        },
        limits: { breakerFailures: 1, openMs: 60_000 }
      })
      const model = yield* Effect.orDie(providers.resolve("best"))
      fakes.a.does(Effect.fail(new ProviderFailed({ provider: "a", model: "m", message: "no" })))
      yield* model.complete(ask("Hi"))
      assert.strictEqual(fakes.a.calls(), 1, "it would go first")
      for (let n = 0; n < 5; n++) yield* model.complete(ask("Hi"))
      assert.deepStrictEqual([fakes.a.calls(), fakes.b.calls()], [1, 6])
    })
  )

  it.effect("fallbacks come last, and windows that are too small are passed over", () =>
    Effect.gen(function* () {
      const fallbacks = { targets: [{ model: "c/m" }], fallbacks: ["a/m", "b/m"] }
      assert.deepStrictEqual(yield* answeredBy({ strategy: "lowest-cost", ...fallbacks }), [0, 0, 1])
      const models = { "a/m": { contextTokens: 10 }, "b/m": { contextTokens: 100_000 } }
      assert.deepStrictEqual(yield* answeredBy({}, { models, text: "a word and another ".repeat(100) }), [0, 1, 0])
    })
  )
})
