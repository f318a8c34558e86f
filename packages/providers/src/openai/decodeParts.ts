/** What an answer and a stream of OpenAI's have in common. */
import type { ChatCompletion } from "openai/resources/chat/completions"
import type { CompletionUsage } from "openai/resources/completions"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { believed, isObject, objectOf, textOf, toldCountOf } from "../call/foreign.ts"
import type { Foreign } from "../call/foreign.ts"

const finishReasons: Record<ChatCompletion.Choice["finish_reason"], FinishReason> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter"
}

const finishReasonByName = new Map<string, FinishReason>(Object.entries(finishReasons))

/** A reason that we do not know ended the answer all the same. */
export const finishReasonOf = (reason: unknown, refused: boolean): FinishReason => {
  const known = finishReasonByName.get(textOf(reason)) ?? "stop"
  return refused && known === "stop" ? "refusal" : known
}

/**
 * xAI, and Gemini where it thinks, count what was thought beside the completion and within the total: it is written, and paid, like the rest. A total
 * that cannot be is no reason not to believe the parts.
 */
export const usageOf = (value: unknown): Usage | undefined => {
  if (!isObject(value)) return undefined
  const usage: Foreign<CompletionUsage> = value
  const prompt: Foreign<CompletionUsage.PromptTokensDetails> = objectOf(usage.prompt_tokens_details)
  const completion: Foreign<CompletionUsage.CompletionTokensDetails> = objectOf(usage.completion_tokens_details)
  const inputTokens = toldCountOf(usage.prompt_tokens)
  const completionTokens = toldCountOf(usage.completion_tokens)
  const reasoningTokens = toldCountOf(completion.reasoning_tokens)
  const totalTokens = toldCountOf(usage.total_tokens)
  const besideTokens = inputTokens > 0 ? Math.max(0, totalTokens - inputTokens - completionTokens) || 0 : 0
  return believed({
    inputTokens,
    cachedInputTokens: toldCountOf(prompt.cached_tokens),
    cacheWriteTokens: toldCountOf(prompt.cache_write_tokens),
    outputTokens: completionTokens + besideTokens,
    reasoningTokens: reasoningTokens === 0 && completionTokens > 0 ? besideTokens : reasoningTokens
  })
}

/** Servers that are compatible with OpenAI show reasoning under one of two names, which the SDK does not know. */
export const reasoningOf = (delta: { readonly reasoning_content?: unknown; readonly reasoning?: unknown }): string => {
  const value = delta.reasoning_content ?? delta.reasoning
  return typeof value === "string" ? value : ""
}

/** Some compatible servers give a call no id; the answer's own makes one that is stable. */
export const callIdOf = (id: string, responseId: string, index: number): string =>
  id === "" ? `call_${responseId}_${index}` : id
