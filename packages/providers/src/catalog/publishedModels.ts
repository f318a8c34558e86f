/**
 * Prices and context windows that vendors publish: standard processing, US dollars for a million tokens, prompt cache writes of the
 * shortest time to live. A model whose figures could not be established is not here, and costs nobody an invented price:
 * a configuration can name it. Left out on purpose: models with a tariff for long prompts of which only the other one is known
 * (gpt-5.4, gpt-6 but Astra), promotional prices (gpt-5.6), prices by the hour of the day (DeepSeek).
 */
import type { DollarRates } from "@parley/domain/ModelPrice"
import type { ModelFacts } from "./ModelFacts.ts"
import type { VendorKind } from "./vendors.ts"

export interface PublishedFacts extends ModelFacts {
  /** The vendor's page that holds the figures. */
  readonly source: string
  /** The day for which they are known to hold: year, month, day. */
  readonly asOf: string
}

const anthropicPrices = "https://platform.claude.com/docs/en/about-claude/pricing"
const openaiPrices = "https://developers.openai.com/api/docs/pricing"

const claude = (input: number, cachedInput: number, cacheWrite: number, output: number): DollarRates => ({
  input,
  cachedInput,
  cacheWrite,
  // Of all of them: twice the input.
  longCacheWrite: 2 * input,
  output
})

const anthropic = (rates: DollarRates, limits: Pick<ModelFacts, "contextTokens" | "maxOutputTokens"> = {}): PublishedFacts => ({
  price: rates,
  ...limits,
  source: anthropicPrices,
  asOf: "2026-10-24"
})

const large = { contextTokens: 1_000_000, maxOutputTokens: 128_000 }

const gpt = (input: number, cachedInput: number, output: number): DollarRates => ({ input, cachedInput, output })

const openai = (
  rates: DollarRates,
  asOf: string,
  limits: Pick<ModelFacts, "contextTokens" | "maxOutputTokens"> = {}
): PublishedFacts => ({ price: rates, ...limits, source: openaiPrices, asOf })

const embedding = (input: number): PublishedFacts => ({
  kind: "embedding",
  price: { input, output: 0 },
  source: openaiPrices,
  asOf: "2025-07-04"
})

export const publishedModels: { readonly [Kind in VendorKind]?: Readonly<Record<string, PublishedFacts>> } = {
  anthropic: {
    "claude-fable-5-1": anthropic(claude(10, 0.25, 12.5, 50), large),
    "claude-fable-5": anthropic(claude(10, 1, 12.5, 50)),
    "claude-opus-5-5": anthropic(claude(4, 0.2, 5, 20), large),
    "claude-opus-5": anthropic(claude(5, 0.5, 6.25, 25), large),
    "claude-opus-4-8": anthropic(claude(5, 0.5, 6.25, 25)),
    "claude-opus-4-7": anthropic(claude(5, 0.5, 6.25, 25)),
    "claude-opus-4-6": anthropic(claude(5, 0.5, 6.25, 25)),
    "claude-opus-4-5": anthropic(claude(5, 0.5, 6.25, 25)),
    "claude-sonnet-5-5": anthropic(claude(2, 0.1, 2.5, 10), large),
    "claude-sonnet-5": anthropic(claude(2, 0.2, 2.5, 10), large),
    "claude-sonnet-4-6": anthropic(claude(3, 0.3, 3.75, 15), { contextTokens: 1_000_000, maxOutputTokens: 64_000 }),
    "claude-haiku-5-5": {
      ...anthropic(claude(0.1, 0.01, 0.125, 0.5)),
      price: {
        ...claude(0.1, 0.01, 0.125, 0.5),
        longPrompt: { aboveInputTokens: 100_000, ...claude(0.5, 0.05, 0.625, 2.5) }
      }
    },
    "claude-haiku-4-5": anthropic(claude(1, 0.1, 1.25, 5), { contextTokens: 200_000, maxOutputTokens: 64_000 })
  },
  openai: {
    "gpt-6-astra": {
      contextTokens: 1_050_000,
      maxOutputTokens: 128_000,
      price: {
        ...gpt(10, 1, 50),
        cacheWrite: 12.5,
        longPrompt: { aboveInputTokens: 272_000, ...gpt(20, 2, 75), cacheWrite: 25 }
      },
      source: "https://developers.openai.com/api/docs/models/gpt-6-astra",
      asOf: "2026-10-16"
    },
    "gpt-5.5": {
      contextTokens: 1_050_000,
      maxOutputTokens: 128_000,
      price: { ...gpt(5, 0.5, 30), longPrompt: { aboveInputTokens: 272_000, ...gpt(10, 1, 45) } },
      source: openaiPrices,
      asOf: "2026-09-05"
    },
    "gpt-5.4-mini": openai(gpt(0.75, 0.075, 4.5), "2026-09-05"),
    "gpt-5.2": openai(gpt(1.75, 0.175, 14), "2026-09-05", { contextTokens: 400_000, maxOutputTokens: 128_000 }),
    "gpt-5.1": openai(gpt(1.25, 0.125, 10), "2026-09-05", { contextTokens: 400_000 }),
    "gpt-5": openai(gpt(1.25, 0.125, 10), "2026-09-05", { contextTokens: 400_000 }),
    "gpt-5-mini": openai(gpt(0.25, 0.025, 2), "2026-09-05", { contextTokens: 400_000 }),
    "gpt-5-nano": openai(gpt(0.05, 0.005, 0.4), "2026-09-05", { contextTokens: 400_000 }),
    "gpt-4.1": openai(gpt(2, 0.5, 8), "2025-07-04", { contextTokens: 1_000_000 }),
    "gpt-4.1-mini": openai(gpt(0.4, 0.1, 1.6), "2025-07-04", { contextTokens: 1_000_000 }),
    "gpt-4.1-nano": openai(gpt(0.1, 0.025, 0.4), "2025-07-04", { contextTokens: 1_000_000 }),
    "gpt-4o": openai(gpt(2.5, 1.25, 10), "2025-07-04", { contextTokens: 128_000 }),
    // Its first version had a price of its own.
    "gpt-4o-2024-05-13": { contextTokens: 128_000, source: openaiPrices, asOf: "2025-07-04" },
    "gpt-4o-mini": openai(gpt(0.15, 0.075, 0.6), "2025-07-04", { contextTokens: 128_000 }),
    o3: openai(gpt(2, 0.5, 8), "2025-07-12", { contextTokens: 200_000, maxOutputTokens: 100_000 }),
    "o4-mini": openai(gpt(1.1, 0.275, 4.4), "2025-07-04"),
    "text-embedding-3-small": embedding(0.02),
    "text-embedding-3-large": embedding(0.13),
    "text-embedding-ada-002": embedding(0.1)
  },
  groq: {
    "openai/gpt-oss-120b": {
      contextTokens: 131_072,
      maxOutputTokens: 65_536,
      price: { input: 0.15, output: 0.6 },
      source: "https://console.groq.com/docs/models",
      asOf: "2026-05-19"
    }
  },
  deepseek: {
    "deepseek-flash": {
      contextTokens: 1_000_000,
      maxOutputTokens: 384_000,
      source: "https://api-docs.deepseek.com/quick_start/pricing",
      asOf: "2026-10-17"
    },
    "deepseek-v4-pro": {
      contextTokens: 1_000_000,
      maxOutputTokens: 384_000,
      source: "https://api-docs.deepseek.com/quick_start/pricing",
      asOf: "2026-10-17"
    }
  }
}

/** What is published of a model; a dated version or `-latest` is priced as the model that it is a version of, unless it has a row of its own. */
export const publishedFacts = (kind: VendorKind, model: string): PublishedFacts | undefined => {
  const rows = publishedModels[kind]
  if (rows === undefined) return undefined
  const base = model.replace(/-(latest|\d{8}|\d{4}-\d{2}-\d{2})$/, "")
  const row = Object.hasOwn(rows, model) ? rows[model] : Object.hasOwn(rows, base) ? rows[base] : undefined
  // A row that does not say is of a model that answers.
  return row && { kind: "chat", ...row }
}
