/**
 * Google's Gemini API, its paid tier. A picture or a frame is an input token like a word's. Thoughts are output.
 */
import type { DollarPrice } from "@parley/domain/ModelPrice"
import { embeddingOf, rowOf } from "../PublishedFacts.ts"
import type { PublishedRows } from "../PublishedFacts.ts"

const page = "https://ai.google.dev/gemini-api/docs/pricing"
const row = rowOf(page)
/** Read there again, later. */
const again = rowOf(page, "2026-10-07")

const flat = (input: number, cachedInput: number, output: number): DollarPrice => ({ input, cachedInput, output })
/** A request with a longer prompt costs twice its input and one and a half of its output. */
const pro = (input: number, cachedInput: number, output: number): DollarPrice => ({
  ...flat(input, cachedInput, output),
  longPrompt: { aboveInputTokens: 200_000, ...flat(2 * input, 2 * cachedInput, 1.5 * output) }
})
/** The open models of Google's that it serves: for nothing, and without a paid tier. */
const free: DollarPrice = { input: 0, output: 0 }

/** Introduced at half of its price, until the end of 2026. */
const introduced = (input: number, cachedInput: number, output: number): DollarPrice => ({
  ...flat(input / 2, cachedInput / 2, output / 2),
  later: { fromMs: Date.UTC(2027, 0, 1), ...flat(input, cachedInput, output) }
})

const million = { contextTokens: 1_048_576, maxOutputTokens: 65_536 }
const about = { contextTokens: 1_000_000 }

export const geminiModels: PublishedRows = {
  "gemini-3.8-flash": again(introduced(1.5, 0.15, 7.5), about),
  "gemini-3.7-flash": row(introduced(1.5, 0.15, 7.5), about),
  "gemini-3.6-flash": row(introduced(1.5, 0.15, 7.5), about),
  "gemini-3.5-flash": again(flat(1.5, 0.15, 9), about),
  "gemini-3.5-flash-lite": again(flat(0.3, 0.03, 2.5), about),
  "gemini-3.1-pro-preview": again(pro(2, 0.2, 12)),
  "gemini-3.1-flash-lite": row(flat(0.25, 0.025, 1.5), about),
  "gemini-3-pro-preview": row(pro(2, 0.2, 12)),
  "gemini-3-flash-preview": row(flat(0.5, 0.05, 3), about),
  "gemini-2.5-pro": row(pro(1.25, 0.125, 10), million),
  "gemini-2.5-flash": row(flat(0.3, 0.03, 2.5), million),
  "gemini-2.5-flash-lite": row(flat(0.1, 0.01, 0.4), about),
  "gemini-2.0-flash": row(flat(0.1, 0.025, 0.4), { contextTokens: 1_048_576, maxOutputTokens: 8_192 }),
  "gemini-2.0-flash-lite": row({ input: 0.075, output: 0.3 }, { contextTokens: 1_048_576, maxOutputTokens: 8_192 }),
  "gemma-4-31b-it": again(free, { contextTokens: 262_144 }),
  "gemma-4-26b-a4b-it": again(free, { contextTokens: 262_144 }),
  "gemini-embedding-001": embeddingOf(page)(0.15),
  "gemini-embedding-2": embeddingOf(page, "2026-10-07")(0.2)
}
