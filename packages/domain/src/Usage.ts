/** What one call to a model used, in tokens. */
import { Schema } from "effect"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const Usage = Schema.Struct({
  /** All prompt tokens, cached ones included. */
  inputTokens: Count,
  /** Prompt tokens that the provider read from its cache. */
  cachedInputTokens: Count,
  /** Prompt tokens that the provider wrote to its cache. */
  cacheWriteTokens: Count,
  /** All completion tokens, reasoning included. */
  outputTokens: Count,
  reasoningTokens: Count
})
export type Usage = typeof Usage.Type

export const noUsage: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0
}

export const addUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens
})
