/** What an answer and a stream of Bedrock's have in common. */
import { redactedPrefix } from "@parley/domain/Content"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { believed, objectOf, textOf, toldCountOf } from "../call/foreign.ts"
import type { ForeignObject } from "../call/foreign.ts"
import type { WireError } from "../call/providerErrors.ts"

const reasons = new Map<string, FinishReason>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["tool_use", "tool-calls"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["guardrail_intervened", "content-filter"],
  ["content_filtered", "content-filter"]
])

/** A reason that we do not know ended the answer all the same. */
export const finishReasonOf = (reason: unknown): FinishReason => reasons.get(textOf(reason)) ?? "stop"

/** Input tokens leave out what came from the cache or went into it, as Anthropic's do. */
export const usageOf = (value: unknown): Usage => {
  const usage = objectOf(value)
  const cached = toldCountOf(usage["cacheReadInputTokens"])
  const written = toldCountOf(usage["cacheWriteInputTokens"])
  return believed({
    inputTokens: toldCountOf(usage["inputTokens"]) + cached + written,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    outputTokens: toldCountOf(usage["outputTokens"]),
    reasoningTokens: 0
  })
}

/** Reasoning as a delta has it (`text`, `signature`), or a whole answer (`reasoningText`). */
export const reasoningOf = (value: unknown): { readonly text: string; readonly signature?: string } => {
  const content = objectOf(value)
  const whole = content["reasoningText"] === undefined ? content : objectOf(content["reasoningText"])
  const redacted = textOf(content["redactedContent"])
  const signature = redacted === "" ? textOf(whole["signature"]) : `${redactedPrefix}${redacted}`
  return { text: textOf(whole["text"]), ...(signature === "" ? {} : { signature }) }
}

export const decodeError = (body: ForeignObject): WireError | undefined => {
  const message = textOf(body["message"]) || textOf(body["Message"])
  return message === "" ? undefined : { message }
}

/** What an exception in a stream would have been as an answer. */
export const exceptionStatuses = new Map([
  ["throttlingException", 429],
  ["validationException", 400],
  ["accessDeniedException", 403],
  ["resourceNotFoundException", 404],
  ["modelTimeoutException", 408],
  ["serviceUnavailableException", 503]
])
