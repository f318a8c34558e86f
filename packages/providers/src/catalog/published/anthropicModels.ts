/** Anthropic's own API. Prompt cache writes are those of the shortest time to live, and of an hour. */
import type { DollarRates } from "@parley/domain/ModelPrice"
import { rowOf } from "../PublishedFacts.ts"
import type { PublishedRows } from "../PublishedFacts.ts"

const page = "https://platform.claude.com/docs/en/about-claude/pricing"
const row = rowOf(page, "2026-10-24")
const older = rowOf(page)

const claude = (input: number, cachedInput: number, cacheWrite: number, output: number): DollarRates => ({
  input,
  cachedInput,
  cacheWrite,
  // Of all of them: twice the input.
  longCacheWrite: 2 * input,
  output
})

const large = { contextTokens: 1_000_000, maxOutputTokens: 128_000 }

export const anthropicModels: PublishedRows = {
  "claude-fable-5-1": row(claude(10, 0.25, 12.5, 50), large),
  "claude-fable-5": row(claude(10, 1, 12.5, 50)),
  "claude-opus-5-5": row(claude(4, 0.2, 5, 20), large),
  "claude-opus-5": row(claude(5, 0.5, 6.25, 25), large),
  "claude-opus-4-8": row(claude(5, 0.5, 6.25, 25)),
  "claude-opus-4-7": row(claude(5, 0.5, 6.25, 25)),
  "claude-opus-4-6": row(claude(5, 0.5, 6.25, 25)),
  "claude-opus-4-5": row(claude(5, 0.5, 6.25, 25)),
  "claude-opus-4-1": older(claude(15, 1.5, 18.75, 75), { contextTokens: 200_000 }),
  "claude-sonnet-5-5": row(claude(2, 0.1, 2.5, 10), large),
  "claude-sonnet-5": row(claude(2, 0.2, 2.5, 10), large),
  "claude-sonnet-4-6": row(claude(3, 0.3, 3.75, 15), { contextTokens: 1_000_000, maxOutputTokens: 64_000 }),
  // Its million of tokens was a trial that ended on 2026-04-30, and with it the tariff above 200,000.
  "claude-sonnet-4-5": older(claude(3, 0.3, 3.75, 15), { contextTokens: 200_000 }),
  "claude-sonnet-4": older(claude(3, 0.3, 3.75, 15), { contextTokens: 200_000 }),
  "claude-haiku-5-5": row({
    ...claude(0.1, 0.01, 0.125, 0.5),
    longPrompt: { aboveInputTokens: 100_000, ...claude(0.5, 0.05, 0.625, 2.5) }
  }),
  "claude-haiku-4-5": row(claude(1, 0.1, 1.25, 5), { contextTokens: 200_000, maxOutputTokens: 64_000 })
}
