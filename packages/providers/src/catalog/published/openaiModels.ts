/** OpenAI's own API. Left out on purpose: gpt-5.6, whose price changed twice in a month. */
import type { DollarPrice, DollarRates } from "@parley/domain/ModelPrice"
import { embeddingOf, rowOf } from "../PublishedFacts.ts"
import type { PublishedRows } from "../PublishedFacts.ts"

const prices = "https://developers.openai.com/api/docs/pricing"
const modelPage = (model: string) => `https://developers.openai.com/api/docs/models/${model}`

const row = rowOf(prices, "2026-09-05")
const older = rowOf(prices, "2025-07-04")
const since = rowOf(prices)
const embedding = embeddingOf(prices, "2025-07-04")

const gpt = (input: number, cachedInput: number, output: number): DollarRates => ({ input, cachedInput, output })

/** Twice the input, cached or written, and one and a half of the output for a request with a longer prompt. */
const tiered = (rates: DollarRates, aboveInputTokens: number): DollarPrice => ({
  ...rates,
  longPrompt: {
    aboveInputTokens,
    input: 2 * rates.input,
    ...(rates.cachedInput === undefined ? {} : { cachedInput: 2 * rates.cachedInput }),
    ...(rates.cacheWrite === undefined ? {} : { cacheWrite: 2 * rates.cacheWrite }),
    output: 1.5 * rates.output
  }
})
/** The usual rates are for prompts of less than 272,000 tokens (gpt-6 but Astra: of no more). */
const below272k = 271_999

const wide = { contextTokens: 1_050_000, maxOutputTokens: 128_000 }
const reasoning = { contextTokens: 200_000, maxOutputTokens: 100_000 }

export const openaiModels: PublishedRows = {
  "gpt-6-astra": rowOf(modelPage("gpt-6-astra"), "2026-10-16")(tiered({ ...gpt(10, 1, 50), cacheWrite: 12.5 }, below272k), wide),
  "gpt-6-sol": rowOf(modelPage("gpt-6-sol"))(tiered({ ...gpt(2, 0.2, 10), cacheWrite: 2.5 }, 272_000), {
    contextTokens: 1_050_000
  }),
  "gpt-6-luna": rowOf(modelPage("gpt-6-luna"))(tiered({ ...gpt(0.1, 0.01, 0.5), cacheWrite: 0.125 }, 272_000), {
    contextTokens: 1_050_000
  }),
  "gpt-5.5": row(tiered(gpt(5, 0.5, 30), below272k), wide),
  "gpt-5.4": since(tiered(gpt(2.5, 0.25, 15), below272k), { contextTokens: 1_050_000 }),
  "gpt-5.4-mini": row(gpt(0.75, 0.075, 4.5), { contextTokens: 400_000 }),
  "gpt-5.4-nano": since(gpt(0.2, 0.02, 1.25), { contextTokens: 400_000 }),
  "gpt-5.2": row(gpt(1.75, 0.175, 14), { contextTokens: 400_000, maxOutputTokens: 128_000 }),
  "gpt-5.1": row(gpt(1.25, 0.125, 10), { contextTokens: 400_000 }),
  "gpt-5": row(gpt(1.25, 0.125, 10), { contextTokens: 400_000 }),
  "gpt-5-pro": since({ input: 15, output: 120 }, { contextTokens: 400_000 }),
  "gpt-5-mini": row(gpt(0.25, 0.025, 2), { contextTokens: 400_000 }),
  "gpt-5-nano": row(gpt(0.05, 0.005, 0.4), { contextTokens: 400_000 }),
  "gpt-4.1": older(gpt(2, 0.5, 8), { contextTokens: 1_000_000 }),
  "gpt-4.1-mini": older(gpt(0.4, 0.1, 1.6), { contextTokens: 1_000_000 }),
  "gpt-4.1-nano": older(gpt(0.1, 0.025, 0.4), { contextTokens: 1_000_000 }),
  "gpt-4o": older(gpt(2.5, 1.25, 10), { contextTokens: 128_000 }),
  // Its first version has a price of its own, and none for what is cached.
  "gpt-4o-2024-05-13": since({ input: 5, output: 15 }, { contextTokens: 128_000 }),
  "gpt-4o-mini": older(gpt(0.15, 0.075, 0.6), { contextTokens: 128_000 }),
  "gpt-4-turbo": since({ input: 10, output: 30 }, { contextTokens: 128_000 }),
  "gpt-4": since({ input: 30, output: 60 }, { contextTokens: 8_192 }),
  "gpt-3.5-turbo": since({ input: 0.5, output: 1.5 }, { contextTokens: 16_385 }),
  o1: since(gpt(15, 7.5, 60), reasoning),
  o3: rowOf(prices, "2025-07-12")(gpt(2, 0.5, 8), reasoning),
  "o3-pro": since({ input: 20, output: 80 }, reasoning),
  "o3-mini": since(gpt(1.1, 0.55, 4.4), reasoning),
  "o4-mini": older(gpt(1.1, 0.275, 4.4), reasoning),
  "text-embedding-3-small": embedding(0.02),
  "text-embedding-3-large": embedding(0.13),
  "text-embedding-ada-002": embedding(0.1)
}
