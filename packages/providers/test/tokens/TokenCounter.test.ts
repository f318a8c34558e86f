/** Providers that count tokens for nothing are asked what a broken answer cost; in their own words, in bounds, and never in the way of an answer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { noUsage } from "@parley/domain/Usage"
import type { ConfiguredProvider } from "../../src/catalog/ConfiguredProvider.ts"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import { world } from "../routing/world.ts"
import { collect } from "../support/collect.ts"
import { modelOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { startAnthropicWire } from "../wire/anthropicWire.ts"
import { startBedrockWire } from "../wire/bedrockWire.ts"
import { startGeminiWire } from "../wire/geminiWire.ts"
import { answer, httpError } from "../wire/WireServer.ts"
import type { WireRequest, WireServer } from "../wire/WireServer.ts"

const apiKey = Redacted.make("key-of-the-test")
const said = [{ type: "text" as const, text: "as far as it came" }]

const provider = (id: "anthropic" | "gemini" | "bedrock", { baseUrl }: WireServer): ConfiguredProvider => ({
  id,
  kind: id,
  baseUrl,
  apiKey,
  region: "us-east-1"
})

const claude = Effect.fnUntraced(function* (limits: Partial<ProviderLimits> = {}) {
  const wire = yield* startAnthropicWire
  const { tokens } = yield* modelOf(
    { configured: [provider("anthropic", wire)], limits: { countTimeoutMs: 30_000, ...limits } },
    "anthropic/claude-x"
  )
  return { wire, tokens }
})

/** Everything that a count can be asked about. */
const full: ModelRequest = {
  model: "m",
  messages: [
    { role: "system", content: [{ type: "text", text: "Be kind" }] },
    {
      role: "user",
      content: [
        { type: "text", text: "Look" },
        { type: "image", url: "data:image/png;base64,AAAA" }
      ]
    },
    { role: "assistant", content: [{ type: "tool-call", id: "t1", name: "look", arguments: '{"at":1}' }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "t1", content: "a cat" }] }
  ],
  parameters: { maxOutputTokens: 9, stop: ["END"], tools: [{ name: "look", parameters: { properties: {} } }], user: "u" }
}

/** What a server was asked, of a prompt of which nothing was told and an answer of which nothing came. */
const askedOf = Effect.fnUntraced(function* (id: "anthropic" | "gemini" | "bedrock", wire: WireServer, model: string) {
  wire.counts(() => 77)
  const { tokens } = yield* modelOf({ configured: [provider(id, wire)] }, `${id}/${model}`)
  const usage = yield* tokens.settlePartial(full, [], null)
  assert.deepInclude(usage, { inputTokens: 77, outputTokens: 0 })
  const [asked] = wire.counted
  return asked ?? assert.fail("nothing was asked")
})

describe("a provider that counts", () => {
  it.live("is asked in Anthropic's words, without what its question does not take", () =>
    Effect.gen(function* () {
      const { body, headers, path } = yield* askedOf("anthropic", yield* startAnthropicWire, "claude-x")
      assert.strictEqual(path, "/v1/messages/count_tokens")
      assert.deepInclude(headers, { "x-api-key": "key-of-the-test", "anthropic-version": "2023-06-01" })
      assert.sameMembers(Object.keys(Object(body)), ["model", "messages", "system", "tools"])
    })
  )

  it.live("is asked in Gemini's own words", () =>
    Effect.gen(function* () {
      const { body, headers, path } = yield* askedOf("gemini", yield* startGeminiWire, "gemini-x")
      assert.strictEqual(path, "/v1beta/models/gemini-x:countTokens")
      assert.strictEqual(headers["x-goog-api-key"], "key-of-the-test")
      assert.deepStrictEqual(body, {
        generateContentRequest: {
          model: "models/gemini-x",
          contents: [
            { role: "user", parts: [{ text: "Look" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] },
            { role: "model", parts: [{ functionCall: { name: "look", args: { at: 1 } } }] },
            { role: "user", parts: [{ functionResponse: { name: "look", response: { result: "a cat" } } }] }
          ],
          systemInstruction: { parts: [{ text: "Be kind" }] },
          tools: [{ functionDeclarations: [{ name: "look", parametersJsonSchema: { properties: {} } }] }]
        }
      })
    })
  )

  it.live("is asked in Converse's words, by the model that is behind an inference profile", () =>
    Effect.gen(function* () {
      const { body, headers, path } = yield* askedOf("bedrock", yield* startBedrockWire, "eu.anthropic.claude-x-v1:0")
      assert.strictEqual(path, `/model/${encodeURIComponent("anthropic.claude-x-v1:0")}/count-tokens`)
      assert.strictEqual(headers.authorization, "Bearer key-of-the-test")
      const converse: unknown = Reflect.get(Object(Reflect.get(Object(body), "input")), "converse")
      assert.sameMembers(Object.keys(Object(converse)), ["messages", "system", "toolConfig"])
    })
  )

  it.live("says what an answer's words alone are, whatever it adds for messages; and is asked for that once", () =>
    Effect.gen(function* () {
      const { tokens, wire } = yield* claude()
      wire.counts(({ body }) => 50 + textsIn(body).reduce((sum, text) => sum + 6 + text.length, 0))
      const told = { ...noUsage, inputTokens: 33, outputTokens: 1 }
      const usage = yield* tokens.settlePartial(ask("Hi"), said, told)
      assert.deepInclude(usage, { inputTokens: 33, outputTokens: "as far as it came".length, isEstimated: true })
      assert.lengthOf(wire.counted, 2)
      assert.deepInclude(yield* tokens.settlePartial(ask("Hi"), [{ type: "text", text: "four" }], told), { outputTokens: 4 })
      assert.lengthOf(wire.counted, 3)
      assert.lengthOf(textsIn(wire.counted[2]?.body), 3, "the prompt is not sent again")
    })
  )

  it.live("is not asked about white space, which no provider takes, nor what it has told", () =>
    Effect.gen(function* () {
      const { tokens, wire } = yield* claude()
      wire.counts(() => 1_000)
      yield* tokens.settlePartial(ask("Hi"), [{ type: "text", text: " \n" }], { ...noUsage, inputTokens: 33, outputTokens: 1 })
      yield* tokens.settlePartial(ask("Hi"), [], { ...noUsage, inputTokens: 33, outputTokens: 1 })
      assert.lengthOf(wire.counted, 0)
    })
  )
})

describe("a count that does not come", () => {
  const estimated = Effect.map(claude({ countTimeoutMs: 0 }), ({ tokens }) => tokens)
  const told = { ...noUsage, inputTokens: 33, outputTokens: 1 }
  const settled = (tokens: { readonly settlePartial: Effect.Success<typeof estimated>["settlePartial"] }) =>
    tokens.settlePartial(ask("Hi"), said, told)

  it.live("is an estimate: of a provider that is silent, that fails, or whose answer is none", () =>
    Effect.gen(function* () {
      const expected = yield* settled(yield* estimated)
      const { tokens, wire } = yield* claude({ countTimeoutMs: 50 })
      for (const script of [{ kind: "hang" as const }, httpError(500), httpError(429), httpError(200, "<html>hello</html>")]) {
        wire.counts(() => script)
        assert.deepStrictEqual(yield* settled(tokens), expected)
      }
    })
  )

  it.live("is not asked for again for a while where the provider refused, but where it only failed", () =>
    Effect.gen(function* () {
      const { tokens, wire } = yield* claude({ countsAtOnce: 1 })
      wire.counts(() => httpError(429))
      yield* settled(tokens)
      yield* settled(tokens)
      assert.lengthOf(wire.counted, 4)
      wire.counts(() => httpError(404))
      yield* settled(tokens)
      assert.lengthOf(wire.counted, 5)
      yield* settled(tokens)
      assert.lengthOf(wire.counted, 5)
    })
  )

  it.live("waits for its turn: no more are under way than are allowed", () =>
    Effect.gen(function* () {
      const { tokens, wire } = yield* claude({ countsAtOnce: 2 })
      let underWay = 0
      let most = 0
      const two = Promise.withResolvers<void>()
      wire.counts(async () => {
        most = Math.max(most, ++underWay)
        if (underWay === 2) two.resolve()
        await two.promise
        // Others that were sent arrive meanwhile.
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
        underWay--
        return 10
      })
      yield* Effect.all(
        Array.from({ length: 6 }, () => settled(tokens)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(most, 2)
    })
  )
})

describe("the tokens of a prompt", () => {
  it.live("are those that its provider counts, and no estimate", () =>
    Effect.gen(function* () {
      const { tokens, wire } = yield* claude()
      wire.counts(() => 1_234)
      assert.deepStrictEqual(yield* tokens.countByProvider(ask("Hi")), { inputTokens: 1_234, isEstimated: false })
      assert.lengthOf(wire.counted, 1)
    })
  )

  it.live("are estimated, and say so, where it does not count in time or at all", () =>
    Effect.gen(function* () {
      const { tokens, wire } = yield* claude({ countTimeoutMs: 50 })
      const estimated = yield* tokens.count(ask("Hi"))
      assert.isTrue(estimated.isEstimated)
      for (const script of [{ kind: "hang" as const }, httpError(500), httpError(404)]) {
        wire.counts(() => script)
        assert.deepStrictEqual(yield* tokens.countByProvider(ask("Hi")), estimated)
      }
    })
  )

  it.live("are counted here where the model's own tokenizer is published", () =>
    Effect.gen(function* () {
      const wire = yield* startGeminiWire
      wire.counts(() => 1_234)
      const { tokens } = yield* modelOf({ configured: [provider("gemini", wire)] }, "gemini/gpt-5-mini")
      assert.notStrictEqual((yield* tokens.countByProvider(ask("Hi"))).inputTokens, 1_234)
      assert.lengthOf(wire.counted, 0)
    })
  )
})

describe("an answer that another target goes on with", () => {
  it.live("is told to its end while what the first used is still being counted, and its usage then has both", () =>
    Effect.gen(function* () {
      const { claude, model, one } = yield* world({}, { countTimeoutMs: 30_000 }, ["claude", "one"])
      const counted = Promise.withResolvers<void>()
      claude.counts(async ({ body }) => {
        await counted.promise
        return textsIn(body).join("").length
      })
      claude.enqueue(answer(["Once ", "upon ", "a time"], { cutAfter: 2, usage: { inputTokens: 21 } }))
      one.enqueue(answer(["a time"], { usage: { inputTokens: 8, outputTokens: 2 } }))
      const collected = collect()
      const finished = Promise.withResolvers<void>()
      const running = yield* Effect.forkChild(
        model.stream(ask("Tell"), (events, control) => {
          collected.sink(events, control)
          if (events.some(({ type }) => type === "finish")) finished.resolve()
        })
      )
      yield* Effect.promise(() => finished.promise)
      assert.strictEqual(collected.text(), "Once upon a time")
      assert.isFalse(collected.events.some(({ type }) => type === "usage"))
      counted.resolve()
      const { attempts } = yield* Fiber.join(running)
      assert.deepStrictEqual(
        attempts?.map(({ usage: { inputTokens, outputTokens } }) => [inputTokens, outputTokens]),
        [
          [21, "Once upon ".length],
          [8, 2]
        ]
      )
    })
  )
})

const textsIn = (body: WireRequest["body"]): ReadonlyArray<string> => {
  const messages: unknown = Reflect.get(Object(body), "messages")
  const all: ReadonlyArray<unknown> = Array.isArray(messages) ? messages : []
  return all.flatMap((message) => {
    const content: unknown = Reflect.get(Object(message), "content")
    return Array.isArray(content) ? content.map((part) => String(Reflect.get(Object(part), "text"))) : [String(content)]
  })
}
