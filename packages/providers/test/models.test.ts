import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import type { ModelInfo, ModelProvider } from "@parley/domain/ModelProvider"
import { ProviderUnreachable } from "@parley/domain/ProviderError"
import { makeModelCatalog, retryAfterFailureMs } from "../src/ModelCatalog.ts"
import { openaiKindOf } from "../src/openai/listModels.ts"
import { defaultLimits } from "../src/ProviderLimits.ts"
import { modelOf, providersOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { deadAddress, wires } from "./support/wires.ts"
import { startAnthropicWire } from "./wire/anthropicWire.ts"
import { startLlamaWire } from "./wire/llamaWire.ts"
import { startOpenaiWire } from "./wire/openaiWire.ts"
import { answer, httpError } from "./wire/WireServer.ts"

const apiKey = Redacted.make("key")

const info = (model: string, createdAtSeconds = 0): ModelInfo => ({
  id: `some/${model}`,
  provider: "some",
  model,
  createdAtSeconds,
  kind: "chat"
})

const unreachable = new ProviderUnreachable({ provider: "some", model: "", message: "away" })

describe("the models of all providers", () => {
  it.live("are one list: chat models first, in the order of the providers", () =>
    Effect.gen(function* () {
      const [openai, anthropic, llama] = yield* Effect.all([startOpenaiWire, startAnthropicWire, startLlamaWire])
      const providers = yield* providersOf({
        openai: { apiKey, baseUrl: openai.baseUrl },
        anthropic: { apiKey, baseUrl: anthropic.baseUrl },
        llama: { baseUrl: llama.baseUrl }
      })
      assert.deepStrictEqual(
        (yield* providers.models).map((model) => model.id),
        ["openai/gpt-wire", "anthropic/claude-wire", "llama/llama-wire", "openai/text-embedding-wire", "llama/nomic-embed-text"]
      )
      assert.deepStrictEqual(providers.live, ["openai", "anthropic", "llama"])
      assert.deepStrictEqual((yield* providers.models)[1], {
        id: "anthropic/claude-wire",
        provider: "anthropic",
        model: "claude-wire",
        createdAtSeconds: Date.parse("2026-01-02T03:04:05Z") / 1_000,
        kind: "chat"
      })
    })
  )

  it.live("are those of the others when one provider is away, refuses, or answers nonsense", () =>
    Effect.gen(function* () {
      const [anthropic, llama] = yield* Effect.all([startAnthropicWire, startLlamaWire])
      anthropic.failModels(httpError(401))
      llama.failModels(httpError(200, "<html>Welcome</html>"))
      const providers = yield* providersOf({
        openai: { apiKey, baseUrl: yield* deadAddress },
        anthropic: { apiKey, baseUrl: anthropic.baseUrl },
        llama: { baseUrl: llama.baseUrl },
        extra: [{ ...fake, models: Effect.succeed([info("kept")]) }]
      })
      assert.deepStrictEqual(
        (yield* providers.models).map((model) => model.id),
        ["some/kept"]
      )
    })
  )

  it.live("can be asked for by their own names, slashes and all", () =>
    Effect.gen(function* () {
      const llama = yield* startLlamaWire
      llama.setModels(["meta-llama/Llama-4"])
      const providers = yield* providersOf({ llama: { baseUrl: llama.baseUrl } })
      const model = yield* providers.resolve("meta-llama/Llama-4")
      assert.strictEqual(model.name, "llama/meta-llama/Llama-4")
      llama.enqueue(answer("Hello"))
      assert.strictEqual((yield* model.complete(ask("Hello"))).model, "meta-llama/Llama-4")
      const error = yield* Effect.flip(providers.resolve("nobody-has-this"))
      assert.strictEqual(error._tag, "ModelNotFound")
      assert.strictEqual(error.model, "nobody-has-this")
    })
  )

  it.live("that a provider does not have after all are its own error", () =>
    Effect.gen(function* () {
      const wire = wires[0]!
      const server = yield* wire.start
      server.enqueue(httpError(404))
      const model = yield* modelOf(wire.config(server.baseUrl), "openai/gpt-0")
      assert.strictEqual((yield* Effect.flip(model.complete(ask("Hello"))))._tag, "ProviderModelNotFound")
    })
  )

  it("of OpenAI are told apart by name", () => {
    const kinds = [
      "gpt-5.2",
      "o4-mini",
      "ft:gpt-4o:acme",
      "text-embedding-3-large",
      "gpt-4o-realtime-preview",
      "dall-e-3",
      "davinci-002"
    ]
    assert.deepStrictEqual(kinds.map(openaiKindOf), ["chat", "chat", "chat", "embedding", "other", "other", "other"])
  })
})

/** A provider in this process that nobody calls. */
const fake: ModelProvider = {
  id: "some",
  isDemo: false,
  models: Effect.succeed([]),
  complete: () => Effect.never,
  stream: () => Effect.never
}

describe("a name that no provider's prefix tells", () => {
  const providersWith = (lists: { readonly [id: string]: ModelProvider["models"] }) =>
    providersOf({ extra: Object.entries(lists).map(([id, models]) => ({ ...fake, id, models })) })
  const listed = (provider: string, model: string) =>
    Effect.succeed([{ id: `${provider}/${model}`, provider, model, createdAtSeconds: 1, kind: "chat" as const }])

  it.effect("is looked for no longer than its bound while a provider's list hangs, by all who ask together", () =>
    Effect.gen(function* () {
      const providers = yield* providersWith({ hangs: Effect.never, quick: listed("quick", "m") })
      const first = yield* Effect.forkChild(Effect.flip(providers.resolve("nobody")), { startImmediately: true })
      yield* TestClock.adjust(defaultLimits.modelsWaitMs - 1)
      assert.isUndefined(first.pollUnsafe())
      // Found in what is known, and at once.
      assert.strictEqual((yield* providers.resolve("m")).name, "quick/m")
      const second = yield* Effect.forkChild(Effect.flip(providers.resolve("nobody-else")), { startImmediately: true })
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Fiber.join(first))._tag, "ModelNotFound")
      assert.strictEqual((yield* Fiber.join(second))._tag, "ModelNotFound")
      assert.strictEqual((yield* Effect.flip(providers.resolve("nobody")))._tag, "ModelNotFound")
    })
  )

  it.effect("is found in a list that comes after its first asker has gone", () =>
    Effect.gen(function* () {
      const providers = yield* providersWith({ slow: Effect.delay(listed("slow", "m"), 3_000) })
      const first = yield* Effect.forkChild(Effect.flip(providers.resolve("m")), { startImmediately: true })
      yield* TestClock.adjust(defaultLimits.modelsWaitMs)
      assert.strictEqual((yield* Fiber.join(first))._tag, "ModelNotFound")
      yield* TestClock.adjust(1_000)
      assert.strictEqual((yield* providers.resolve("m")).name, "slow/m")
    })
  )

  it.effect("is told nobody with the names of providers that may not be asked", () =>
    Effect.gen(function* () {
      const providers = yield* providersWith({ one: listed("one", "m"), two: listed("two", "m"), three: listed("three", "m") })
      const patterns = new Set(["one/*", "two/m"])
      const { message } = yield* Effect.flip(providers.resolve("nobody", (target) => patterns.has(target)))
      assert.include(message, "of one, two;")
      assert.notInclude(message, "three")
      assert.include((yield* Effect.flip(providers.resolve("nobody"))).message, "of one, two, three;")
      assert.notInclude((yield* Effect.flip(providers.resolve("nobody", () => false))).message, "one")
    })
  )
})

describe("a list of models", () => {
  const makeCatalog = Effect.fnUntraced(function* (answers: Array<Effect.Effect<ReadonlyArray<ModelInfo>, ProviderUnreachable>>) {
    let asked = 0
    const list = Effect.suspend(() => answers[Math.min(asked++, answers.length - 1)]!)
    const { models } = yield* makeModelCatalog([{ id: "some", isDemo: false, list }], defaultLimits)
    return { asked: () => asked, names: Effect.map(models, (infos) => infos.map((info) => info.model)) }
  })

  it.effect("is fetched once for all who ask, and again only when it is old, while the old one is served", () =>
    Effect.gen(function* () {
      const catalog = yield* makeCatalog([Effect.succeed([info("first")]), Effect.succeed([info("second")])])
      assert.deepStrictEqual(yield* Effect.all([catalog.names, catalog.names], { concurrency: "unbounded" }), [
        ["first"],
        ["first"]
      ])
      assert.strictEqual(catalog.asked(), 1)
      yield* TestClock.adjust(defaultLimits.modelsFreshMs)
      assert.deepStrictEqual(yield* catalog.names, ["first"])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* catalog.names, ["second"])
      assert.strictEqual(catalog.asked(), 2)
    })
  )

  it.effect("survives its provider's being away, which is not asked at every turn", () =>
    Effect.gen(function* () {
      const catalog = yield* makeCatalog([Effect.succeed([info("first")]), Effect.fail(unreachable)])
      yield* catalog.names
      yield* TestClock.adjust(defaultLimits.modelsFreshMs)
      yield* catalog.names
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* catalog.names, ["first"])
      assert.strictEqual(catalog.asked(), 2)
      yield* TestClock.adjust(retryAfterFailureMs)
      yield* catalog.names
      yield* TestClock.adjust(1)
      assert.strictEqual(catalog.asked(), 3)
    })
  )

  it.effect("that never comes is not waited for beyond its bound", () =>
    Effect.gen(function* () {
      const catalog = yield* makeCatalog([Effect.never])
      const names = yield* Effect.forkChild(catalog.names, { startImmediately: true })
      yield* TestClock.adjust(defaultLimits.modelsTimeoutMs)
      assert.deepStrictEqual(names.pollUnsafe()?._tag, "Success")
    })
  )

  it.effect("has the newest first", () =>
    Effect.gen(function* () {
      const catalog = yield* makeCatalog([Effect.succeed([info("b", 5), info("newest", 9), info("a", 5)])])
      assert.deepStrictEqual(yield* catalog.names, ["newest", "a", "b"])
    })
  )
})
