/** Whatever a valid request looks like, it is read, and none of what the model is told is lost on the way. */
import { it } from "@effect/vitest"
import { maxTextLength, textOf } from "@parley/domain/Content"
import { maxMessages, ModelRequest } from "@parley/domain/ModelRequest"
import { Effect, Result, Schema } from "effect"
import { describe, expect } from "vitest"
import { bounds, ChatRequest } from "../../src/openai/ChatRequest.ts"
import { isPlainChatRequest } from "../../src/openai/isPlainChatRequest.ts"
import { readChatRequest } from "../../src/openai/readChatRequest.ts"
import { toModelRequest } from "../../src/openai/toModelRequest.ts"

const isModelRequest = Schema.is(ModelRequest)

const spoken = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Array.isArray(content)
      ? content.map((part) => (part.type === "text" ? part.text : part.type === "refusal" ? part.refusal : "")).join("")
      : ""

describe("a chat request", () => {
  it.prop("that fits the schema is read as it is, and says the same to the model", [ChatRequest], ([request]) => {
    const read = Effect.runSync(Effect.result(readChatRequest(JSON.stringify(request))))
    expect(Result.isSuccess(read)).toBe(true)
    if (Result.isFailure(read)) return
    const asked = toModelRequest(read.success)
    expect(asked.model).toBe(request.model)
    expect(asked.messages.length).toBe(request.messages.length)
    request.messages.forEach((message, at) => {
      const told = asked.messages[at]!
      expect(told.role).toBe(message.role === "developer" ? "system" : message.role)
      if (message.role === "tool") {
        expect(told.content).toEqual([
          expect.objectContaining({ toolCallId: message.tool_call_id, content: spoken(message.content) })
        ])
      } else if (message.role === "assistant") {
        expect(told.content.filter((part) => part.type === "tool-call").length).toBe(message.tool_calls?.length ?? 0)
        expect(textOf(told.content)).toBe(spoken(message.content) + (message.refusal ?? ""))
      } else {
        expect(textOf(told.content)).toBe(spoken(message.content))
      }
    })
    expect(isModelRequest(asked)).toBe(true)
  })

  it.prop("keeps what it was read as when fields are added that nobody knows", [ChatRequest], ([request]) => {
    const plain = Effect.runSync(Effect.result(readChatRequest(JSON.stringify(request))))
    const more = Effect.runSync(
      Effect.result(readChatRequest(JSON.stringify({ ...request, store: true, metadata: { a: "b" }, service_tier: "auto" })))
    )
    expect(more).toEqual(plain)
  })
})

const decode = Schema.decodeUnknownResult(ChatRequest)
const text = { role: "user", content: "Hello" }
const plain = { model: "openai/gpt", messages: [text] }

/** Around the plain shape, on both sides of everything that is looked at. */
const Around = Schema.Struct({
  model: Schema.optionalKey(
    Schema.Union([Schema.String, Schema.Literals(["", "m".repeat(bounds.modelLength + 1)]), Schema.Null])
  ),
  messages: Schema.optionalKey(
    Schema.Union([
      Schema.Array(
        Schema.Union([
          Schema.Struct({
            role: Schema.Literals(["system", "developer", "user", "assistant", "tool", "nobody"]),
            content: Schema.Union([Schema.String, Schema.Null, Schema.Array(Schema.Json)]),
            name: Schema.optionalKey(Schema.String)
          }),
          Schema.Json
        ])
      ),
      Schema.Json
    ])
  ),
  stream: Schema.optionalKey(Schema.Union([Schema.Boolean, Schema.Json])),
  temperature: Schema.optionalKey(Schema.Union([Schema.Literals([-0.1, 0, 2, 2.1]), Schema.Json])),
  top_p: Schema.optionalKey(Schema.Union([Schema.Literals([-0.1, 0, 1, 1.1]), Schema.Json])),
  max_tokens: Schema.optionalKey(Schema.Union([Schema.Literals([0, 1, 1.5, bounds.tokens.maximum + 1]), Schema.Json])),
  max_completion_tokens: Schema.optionalKey(Schema.Union([Schema.Literals([0, 1, 1.5]), Schema.Json])),
  user: Schema.optionalKey(Schema.String)
})

describe("a plain chat request", () => {
  it.prop(
    "is one that the schema takes as it is, whatever it looks like",
    [Schema.Union([Around, ChatRequest])],
    ([request]) => {
      const input: unknown = JSON.parse(JSON.stringify(request))
      if (isPlainChatRequest(input)) expect(decode(input)).toEqual(Result.succeed(input))
    },
    { arbitrary: { runs: 2_000 } }
  )

  it.each([
    plain,
    { ...plain, model: "m".repeat(bounds.modelLength) },
    {
      ...plain,
      messages: [{ role: "system", content: "" }, { role: "developer", content: "" }, text, { role: "assistant", content: "" }]
    },
    { ...plain, stream: true, temperature: 0, top_p: 1, max_tokens: 1, max_completion_tokens: bounds.tokens.maximum }
  ])("is read without the schema, as the schema reads it (%#)", (input) => {
    expect(isPlainChatRequest(input)).toBe(true)
    expect(decode(input)).toEqual(Result.succeed(input))
  })

  it.each([
    ["a list", []],
    ["nothing", null],
    ["no model", { messages: [text] }],
    ["no messages", { model: "m" }],
    ["an empty model", { ...plain, model: "" }],
    ["a long model", { ...plain, model: "m".repeat(bounds.modelLength + 1) }],
    ["no message", { ...plain, messages: [] }],
    ["too many messages", { ...plain, messages: Array.from({ length: maxMessages + 1 }, () => text) }],
    ["a message of no known role", { ...plain, messages: [{ ...text, role: "nobody" }] }],
    ["a message without content", { ...plain, messages: [{ role: "user" }] }],
    ["a text that is too long", { ...plain, messages: [{ ...text, content: "a".repeat(maxTextLength + 1) }] }],
    ["a number for a text", { ...plain, messages: [{ ...text, content: 1 }] }],
    ["a temperature out of bounds", { ...plain, temperature: bounds.temperature.maximum + 1 }],
    ["a part of a token", { ...plain, max_tokens: 1.5 }],
    ["no token at all", { ...plain, max_completion_tokens: 0 }]
  ])("is none with %s, and the schema refuses it", (_what, input) => {
    expect(isPlainChatRequest(input)).toBe(false)
    expect(Result.isFailure(decode(input))).toBe(true)
  })

  it.each([
    ["fields that nobody knows", { ...plain, store: true }],
    ["null for what is left out", { ...plain, temperature: null }],
    ["parts instead of a text", { ...plain, messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] }],
    ["tool calls", { ...plain, messages: [{ role: "assistant", content: "", tool_calls: [] }] }],
    [
      "a field called as the prototype is",
      JSON.parse('{"model":"m","messages":[{"role":"user","content":"Hello"}],"__proto__":{}}')
    ],
    ["a name beside the text", { ...plain, messages: [{ ...text, name: "Ada" }] }]
  ])("is none with %s, which the schema reads", (_what, input) => {
    expect(isPlainChatRequest(input)).toBe(false)
    expect(Result.isSuccess(decode(input))).toBe(true)
  })
})
