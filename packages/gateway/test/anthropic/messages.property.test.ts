/** Whatever a valid request looks like, it is read whole; whatever a model says, Anthropic's own client reads the same. */
import Anthropic from "@anthropic-ai/sdk"
import { it } from "@effect/vitest"
import { textOf } from "@parley/domain/Content"
import { ModelRequest } from "@parley/domain/ModelRequest"
import { Effect, Result, Schema } from "effect"
import { describe, expect } from "vitest"
import { makeEventEncoder } from "../../src/anthropic/EventEncoder.ts"
import { message } from "../../src/anthropic/message.ts"
import { MessagesRequest } from "../../src/anthropic/MessagesRequest.ts"
import { readMessagesRequest } from "../../src/anthropic/readMessagesRequest.ts"
import { toModelRequest } from "../../src/anthropic/toModelRequest.ts"
import { answerOf } from "../support/ScriptedCompletions.ts"
import { tell, ToldAnswer } from "../support/toldAnswer.ts"

/** For a machine that does much else. */
const timeoutMs = 60_000

const isModelRequest = Schema.is(ModelRequest)

const read = (body: unknown) => Effect.runSync(Effect.result(readMessagesRequest(JSON.stringify(body))))

/** The one pair of fields that excludes another. */
const isAtOdds = (request: MessagesRequest) => request.thinking?.type === "disabled" && !!request.output_config?.effort

const spoken = (content: string | ReadonlyArray<object>): string =>
  typeof content === "string"
    ? content
    : content.map((block) => ("text" in block && typeof block.text === "string" ? block.text : "")).join("")

describe("a request for a message", () => {
  it.prop(
    "that fits the schema is read as it is, and says the same to the model",
    [MessagesRequest],
    ([request]) => {
      const result = read(request)
      expect(Result.isFailure(result)).toBe(isAtOdds(request))
      if (Result.isFailure(result)) return
      const asked = toModelRequest(result.success)
      expect(isModelRequest(asked)).toBe(true)
      expect(asked.model).toBe(request.model)
      const system = asked.messages.slice(0, asked.messages.length - request.messages.length)
      expect(system.map((told) => textOf(told.content)).join("")).toBe(spoken(request.system ?? ""))
      request.messages.forEach((given, at) => {
        const told = asked.messages[at + system.length]!
        expect(told.role).toBe(given.role)
        expect(told.content.length).toBe(typeof given.content === "string" ? 1 : given.content.length)
        expect(textOf(told.content)).toBe(spoken(given.content))
      })
    },
    timeoutMs
  )

  it.prop(
    "keeps what it was read as when fields are added that nobody knows",
    [MessagesRequest],
    ([request]) => {
      expect(read({ ...request, service_tier: "auto", betas: [] })).toEqual(read(request))
    },
    timeoutMs
  )
})

describe("a streamed message", () => {
  it.effect.prop(
    "is to Anthropic's client what the whole one is",
    [ToldAnswer],
    ([told]) =>
      Effect.promise(async () => {
        const { content, reads } = tell(told)
        const answer = answerOf({ content })
        const encoder = makeEventEncoder({
          id: "msg_1",
          model: answer.model,
          hidesThinking: false,
          estimatedInputTokens: () => 0
        })
        const text = reads.map(encoder.encode).join("") + encoder.end(answer)
        const client = new Anthropic({
          apiKey: "none",
          fetch: async () => new Response(text, { headers: { "content-type": "text/event-stream" } })
        })
        const streamed = await client.messages.stream({ model: "m", max_tokens: 1, messages: [] }).finalMessage()
        const whole = message(answer, { id: "msg_1", stopSequence: undefined, hidesThinking: false })
        expect(JSON.parse(JSON.stringify(streamed))).toMatchObject(JSON.parse(JSON.stringify(whole)))
      }),
    timeoutMs
  )
})
