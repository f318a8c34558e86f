/** DeepSeek's own API. Its prices go by the hour of the day and by China's holidays, which no price here can say. */
import { unpricedOf } from "../PublishedFacts.ts"
import type { PublishedRows } from "../PublishedFacts.ts"

const unpriced = unpricedOf("https://api-docs.deepseek.com/quick_start/pricing", "2026-10-17")
const limits = { contextTokens: 1_000_000, maxOutputTokens: 384_000 }

export const deepseekModels: PublishedRows = {
  "deepseek-flash": unpriced(limits),
  "deepseek-v4-flash": unpriced(limits),
  "deepseek-v4-pro": unpriced(limits)
}
