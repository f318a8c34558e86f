/** A whole answer in OpenAI's shape. */
import { textOf } from "@parley/domain/Content"
import type { FinishReason, ModelAnswer } from "@parley/domain/ModelEvent"
import { dollarsOf, type Usage } from "@parley/domain/Usage"

export const finishReasons = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
  refusal: "content_filter"
} as const satisfies Record<FinishReason, string>

export const usageOf = (usage: Usage) => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.inputTokens + usage.outputTokens,
  prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
  completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  ...costFields(usage)
})

/** Not OpenAI's: US dollars, where the price is known, and whether Parley counted the tokens itself. Their clients keep what they do not know. */
export const costFields = (usage: Usage) => ({
  ...(usage.costNanoDollars === undefined ? {} : { cost: dollarsOf(usage.costNanoDollars) }),
  ...(usage.isEstimated === undefined ? {} : { is_estimated: true as const })
})

export const chatCompletion = (answer: ModelAnswer, id: string, createdAtSeconds: number) => {
  const text = textOf(answer.content)
  let reasoning = ""
  const calls: Array<{ id: string; type: "function"; function: { name: string; arguments: string } }> = []
  for (const part of answer.content) {
    if (part.type === "reasoning") reasoning += part.text
    if (part.type === "tool-call") {
      calls.push({ id: part.id, type: "function", function: { name: part.name, arguments: part.arguments } })
    }
  }
  return {
    id,
    object: "chat.completion",
    created: createdAtSeconds,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && calls.length > 0 ? null : text,
          refusal: null,
          ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0 ? {} : { tool_calls: calls })
        },
        logprobs: null,
        finish_reason: finishReasons[answer.finishReason]
      }
    ],
    usage: usageOf(answer.usage)
  }
}
