/** A configuration that is replaced while it is in use. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { Providers } from "../src/Providers.ts"
import type { ProvidersConfig } from "../src/Providers.ts"
import { layerReloadable, ProvidersReload } from "../src/ReloadableProviders.ts"
import { collect } from "./support/collect.ts"
import { ask } from "./support/requests.ts"
import { startOpenaiWire } from "./wire/openaiWire.ts"
import { answer } from "./wire/WireServer.ts"

const reloadable = (config: ProvidersConfig) =>
  Effect.map(Layer.build(Layer.provide(layerReloadable(config), CircuitBreaker.layerStoreMemory())), (context) => ({
    providers: Context.get(context, Providers),
    reload: Context.get(context, ProvidersReload)
  }))

const server = (id: string, baseUrl: string, more: Partial<ProvidersConfig> = {}): ProvidersConfig => ({
  configured: [{ id, kind: "openai-compatible", baseUrl, apiKey: Redacted.make("key") }],
  ...more
})

describe("a configuration that is replaced", () => {
  it.live("lets a running answer end with what it had, and then closes its connections", () =>
    Effect.gen(function* () {
      const before = yield* startOpenaiWire
      const after = yield* startOpenaiWire
      const { providers, reload } = yield* reloadable(server("one", before.baseUrl))
      const begun = Deferred.makeUnsafe<void>()
      const collected = collect()
      before.enqueue(answer("One two three", { holdAfter: 1 }))
      const model = yield* providers.resolve("one/m")
      const call = yield* Effect.forkChild(
        model.stream(ask("Hello"), (events, control) => {
          collected.sink(events, control)
          Deferred.doneUnsafe(begun, Effect.void)
        })
      )
      yield* Deferred.await(begun)

      yield* reload.replace(server("two", after.baseUrl, { aliases: { fast: "two/m" } }))
      assert.deepStrictEqual(providers.live, ["two"])
      assert.strictEqual(reload.generations(), 2)
      after.enqueue(answer("From the new one"))
      const fast = yield* providers.resolve("fast")
      assert.strictEqual((yield* fast.complete(ask("Hello"))).responseId, "wire-answer-1")
      assert.strictEqual(after.requests.length, 1)
      assert.strictEqual((yield* Effect.flip(providers.resolve("one/m")))._tag, "ModelNotFound")

      const request = yield* before.received(0)
      request.release()
      yield* Fiber.join(call)
      assert.strictEqual(collected.text(), "One two three")
      assert.strictEqual(reload.generations(), 1)
      yield* before.deserted
    })
  )

  it.live("prices the next answer by what is in force, for models that were resolved before too", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.otherwise(() => answer("Hi", { usage: { inputTokens: 1_000, outputTokens: 1 } }))
      const priced = (input: number) => server("one", wire.baseUrl, { models: { "one/m": { price: { input, output: 0 } } } })
      const { providers, reload } = yield* reloadable(priced(1))
      const held = yield* providers.resolve("one/m")
      assert.strictEqual((yield* held.complete(ask("Hello"))).usage.costNanoDollars, 1_000_000)
      yield* reload.replace(priced(2))
      assert.strictEqual((yield* held.complete(ask("Hello"))).usage.costNanoDollars, 2_000_000)
      assert.strictEqual((yield* (yield* providers.resolve("one/m")).complete(ask("Hello"))).usage.costNanoDollars, 2_000_000)
    })
  )

  it.live("fails a model that was resolved before and is gone now, without a defect", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const { providers, reload } = yield* reloadable(server("one", wire.baseUrl))
      const held = yield* providers.resolve("one/m")
      yield* reload.replace(server("two", wire.baseUrl))
      assert.strictEqual((yield* Effect.flip(held.complete(ask("Hello"))))._tag, "ProviderModelNotFound")
      assert.strictEqual((yield* Effect.flip(held.stream(ask("Hello"), () => {})))._tag, "ProviderModelNotFound")
    })
  )

  it.live("stays where the new one cannot be built", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.enqueue(answer("Hi"))
      const { providers, reload } = yield* reloadable(server("one", wire.baseUrl))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(reload.replace(server("two", "no address")))))
      assert.deepStrictEqual(providers.live, ["one"])
      assert.strictEqual(reload.generations(), 1)
      assert.strictEqual((yield* (yield* providers.resolve("one/m")).complete(ask("Hello"))).finishReason, "stop")
    })
  )
})
