/** Whatever a valid request looks like, it is read whole; whatever a model says, OpenAI's own client reads the same. */
import { it } from "@effect/vitest"
import { textOf } from "@parley/domain/Content"
import { ModelRequest } from "@parley/domain/ModelRequest"
import { Effect, Result, Schema } from "effect"
import OpenAI from "openai"
import { describe, expect } from "vitest"
import { makeEventEncoder } from "../../src/responses/EventEncoder.ts"
import { readResponsesRequest } from "../../src/responses/readResponsesRequest.ts"
import { response, responseHead } from "../../src/responses/response.ts"
import { ResponsesRequest } from "../../src/responses/ResponsesRequest.ts"
import { toModelRequest } from "../../src/responses/toModelRequest.ts"
import { answerOf } from "../support/ScriptedCompletions.ts"
import { tell, ToldAnswer } from "../support/toldAnswer.ts"

/** For a machine that does much else. */
const timeoutMs = 60_000

const isModelRequest = Schema.is(ModelRequest)

const read = (body: unknown) => Effect.runSync(Effect.result(readResponsesRequest(JSON.stringify(body))))

const spoken = (item: Exclude<ResponsesRequest["input"], string>[number]): string => {
  if (item.type !== "message") return ""
  if (typeof item.content === "string") return item.content
  return item.content.map((part) => ("text" in part ? part.text : "refusal" in part ? part.refusal : "")).join("")
}

describe("a request for a response", () => {
  it.prop(
    "that fits the schema is read as it is, and says the same to the model",
    [ResponsesRequest],
    ([request]) => {
      const result = read(request)
      expect(Result.isSuccess(result)).toBe(true)
      if (Result.isFailure(result)) return
      const asked = toModelRequest(result.success)
      expect(isModelRequest(asked)).toBe(true)
      expect(asked.model).toBe(request.model)
      const { input } = request
      const said = typeof input === "string" ? input : input.map(spoken).join("")
      expect(asked.messages.map((told) => textOf(told.content)).join("")).toBe((request.instructions ?? "") + said)
      const parts = asked.messages.flatMap((told): ReadonlyArray<{ readonly type: string }> => told.content)
      const counted = (type: string) => (typeof input === "string" ? 0 : input.filter((item) => item.type === type).length)
      expect(parts.filter((part) => part.type === "tool-call").length).toBe(counted("function_call"))
      expect(parts.filter((part) => part.type === "tool-result").length).toBe(counted("function_call_output"))
      expect(parts.filter((part) => part.type === "reasoning").length).toBe(counted("reasoning"))
    },
    timeoutMs
  )

  it.prop(
    "keeps what it was read as when fields are added that nobody knows",
    [ResponsesRequest],
    ([request]) => {
      expect(read({ ...request, service_tier: "auto", prompt_cache_key: "k", max_tool_calls: 3 })).toEqual(read(request))
    },
    timeoutMs
  )
})

describe("a streamed response", () => {
  it.effect.prop(
    "is to OpenAI's client what the whole one is",
    [ToldAnswer],
    ([told]) =>
      Effect.promise(async () => {
        const { content, reads } = tell(told)
        const answer = answerOf({ content })
        const head = responseHead({ model: answer.model, input: "Hello" }, "req_1", 0)
        const encoder = makeEventEncoder({ requestId: "req_1", model: answer.model, head })
        const text = reads.map(encoder.encode).join("") + encoder.end(answer)
        const client = new OpenAI({
          apiKey: "none",
          fetch: async () => new Response(text, { headers: { "content-type": "text/event-stream" } })
        })
        const streamed = await client.responses.stream({ model: "m", input: "Hello" }).finalResponse()
        expect(JSON.parse(JSON.stringify(streamed))).toMatchObject(JSON.parse(JSON.stringify(response(head, "req_1", answer))))
        const deltas: Array<string> = []
        for await (const event of await client.responses.create({ model: "m", input: "Hello", stream: true })) {
          if (event.type === "response.output_text.delta" || event.type === "response.function_call_arguments.delta")
            deltas.push(event.delta)
        }
        expect(deltas.join("")).toBe(
          content.map((part) => (part.type === "text" ? part.text : part.type === "tool-call" ? part.arguments : "")).join("")
        )
      }),
    timeoutMs
  )
})
