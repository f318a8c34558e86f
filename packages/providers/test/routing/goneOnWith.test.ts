/** An answer that a lost process began: whoever is asked goes on with it as after any other break, also where no route names the model. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { textOf } from "@parley/domain/Content"
import type { VendorKind } from "../../src/catalog/vendors.ts"
import { continueInstruction } from "../../src/routing/continuation.ts"
import { collect } from "../support/collect.ts"
import { modelOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { startAnthropicWire } from "../wire/anthropicWire.ts"
import { startBedrockWire } from "../wire/bedrockWire.ts"
import { startOpenaiWire } from "../wire/openaiWire.ts"
import { answer, type WireServer } from "../wire/WireServer.ts"
import { world, type WorldId } from "./world.ts"

const said = { text: "Once upon a time there ", reasoning: "A tale, then." }

const kindOf = (kind: string): VendorKind => vendorKinds.find((known) => known === kind) ?? assert.fail(kind)
const vendorKinds = ["ollama", "groq", "mistral", "vllm", "anthropic", "bedrock", "openai", "deepseek"] as const

const messagesSent = (wire: WireServer): ReadonlyArray<unknown> => {
  const messages: unknown = Reflect.get(Object(wire.requests[0]?.body), "messages")
  return Array.isArray(messages) ? messages : []
}

describe("an answer that was begun elsewhere", () => {
  it.live("is gone on with by a model that takes its beginning, without a second space", () =>
    Effect.gen(function* () {
      const { ollama, providers } = yield* world({}, {}, ["ollama"])
      ollama.enqueue(answer([" was", " a king"], { usage: { inputTokens: 20, outputTokens: 6 } }))
      const model = yield* Effect.orDie(providers.resolve("ollama/m"))
      const told = collect()
      const whole = yield* model.stream(ask("Tell me", { maxOutputTokens: 50 }), told.sink, { said })
      assert.strictEqual(told.text(), "was a king")
      assert.strictEqual(textOf(whole.content), "Once upon a time there was a king")
      assert.deepStrictEqual(whole.content[0], { type: "reasoning", text: "A tale, then." })
      assert.deepStrictEqual(messagesSent(ollama).at(-1), { role: "assistant", content: "Once upon a time there" })
      assert.isBelow(Number(Reflect.get(Object(ollama.requests[0]?.body), "max_tokens")), 50)
      // What the lost process's call used is that process's to tell.
      assert.deepInclude(whole.usage, { inputTokens: 20, outputTokens: 6, costNanoDollars: 80_000 })
      assert.isFalse(told.events.some(({ type }) => type === "provider-switch"))
    })
  )

  /** The last message, and what stands beside the messages for it, of each kind that takes a beginning. */
  const beginnings: ReadonlyArray<readonly [kind: string, model: string, last: unknown, beside: object]> = [
    ["ollama", "m", { role: "assistant", content: "Once upon a time there" }, {}],
    ["groq", "m", { role: "assistant", content: "Once upon a time there" }, {}],
    ["mistral", "m", { role: "assistant", content: "Once upon a time there", prefix: true }, {}],
    [
      "vllm",
      "m",
      { role: "assistant", content: "Once upon a time there" },
      { continue_final_message: true, add_generation_prompt: false }
    ],
    ["anthropic", "claude-haiku-4-5", { role: "assistant", content: [{ type: "text", text: "Once upon a time there" }] }, {}],
    [
      "bedrock",
      "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
      { role: "assistant", content: [{ text: "Once upon a time there" }] },
      {}
    ],
    // None of these takes one, and is asked in words.
    ["openai", "m", { role: "user", content: continueInstruction(said.text) }, {}],
    ["deepseek", "m", { role: "user", content: continueInstruction(said.text) }, {}],
    ["anthropic", "claude-opus-4-6", { role: "user", content: [{ type: "text", text: continueInstruction(said.text) }] }, {}],
    ["bedrock", "anthropic.claude-opus-4-7", { role: "user", content: [{ text: continueInstruction(said.text) }] }, {}],
    ["bedrock", "amazon.nova-pro-v1:0", { role: "user", content: [{ text: continueInstruction(said.text) }] }, {}]
  ]

  it.live.each(beginnings)("is shown as %s with %s wants it", ([kind, name, last, beside]) =>
    Effect.gen(function* () {
      const wire = yield* kind === "anthropic" ? startAnthropicWire : kind === "bedrock" ? startBedrockWire : startOpenaiWire
      const configured = [
        { id: "mine", kind: kindOf(kind), baseUrl: wire.baseUrl, apiKey: Redacted.make("key-of-the-test"), region: "eu-west-1" }
      ]
      const model = yield* modelOf({ configured }, `mine/${name}`)
      wire.otherwise(() => answer([" was", " a king"]))
      yield* model.stream(ask("Tell me"), collect().sink, { said })
      yield* model.stream(ask("Tell me"), collect().sink)
      const [begun, asked] = wire.requests.map(({ body }) => body)
      assert.deepStrictEqual(messagesSent(wire).at(-1), last)
      const fieldsOf = (body: unknown) => Object.keys(Object(body)).toSorted()
      assert.deepInclude(begun, beside)
      assert.deepStrictEqual(fieldsOf(begun), [...fieldsOf(asked), ...Object.keys(beside)].toSorted(), "nothing else is added")
    })
  )

  it.live("is gone on with by any other model when it is told to, and is called once where no route says more", () =>
    Effect.gen(function* () {
      const { one, providers } = yield* world()
      one.enqueue(answer(["was", " a king"], { cutAfter: 1 }))
      const model = yield* Effect.orDie(providers.resolve("one/m"))
      const told = collect()
      const error = yield* Effect.flip(model.stream(ask("Tell me"), told.sink, { said }))
      assert.strictEqual(error._tag, "ProviderTruncated")
      assert.strictEqual(told.text(), "was")
      assert.deepStrictEqual(messagesSent(one).slice(-2), [
        { role: "assistant", content: said.text },
        { role: "user", content: continueInstruction(said.text) }
      ])
      assert.lengthOf(one.requests, 1)
    })
  )

  it.live("is gone on with by the route's next target from all that was told, when the first breaks off too", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(answer(["was ", "a king"], { cutAfter: 1 }))
      two.enqueue(answer(["a king"]))
      const told = collect()
      const whole = yield* model.stream(ask("Tell me"), told.sink, { said })
      assert.strictEqual(told.text(), "was a king")
      assert.strictEqual(textOf(whole.content), "Once upon a time there was a king")
      assert.deepStrictEqual(messagesSent(two).at(-2), { role: "assistant", content: `${said.text}was ` })
    })
  )
})

const zeros = "row = [0, 0, 0, 0, 0, 0, "
const row = "row = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]"
/** Who goes on, and what it says: by its own, what it was shown as well, as it was asked to, not as it was asked to. */
const joins: ReadonlyArray<readonly [WorldId, says: string, before: string, after: ReadonlyArray<string>, whole: string]> = [
  ["ollama", "goes on by itself in a text that repeats itself", zeros, [" 0, 0, 0, ", "0, 0, 1]"], row],
  ["mistral", "tells also what it was shown", zeros, [zeros.trimEnd(), " 0, 0, 0, 0, 0, 1]"], row],
  ["two", "begins with the last words as it was asked to", zeros, [`…${zeros.trimEnd()}`, " 0, 0, 0, 0, 0, 1]"], row],
  ["two", "just goes on in a text that repeats itself", zeros, ["0, 0, 0, ", "0, 0, 1]"], row],
  ["two", "says a word again", "ships before dawn, and ", ["and ", "each"], "ships before dawn, and each"],
  ["two", "leaves the space out", "ships before dawn, and", ["each"], "ships before dawn, and each"],
  ["two", "begins once more after nothing but white space", "\n\n", ["Hello", " there"], "\n\nHello there"]
]

describe("an answer that breaks off after some words", () => {
  it.live.each(joins)("is whole when %s %s", ([id, , before, after, whole]) =>
    Effect.gen(function* () {
      const { model, one, ...wires } = yield* world({}, {}, ["one", id])
      one.enqueue(answer([before, "never told"], { cutAfter: 1 }))
      wires[id === "one" ? "two" : id].enqueue(answer(after))
      const told = collect()
      yield* model.stream(ask("Tell me"), told.sink)
      assert.strictEqual(told.text(), whole)
    })
  )
})
