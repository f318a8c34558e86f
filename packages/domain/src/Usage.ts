/** What one call to a model used, in tokens and money; and the sum of several. */
import { Schema } from "effect"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const Usage = Schema.Struct({
  /** All prompt tokens, cached ones included. */
  inputTokens: Count,
  /** Prompt tokens that the provider read from its cache. */
  cachedInputTokens: Count,
  /** Prompt tokens that the provider wrote to its cache. */
  cacheWriteTokens: Count,
  /** Those of them that it keeps for an hour, which may cost more; none when absent. */
  longCacheWriteTokens: Schema.optionalKey(Count),
  /** All completion tokens, reasoning included. */
  outputTokens: Count,
  reasoningTokens: Count,
  /** Nano-dollars (a billionth of a US dollar), rounded up. Absent where the price of the model is not known, which is not the same as free. */
  costNanoDollars: Schema.optionalKey(Count),
  /** Present when the provider did not say what it used, as of an answer that was cut off: Parley counted the tokens itself. */
  isEstimated: Schema.optionalKey(Schema.Literal(true))
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
  ...sumOfLongWrites(a, b),
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  ...sumOfCosts(a, b),
  ...(a.isEstimated === true || b.isEstimated === true ? { isEstimated: true } : {})
})

export const isNoUsage = (usage: Usage): boolean => usage.inputTokens === 0 && usage.outputTokens === 0

const sumOfLongWrites = (a: Usage, b: Usage): Pick<Usage, "longCacheWriteTokens"> => {
  const sum = (a.longCacheWriteTokens ?? 0) + (b.longCacheWriteTokens ?? 0)
  return sum === 0 ? {} : { longCacheWriteTokens: sum }
}

/** Where one of the two has no price the sum has none: a part of a cost would be taken for all of it. */
const sumOfCosts = (a: Usage, b: Usage): Pick<Usage, "costNanoDollars"> => {
  const [left, right] = [costOf(a), costOf(b)]
  if (left === undefined || right === undefined) return {}
  return a.costNanoDollars === undefined && b.costNanoDollars === undefined ? {} : { costNanoDollars: left + right }
}

const costOf = (usage: Usage): number | undefined => usage.costNanoDollars ?? (isNoUsage(usage) ? 0 : undefined)

const nanoDollarsPerDollar = 1_000_000_000

/** As programs read it, beside the tokens. */
export const dollarsOf = (costNanoDollars: number): number => costNanoDollars / nanoDollarsPerDollar
