/** Whatever a valid request looks like, it is read, and none of what the model is told is lost on the way. */
import { it } from "@effect/vitest"
import { textOf } from "@parley/domain/Content"
import { ModelRequest } from "@parley/domain/ModelRequest"
import { Effect, Result, Schema } from "effect"
import { describe, expect } from "vitest"
import { ChatRequest } from "../../src/openai/ChatRequest.ts"
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
