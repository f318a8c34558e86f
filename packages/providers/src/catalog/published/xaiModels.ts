/**
 * xAI's own API. Not priced: grok-4, and both 4-fast and 4-1-fast, which cost more for long prompts by a tariff that could not be
 * established.
 */
import type { DollarPrice } from "@parley/domain/ModelPrice"
import { rowOf, unpricedOf } from "../PublishedFacts.ts"
import type { PublishedRows } from "../PublishedFacts.ts"

const page = "https://docs.x.ai/docs/models"
const row = rowOf(page)
const unpriced = unpricedOf(page)

const flat = (input: number, cachedInput: number, output: number): DollarPrice => ({ input, cachedInput, output })
/** Everything of a request costs twice as much whose prompt has 200,000 tokens or more. */
const tiered = (input: number, cachedInput: number, output: number): DollarPrice => ({
  ...flat(input, cachedInput, output),
  longPrompt: { aboveInputTokens: 199_999, ...flat(2 * input, 2 * cachedInput, 2 * output) }
})

export const xaiModels: PublishedRows = {
  "grok-4.6": rowOf(`${page}/grok-4.6`)(tiered(2, 0.5, 6), { contextTokens: 500_000 }),
  "grok-4.5": rowOf(`${page}/grok-4.5`)(tiered(2, 0.3, 6), { contextTokens: 500_000 }),
  "grok-4.3": row(tiered(1.25, 0.2, 2.5), { contextTokens: 1_000_000 }),
  "grok-4.20": row(tiered(1.25, 0.2, 2.5), { contextTokens: 1_000_000 }),
  "grok-build-0.1": row(tiered(1, 0.2, 2), { contextTokens: 256_000 }),
  "grok-code-fast-1": row(flat(0.2, 0.02, 1.5), { contextTokens: 256_000 }),
  "grok-4": unpriced({ contextTokens: 256_000 }),
  "grok-4-0709": unpriced({ contextTokens: 256_000 }),
  "grok-4-fast-reasoning": unpriced({ contextTokens: 2_000_000 }),
  "grok-4-fast-non-reasoning": unpriced({ contextTokens: 2_000_000 }),
  "grok-4-1-fast-reasoning": unpriced({ contextTokens: 2_000_000 }),
  "grok-4-1-fast-non-reasoning": unpriced({ contextTokens: 2_000_000 }),
  "grok-3": row(flat(3, 0.75, 15), { contextTokens: 131_072 }),
  "grok-3-mini": row(flat(0.3, 0.075, 0.5), { contextTokens: 131_072 })
}
