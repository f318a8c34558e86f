/** One call of each family of models, its cost worked out by hand from what its vendor publishes: nano-dollars. */
import { assert, describe, it } from "@effect/vitest"
import { noUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"
import { cost } from "../../src/catalog/cost.ts"
import { publishedFacts } from "../../src/catalog/publishedModels.ts"
import type { VendorKind } from "../../src/catalog/vendors.ts"

/** A long conversation of which most comes from the cache. */
const cached: Partial<Usage> = { inputTokens: 100_000, cachedInputTokens: 80_000, outputTokens: 2_000 }
const written: Partial<Usage> = { ...cached, cacheWriteTokens: 10_000 }

const rows: ReadonlyArray<readonly [kind: VendorKind, model: string, used: Partial<Usage>, nanoDollars: number]> = [
  ["anthropic", "claude-opus-5-5", written, 10_000 * 4_000 + 80_000 * 200 + 10_000 * 5_000 + 2_000 * 20_000],
  ["anthropic", "claude-sonnet-4-6", written, 121_500_000],
  ["anthropic", "claude-haiku-5-5", written, 4_050_000],
  // One token above its bound, the whole request is dearer.
  ["anthropic", "claude-haiku-5-5", { inputTokens: 100_001, outputTokens: 2_000 }, 100_001 * 500 + 2_000 * 2_500],
  ["anthropic", "claude-haiku-4-5-20251001", written, 10_000 * 1_000 + 80_000 * 100 + 10_000 * 1_250 + 2_000 * 5_000],
  ["openai", "gpt-5.2", cached, 77_000_000],
  ["openai", "gpt-4o-2024-08-06", cached, 170_000_000],
  ["openai", "gpt-5.5", { ...cached, inputTokens: 300_000, cachedInputTokens: 200_000 }, 1_290_000_000],
  // Reasoning is part of the output, and paid once.
  ["openai", "o3", { ...cached, reasoningTokens: 1_500 }, 96_000_000],
  ["openai", "text-embedding-3-small", { inputTokens: 100_000 }, 2_000_000],
  ["openai", "gpt-5.4", { ...cached, inputTokens: 272_000 }, 192_000 * 5_000 + 80_000 * 500 + 2_000 * 22_500],
  ["openai", "gpt-5.4", { ...cached, inputTokens: 271_999 }, 191_999 * 2_500 + 80_000 * 250 + 2_000 * 15_000],
  ["groq", "openai/gpt-oss-120b", cached, 20_000 * 150 + 80_000 * 75 + 2_000 * 600],
  // Without a rate of its own, what comes from the cache costs what input costs.
  ["groq", "llama-3.3-70b-versatile", cached, 100_000 * 590 + 2_000 * 790],
  ["groq", "meta-llama/llama-4-scout-17b-16e-instruct", cached, 100_000 * 110 + 2_000 * 340],
  ["groq", "qwen/qwen3-32b", cached, 100_000 * 290 + 2_000 * 590],
  // A picture of one tile is 258 of the input's tokens, and thoughts are among the output.
  [
    "gemini",
    "models/gemini-2.5-flash",
    { inputTokens: 1_258, outputTokens: 900, reasoningTokens: 700 },
    1_258 * 300 + 900 * 2_500
  ],
  ["gemini", "gemini-2.5-pro", { ...cached, inputTokens: 200_000 }, 120_000 * 1_250 + 80_000 * 125 + 2_000 * 10_000],
  ["gemini", "gemini-2.5-pro", { ...cached, inputTokens: 200_001 }, 120_001 * 2_500 + 80_000 * 250 + 2_000 * 15_000],
  ["gemini", "gemma-4-31b-it", cached, 0],
  ["mistral", "mistral-large-2512", cached, 20_000 * 500 + 80_000 * 50 + 2_000 * 1_500],
  ["mistral", "codestral-latest", cached, 20_000 * 300 + 80_000 * 30 + 2_000 * 900],
  ["xai", "grok-4.5", { ...cached, inputTokens: 199_999 }, 119_999 * 2_000 + 80_000 * 300 + 2_000 * 6_000],
  ["xai", "grok-4.5-latest", { ...cached, inputTokens: 200_000 }, 120_000 * 4_000 + 80_000 * 600 + 2_000 * 12_000]
]

describe("the price of a call", () => {
  it.each(rows)("of %s %s", (kind, model, used, nanoDollars) => {
    const price = publishedFacts(kind, model)?.price
    if (price === undefined) return assert.fail(`${model} has no price`)
    assert.strictEqual(cost({ ...noUsage, ...used }, price, 0), nanoDollars)
  })

  it("of gemini-3.8-flash is half until the end of 2026", () => {
    const price = publishedFacts("gemini", "gemini-3.8-flash")?.price
    if (price === undefined) return assert.fail("it has no price")
    const at = (day: string) => cost({ ...noUsage, ...cached }, price, Date.parse(day))
    assert.strictEqual(at("2026-12-31T23:59:59Z"), 20_000 * 750 + 80_000 * 75 + 2_000 * 3_750)
    assert.strictEqual(at("2027-01-01T00:00:00Z"), 20_000 * 1_500 + 80_000 * 150 + 2_000 * 7_500)
  })
})
