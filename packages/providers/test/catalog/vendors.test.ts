import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { ModelParameters } from "@parley/domain/ModelRequest"
import { vendorSource } from "../../src/catalog/vendorSource.ts"
import { vendorOf, vendors } from "../../src/catalog/vendors.ts"
import type { VendorKind } from "../../src/catalog/vendors.ts"
import { defaultLimits } from "../../src/ProviderLimits.ts"
import { modelOf, providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { startAnthropicWire } from "../wire/anthropicWire.ts"
import { startOpenaiWire } from "../wire/openaiWire.ts"
import { answer, hang } from "../wire/WireServer.ts"
import type { WireServer } from "../wire/WireServer.ts"

const apiKey = Redacted.make("vendor-key")

const kinds = Object.keys(vendors).filter((kind): kind is VendorKind => kind in vendors)
const openaiKinds = kinds.filter((kind) => vendorOf(kind).wire === "openai")

const everything: ModelParameters = {
  maxOutputTokens: 7,
  temperature: 1,
  seed: 3,
  frequencyPenalty: 1,
  presencePenalty: 1,
  user: "somebody"
}

/** The fields that a vendor is sent beside the model and the messages. */
const fieldsSent = (wire: WireServer, n: number): Record<string, unknown> => {
  const body = wire.requests[n]?.body
  assert.isObject(body)
  const { messages: _messages, model: _model, ...rest } = Object.fromEntries(Object.entries(body ?? {}))
  return rest
}

const plain = { temperature: 1, seed: 3, frequency_penalty: 1, presence_penalty: 1, user: "somebody" }
const streamed = { stream: true, stream_options: { include_usage: true } }

const rows: Record<string, Record<string, unknown>> = {
  openai: { ...plain, ...streamed, max_completion_tokens: 7 },
  "azure-openai": { ...plain, ...streamed, max_completion_tokens: 7 },
  gemini: { ...streamed, temperature: 1, user: "somebody", max_tokens: 7 },
  mistral: { temperature: 1, random_seed: 3, frequency_penalty: 1, presence_penalty: 1, stream: true, max_tokens: 7 },
  groq: { ...plain, ...streamed, max_completion_tokens: 7 },
  deepseek: { ...plain, ...streamed, max_tokens: 7 },
  xai: { ...plain, ...streamed, max_completion_tokens: 7 },
  openrouter: { ...plain, ...streamed, max_tokens: 7 },
  ollama: { ...plain, ...streamed, max_tokens: 7 },
  vllm: { ...plain, ...streamed, max_tokens: 7 },
  "openai-compatible": { ...plain, ...streamed, max_tokens: 7 }
}

describe("a vendor that speaks OpenAI's chat completions", () => {
  it("has a row in this test", () => {
    assert.deepStrictEqual(Object.keys(rows).toSorted(), openaiKinds.toSorted())
  })

  for (const kind of openaiKinds) {
    it.live(`answers under the configured name, in its own dialect: ${kind}`, () =>
      Effect.gen(function* () {
        const wire = yield* startOpenaiWire
        const model = yield* modelOf({ configured: [{ id: "mine", kind, apiKey, baseUrl: wire.baseUrl }] }, "mine/some-model")
        assert.strictEqual(model.name, "mine/some-model")
        wire.enqueue(answer(["Hel", "lo"], { reasoning: "hm", usage: { inputTokens: 5, outputTokens: 2 } }))
        let text = ""
        const whole = yield* model.stream(ask("Hi", everything), (events) => {
          for (const event of events) if (event.type === "text-delta") text += event.text
        })
        assert.strictEqual(text, "Hello")
        assert.deepStrictEqual(whole.content[0], { type: "reasoning", text: "hm" })
        assert.deepStrictEqual(fieldsSent(wire, 0), rows[kind])
        const headers = (yield* wire.received(0)).headers
        const keyHeader = vendorOf(kind).keyHeader
        assert.strictEqual(headers[keyHeader ?? "authorization"], keyHeader === undefined ? "Bearer vendor-key" : "vendor-key")
        if (keyHeader !== undefined) assert.isUndefined(headers.authorization)
      })
    )
  }

  it.live("is asked without a key when there is none", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const model = yield* modelOf({ configured: [{ id: "ollama", kind: "ollama", baseUrl: wire.baseUrl }] }, "ollama/some-model")
      yield* model.complete(ask("Hi"))
      assert.isUndefined(wire.requests[0]?.headers.authorization)
    })
  )

  it.live("gets the configured headers, which win, and a dialect of its server's own", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const model = yield* modelOf(
        {
          configured: [
            {
              id: "mine",
              kind: "openai-compatible",
              apiKey,
              baseUrl: wire.baseUrl,
              headers: { "x-team": Redacted.make("chat"), authorization: Redacted.make("Token other") },
              dialect: { rename: { temperature: "heat" }, omit: ["user"], maxTokens: "max_completion_tokens" }
            }
          ]
        },
        "mine/some-model"
      )
      yield* model.complete(ask("Hi", { temperature: 1, user: "u", maxOutputTokens: 4 }))
      assert.deepStrictEqual(fieldsSent(wire, 0), { heat: 1, max_completion_tokens: 4 })
      assert.strictEqual(wire.requests[0]?.headers["x-team"], "chat")
      assert.strictEqual(wire.requests[0]?.headers.authorization, "Token other")
    })
  )

  it.live("lists its models under the configured name", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.setModels(["deepseek-chat", "nomic-embed-text"])
      const providers = yield* providersOf({ configured: [{ id: "deep", kind: "deepseek", apiKey, baseUrl: wire.baseUrl }] })
      assert.deepStrictEqual(
        (yield* providers.models).map(({ id, kind }) => [id, kind]),
        [
          ["deep/deepseek-chat", "chat"],
          ["deep/nomic-embed-text", "embedding"]
        ]
      )
    })
  )

  it.live("has limits of its own, beside those of all", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.otherwise(() => hang)
      const providers = yield* providersOf({
        configured: [
          { id: "small", kind: "ollama", baseUrl: wire.baseUrl, limits: { maxConcurrent: 1 } },
          { id: "large", kind: "ollama", baseUrl: wire.baseUrl }
        ]
      })
      const model = yield* Effect.orDie(providers.resolve("small/m"))
      yield* Effect.forkScoped(model.complete(ask("first")))
      yield* wire.received(0)
      yield* Effect.forkScoped((yield* Effect.orDie(providers.resolve("large/m"))).complete(ask("first")))
      yield* wire.received(1)
      const refused = yield* Effect.flip(model.complete(ask("second")))
      assert.strictEqual(refused._tag, "ProviderUnavailable")
      assert.strictEqual(refused.provider, "small")
      assert.deepStrictEqual(
        (yield* providers.health).map(({ maxConcurrent, target }) => [target, maxConcurrent]),
        [
          ["small/m", 1],
          ["large/m", defaultLimits.maxConcurrent]
        ]
      )
    })
  )
})

describe("a configured provider", () => {
  it.live("speaks Anthropic's wire where its kind is that, under any name", () =>
    Effect.gen(function* () {
      const wire = yield* startAnthropicWire
      const configured = [
        { id: "claude-eu", kind: "anthropic", apiKey, baseUrl: wire.baseUrl, headers: { "x-team": Redacted.make("chat") } }
      ] as const
      const model = yield* modelOf({ configured }, "claude-eu/claude-wire")
      wire.enqueue(answer("Hello"))
      const whole = yield* model.complete(ask("Hi"))
      assert.deepStrictEqual(whole.content, [{ type: "text", text: "Hello" }])
      assert.strictEqual(wire.requests[0]?.headers["x-api-key"], "vendor-key")
      assert.strictEqual(wire.requests[0]?.headers["x-team"], "chat")
    })
  )

  it.live("stands instead of the environment's one with the same name, in its place", () =>
    Effect.gen(function* () {
      const [environment, file, llama] = yield* Effect.all([startOpenaiWire, startOpenaiWire, startOpenaiWire])
      const providers = yield* providersOf({
        openai: { apiKey, baseUrl: environment.baseUrl },
        llama: { baseUrl: llama.baseUrl },
        configured: [{ id: "openai", kind: "openai", apiKey, baseUrl: file.baseUrl }]
      })
      assert.deepStrictEqual(providers.live, ["openai", "llama"])
      yield* Effect.flatMap(Effect.orDie(providers.resolve("gpt-wire")), (model) => model.complete(ask("Hi")))
      assert.strictEqual(file.requests.length, 1)
      assert.strictEqual(environment.requests.length, 0)
    })
  )

  it("with an address that is none is found at the start", () => {
    const given = { id: "mine", kind: "openai-compatible", baseUrl: "nowhere" } as const
    assert.throws(() => vendorSource(given, defaultLimits), /address of mine/)
    assert.throws(() => vendorSource({ id: "azure", kind: "azure-openai" }, defaultLimits), /address of azure/)
  })

  it("goes to the vendor itself when no address is given", () => {
    for (const kind of kinds) {
      const { baseUrl } = vendorOf(kind)
      if (baseUrl !== undefined) assert.strictEqual(vendorSource({ id: kind, kind }, defaultLimits).target.baseUrl, baseUrl)
    }
  })
})

describe("names of a configuration", () => {
  it.live("are aliases, resolved to the model behind them and listed after the models", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.setModels(["small", "nomic-embed-text"])
      const providers = yield* providersOf({
        configured: [{ id: "mine", kind: "ollama", baseUrl: wire.baseUrl }],
        aliases: { fast: "mine/small", best: "small", gone: "absent/model" }
      })
      for (const alias of ["fast", "best"]) {
        const model = yield* providers.resolve(alias)
        assert.strictEqual(model.name, "mine/small")
        wire.enqueue(answer("Hello"))
        yield* model.complete(ask("Hi"))
      }
      assert.deepStrictEqual(
        wire.requests.map(({ model }) => model),
        ["small", "small"]
      )
      assert.deepStrictEqual(
        (yield* providers.models).map(({ id }) => id),
        ["mine/small", "fast", "best", "mine/nomic-embed-text"]
      )
      const error = yield* Effect.flip(providers.resolve("gone"))
      assert.strictEqual(error.model, "gone")
      assert.include(error.message, "absent/model")
    })
  )

  it.live("are models that their provider does not list, as long as it is live", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.setModels(["listed"])
      const providers = yield* providersOf({
        configured: [{ id: "azure", kind: "azure-openai", apiKey, baseUrl: wire.baseUrl }],
        models: { "azure/my-deployment": {}, "azure/vectors": { kind: "embedding" }, "azure/listed": {}, "groq/x": {} }
      })
      assert.deepStrictEqual(
        (yield* providers.models).map(({ id, kind }) => [id, kind]),
        [
          ["azure/listed", "chat"],
          ["azure/my-deployment", "chat"],
          ["azure/vectors", "embedding"]
        ]
      )
      assert.strictEqual((yield* providers.resolve("my-deployment")).name, "azure/my-deployment")
    })
  )

  it.live("carry context windows and prices: what is published, and what the configuration says instead", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.setModels(["gpt-5", "own"])
      const { baseUrl } = wire
      const providers = yield* providersOf({
        anthropic: { apiKey, baseUrl },
        llama: { baseUrl },
        configured: [{ id: "eu", kind: "openai", apiKey, baseUrl }],
        models: {
          "eu/gpt-5": { contextTokens: 100_000 },
          "llama/own": { price: { input: 0.1, output: 0.2 } }
        },
        aliases: { fast: "anthropic/claude-haiku-4-5" }
      })
      const facts = (name: string) => Effect.map(providers.resolve(name), (model) => model.facts)
      assert.strictEqual((yield* facts("fast")).price?.output, 5)
      const configured = yield* facts("eu/gpt-5")
      assert.strictEqual(configured.contextTokens, 100_000)
      assert.strictEqual(configured.price?.output, 10)
      assert.deepStrictEqual(yield* facts("llama/own"), { price: { input: 0.1, output: 0.2 } })
      assert.deepStrictEqual(yield* facts("llama/gpt-5"), {})
      const listed = new Map((yield* providers.models).map((info) => [info.id, info]))
      const priced = listed.get("eu/gpt-5")
      assert.strictEqual(priced?.contextTokens, 100_000)
      assert.deepStrictEqual(priced?.price, configured.price)
      assert.deepStrictEqual(listed.get("llama/own")?.price, { input: 0.1, output: 0.2 })
      assert.strictEqual(listed.get("fast")?.price?.output, 5)
      assert.deepStrictEqual(Object.keys(listed.get("llama/gpt-5") ?? {}), [
        "id",
        "provider",
        "model",
        "createdAtSeconds",
        "kind"
      ])
    })
  )
})

describe("the name of a vendor in spans and metrics", () => {
  it("is the well-known value of OpenTelemetry's conventions (gen_ai.provider.name), where they have one", () => {
    const named = kinds.flatMap((kind) => {
      const { genAiName } = vendorOf(kind)
      return genAiName === undefined ? [] : [[kind, genAiName]]
    })
    assert.deepStrictEqual(Object.fromEntries(named), {
      openai: "openai",
      anthropic: "anthropic",
      "azure-openai": "azure.ai.openai",
      gemini: "gcp.gemini",
      mistral: "mistral_ai",
      groq: "groq",
      deepseek: "deepseek",
      xai: "x_ai",
      bedrock: "aws.bedrock"
    })
  })
})
