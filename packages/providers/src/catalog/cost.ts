/** What one call cost, exactly: integers only, so that no sum of many calls drifts. */
import type { Usage } from "@parley/domain/Usage"
import type { DollarPrice, DollarRates } from "./ModelFacts.ts"

/** Nano-dollars in a US dollar: the unit of `cost`. A single token of the cheapest model costs several of them. */
export const nanoDollarsPerDollar = 1_000_000_000

/** Rates are published with at most six decimals, so a million tokens cost a whole number of micro-dollars. */
const microDollarsPerDollar = 1_000_000

/** (micro-dollars for a million tokens) × tokens are pico-dollars. */
const picoDollarsPerNanoDollar = 1_000n

/**
 * Nano-dollars, rounded up once. Cached and written prompt tokens are parts of the input, and reasoning is one of the output; where a
 * provider's numbers contradict that, no token is counted twice and none is left out.
 */
export const cost = (usage: Usage, price: DollarPrice): number => {
  const rates = price.longPrompt !== undefined && usage.inputTokens > price.longPrompt.aboveInputTokens ? price.longPrompt : price
  const input = tokens(usage.inputTokens)
  const cached = Math.min(tokens(usage.cachedInputTokens), input)
  const written = Math.min(tokens(usage.cacheWriteTokens), input - cached)
  const output = tokens(usage.outputTokens)
  const reasoning = Math.min(tokens(usage.reasoningTokens), output)
  return nanoDollars(
    times(input - cached - written, rates.input) +
      times(cached, rates.cachedInput ?? rates.input) +
      times(written, rates.cacheWrite ?? rates.input) +
      times(output - reasoning, rates.output) +
      times(reasoning, rates.reasoning ?? rates.output)
  )
}

/** The most that a call can cost: its prompt at the dearest of the input's rates, and an answer as long as it may get. */
export const costBound = (inputTokens: number, maxOutputTokens: number, price: DollarPrice): number =>
  Math.max(
    ...[price, ...(price.longPrompt === undefined ? [] : [price.longPrompt])].map((rates) =>
      boundBy(rates, inputTokens, maxOutputTokens)
    )
  )

const boundBy = (rates: DollarRates, inputTokens: number, maxOutputTokens: number): number =>
  nanoDollars(
    times(tokens(inputTokens), Math.max(rates.input, rates.cachedInput ?? 0, rates.cacheWrite ?? 0)) +
      times(tokens(maxOutputTokens), Math.max(rates.output, rates.reasoning ?? 0))
  )

/** Foreign counts: anything but a whole number of tokens is none. */
const tokens = (count: number): number => (Number.isSafeInteger(count) && count > 0 ? count : 0)

const times = (count: number, dollarsPerMillion: number): bigint =>
  BigInt(count) * BigInt(Math.round(dollarsPerMillion * microDollarsPerDollar))

const nanoDollars = (picoDollars: bigint): number =>
  Math.min(Number((picoDollars + picoDollarsPerNanoDollar - 1n) / picoDollarsPerNanoDollar), Number.MAX_SAFE_INTEGER)
