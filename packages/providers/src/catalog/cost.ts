/** What one call cost, exactly: integers only, so that no sum of many calls drifts. */
import { ratesAt } from "@parley/domain/ModelPrice"
import type { DollarPrice } from "@parley/domain/ModelPrice"
import type { Usage } from "@parley/domain/Usage"

/** Nano-dollars in a US dollar: the unit of `cost`. A single token of the cheapest model costs several of them. */
export const nanoDollarsPerDollar = 1_000_000_000

/** Rates are published with at most six decimals, so a million tokens cost a whole number of micro-dollars. */
const microDollarsPerDollar = 1_000_000

/** (micro-dollars for a million tokens) × tokens are pico-dollars. */
const picoDollarsPerNanoDollar = 1_000

/**
 * Nano-dollars, rounded up once. Cached and written prompt tokens are parts of the input, and reasoning is one of the output; where a
 * provider's numbers contradict that, no token is counted twice and none is left out. Pictures in a prompt are input tokens like words:
 * every vendor whose prices are published here bills them so. `atMs`: of a price that changes on a day.
 */
export const cost = (usage: Usage, price: DollarPrice, atMs: number): number => {
  const { longPrompt } = price
  const rates = longPrompt !== undefined && usage.inputTokens > longPrompt.aboveInputTokens ? longPrompt : ratesAt(price, atMs)
  const input = tokens(usage.inputTokens)
  const cached = Math.min(tokens(usage.cachedInputTokens), input)
  const written = Math.min(tokens(usage.cacheWriteTokens), input - cached)
  const kept = Math.min(tokens(usage.longCacheWriteTokens ?? 0), written)
  const output = tokens(usage.outputTokens)
  const reasoning = Math.min(tokens(usage.reasoningTokens), output)
  return nanoDollars([
    [input - cached - written, rates.input],
    [cached, rates.cachedInput ?? rates.input],
    [written - kept, rates.cacheWrite ?? rates.input],
    [kept, rates.longCacheWrite ?? rates.cacheWrite ?? rates.input],
    [output - reasoning, rates.output],
    [reasoning, rates.reasoning ?? rates.output]
  ])
}

/** Foreign counts: anything but a whole number of tokens is none. */
const tokens = (count: number): number => (Number.isSafeInteger(count) && count > 0 ? count : 0)

type Line = readonly [count: number, dollarsPerMillion: number]

/** Each product and the sum of them is exact: as a float's integer, which nearly every call fits, else as a bigint. */
const nanoDollars = (lines: ReadonlyArray<Line>): number => {
  let picoDollars = 0
  for (const [count, dollarsPerMillion] of lines) picoDollars += count * microDollars(dollarsPerMillion)
  if (picoDollars <= Number.MAX_SAFE_INTEGER) return Math.ceil(picoDollars / picoDollarsPerNanoDollar)
  let exact = 0n
  for (const [count, dollarsPerMillion] of lines) exact += BigInt(count) * BigInt(microDollars(dollarsPerMillion))
  const unit = BigInt(picoDollarsPerNanoDollar)
  return Math.min(Number((exact + unit - 1n) / unit), Number.MAX_SAFE_INTEGER)
}

const microDollars = (dollars: number): number => Math.round(dollars * microDollarsPerDollar)
