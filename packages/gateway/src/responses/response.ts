/** A whole answer in OpenAI's Responses shape. */
import type { AssistantPart } from "@parley/domain/Content"
import type { ParleyError } from "@parley/domain/Errors"
import { traitsOf } from "@parley/domain/ErrorTraits"
import type { FinishReason, ModelAnswer } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { costFields } from "../openai/chatCompletion.ts"
import { usageInVain } from "../openai/openaiError.ts"
import type { ResponsesRequest } from "./ResponsesRequest.ts"

/** Why an answer is not complete; undefined when it is. */
const incompleteReasons = {
  stop: undefined,
  length: "max_output_tokens",
  "tool-calls": undefined,
  "content-filter": "content_filter",
  refusal: "content_filter"
} as const satisfies Record<FinishReason, string | undefined>

export type ItemStatus = "in_progress" | "completed" | "incomplete"

/** Of what was still being said when the answer ended. */
export const lastStatusOf = (reason: FinishReason): ItemStatus =>
  incompleteReasons[reason] === undefined ? "completed" : "incomplete"

export const usageOf = (usage: Usage) => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: { cached_tokens: usage.cachedInputTokens, cache_write_tokens: usage.cacheWriteTokens },
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  total_tokens: usage.inputTokens + usage.outputTokens,
  ...costFields(usage)
})

export const outputText = (text: string) => ({ type: "output_text" as const, text, annotations: [], logprobs: [] })
export const summaryText = (text: string) => ({ type: "summary_text" as const, text })

/** `at` is the item's place in the answer, which makes its id its own. */
export const messageItem = (id: string, at: number, status: ItemStatus, text: string | undefined) => ({
  id: `msg_${id}_${at}`,
  type: "message" as const,
  status,
  role: "assistant" as const,
  content: text === undefined ? [] : [outputText(text)]
})
export const reasoningItem = (id: string, at: number, status: ItemStatus, text: string, signature: string | undefined) => ({
  id: `rs_${id}_${at}`,
  type: "reasoning" as const,
  status,
  summary: text === "" ? [] : [summaryText(text)],
  ...(signature === undefined ? {} : { encrypted_content: signature })
})
export const callItem = (id: string, at: number, status: ItemStatus, call: { id: string; name: string; arguments: string }) => ({
  id: `fc_${id}_${at}`,
  type: "function_call" as const,
  status,
  call_id: call.id,
  name: call.name,
  arguments: call.arguments
})
export type OutputItem = ReturnType<typeof messageItem | typeof reasoningItem | typeof callItem>

/** What is the same in every state of a response: what was asked, and what Parley has nothing of. */
export const responseHead = (request: ResponsesRequest, requestId: string, createdAtSeconds: number) => ({
  id: `resp_${requestId}`,
  object: "response" as const,
  created_at: createdAtSeconds,
  background: false,
  instructions: request.instructions ?? null,
  max_output_tokens: request.max_output_tokens ?? null,
  metadata: request.metadata ?? {},
  parallel_tool_calls: request.parallel_tool_calls ?? true,
  previous_response_id: null,
  reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
  store: false,
  temperature: request.temperature ?? null,
  text: { format: request.text?.format ?? { type: "text" as const } },
  tool_choice: request.tool_choice ?? "auto",
  tools: request.tools ?? [],
  top_p: request.top_p ?? null,
  truncation: "disabled" as const,
  user: request.user ?? null
})
export type ResponseHead = ReturnType<typeof responseHead>

export const begunResponse = (head: ResponseHead, model: string) => ({
  ...head,
  model,
  status: "in_progress" as const,
  error: null,
  incomplete_details: null,
  output: [],
  usage: null
})

export const endedResponse = (
  head: ResponseHead,
  output: ReadonlyArray<OutputItem>,
  answer: Pick<ModelAnswer, "model" | "finishReason" | "usage">
) => {
  const reason = incompleteReasons[answer.finishReason]
  return {
    ...head,
    model: answer.model,
    status: reason === undefined ? ("completed" as const) : ("incomplete" as const),
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    output,
    usage: usageOf(answer.usage)
  }
}

export const failedResponse = (head: ResponseHead, model: string, output: ReadonlyArray<OutputItem>, error: ParleyError) => {
  const usage = usageInVain(error)
  return {
    ...head,
    model,
    status: "failed" as const,
    error: { code: failureCodes.get(traitsOf(error).status) ?? "server_error", message: error.message },
    incomplete_details: null,
    output,
    usage: usage === undefined ? null : usageOf(usage)
  }
}

/** OpenAI's list of codes is closed. */
const failureCodes = new Map([
  [400, "invalid_prompt"],
  [429, "rate_limit_exceeded"]
])

export const response = (head: ResponseHead, requestId: string, answer: ModelAnswer) => {
  const said = answer.content.filter((part) => part.type !== "text" || part.text !== "")
  const output = said.map((part, at) => {
    const isOpen = at === said.length - 1 && (part.type === "text" || (part.type === "reasoning" && part.signature === undefined))
    return item(part, requestId, at, isOpen ? lastStatusOf(answer.finishReason) : "completed")
  })
  return endedResponse(head, output, answer)
}

const item = (part: AssistantPart, requestId: string, at: number, status: ItemStatus): OutputItem => {
  switch (part.type) {
    case "text":
      return messageItem(requestId, at, status, part.text)
    case "reasoning":
      return reasoningItem(requestId, at, status, part.text, part.signature)
    case "tool-call":
      return callItem(requestId, at, status, part)
  }
}
