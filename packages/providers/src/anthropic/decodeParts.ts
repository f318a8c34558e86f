/** What an answer and a stream of Anthropic's have in common. */
import type {
  CacheCreation,
  MessageDeltaUsage,
  OutputTokensDetails,
  StopReason,
  Usage as WireUsage
} from "@anthropic-ai/sdk/resources/messages"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { believed, objectOf, textOf, toldCountOf } from "../call/foreign.ts"
import type { Foreign } from "../call/foreign.ts"

const finishReasons: Record<StopReason, FinishReason> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  refusal: "refusal"
}

const finishReasonByName = new Map<string, FinishReason>(Object.entries(finishReasons))

/** A reason that we do not know ended the answer all the same. */
export const finishReasonOf = (reason: unknown): FinishReason => finishReasonByName.get(textOf(reason)) ?? "stop"

/** As the API counts: its input tokens leave out what came from the cache or went into it. */
export interface AnthropicCounts {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  /** Of `cacheWrite`, what is kept for an hour. */
  readonly longCacheWrite: number
  readonly output: number
  readonly thinking: number
}

export const noCounts: AnthropicCounts = { input: 0, cacheRead: 0, cacheWrite: 0, longCacheWrite: 0, output: 0, thinking: 0 }

/** Counts are cumulative; what a later event does not say stays as it was. */
export const countsOf = (value: unknown, before: AnthropicCounts): AnthropicCounts => {
  const usage: Foreign<MessageDeltaUsage & Pick<WireUsage, "cache_creation">> = objectOf(value)
  const written: Foreign<CacheCreation> = objectOf(usage.cache_creation)
  const details: Foreign<OutputTokensDetails> = objectOf(usage.output_tokens_details)
  const later = (count: unknown, earlier: number) => (count === undefined || count === null ? earlier : toldCountOf(count))
  return {
    input: later(usage.input_tokens, before.input),
    cacheRead: later(usage.cache_read_input_tokens, before.cacheRead),
    cacheWrite: later(usage.cache_creation_input_tokens, before.cacheWrite),
    longCacheWrite: later(written.ephemeral_1h_input_tokens, before.longCacheWrite),
    output: later(usage.output_tokens, before.output),
    thinking: later(details.thinking_tokens, before.thinking)
  }
}

export const usageOf = (counts: AnthropicCounts): Usage =>
  believed({
    inputTokens: counts.input + counts.cacheRead + counts.cacheWrite,
    cachedInputTokens: counts.cacheRead,
    cacheWriteTokens: counts.cacheWrite,
    ...(counts.longCacheWrite === 0 ? {} : { longCacheWriteTokens: counts.longCacheWrite }),
    outputTokens: counts.output,
    reasoningTokens: counts.thinking
  })

/** Thinking that the API shows to nobody is kept in the signature under this prefix, so that it can be sent back. */
export { redactedPrefix } from "@parley/domain/Content"
