/**
 * Mistral's own API, by the names of versions and by those `-latest` of which all versions cost the same, or whose version its
 * documentation names. `mistral-large-latest` is neither; Mistral Large 4 is half price until nobody knows when.
 */
import type { DollarPrice } from "@parley/domain/ModelPrice"
import { embeddingOf, rowOf, unpricedOf } from "../PublishedFacts.ts"
import type { PublishedRows } from "../PublishedFacts.ts"

const page = "https://mistral.ai/pricing/api"
const row = rowOf(page)
/** The vendor's page of one model. */
const docs = (slug: string) => `https://docs.mistral.ai/models/${slug}`

const cached = (input: number, cachedInput: number, output: number): DollarPrice => ({ input, cachedInput, output })

const wide = { contextTokens: 262_144 }
const codestral = row(cached(0.3, 0.03, 0.9), { contextTokens: 128_000 })
const small4 = row(cached(0.15, 0.015, 0.6), wide)
const medium31 = row(cached(0.4, 0.04, 2))
const medium35 = row(cached(1.5, 0.15, 7.5), wide)
const devstral2 = row(cached(0.4, 0.04, 2), wide)
const ministral14b = row(cached(0.2, 0.02, 0.2), wide)
const ministral8b = row(cached(0.15, 0.015, 0.15), wide)
const ministral3b = row(cached(0.1, 0.01, 0.1), wide)
const magistralMedium = rowOf(docs("magistral-medium-1-2-25-09"))({ input: 2, output: 5 }, { contextTokens: 128_000 })
const nemo = rowOf(docs("mistral-nemo-12b-24-07"))({ input: 0.15, output: 0.15 }, { contextTokens: 128_000 })

export const mistralModels: PublishedRows = {
  "mistral-large-4-0": unpricedOf(docs("mistral-large-4-0"), "2026-10-06")({ contextTokens: 1_000_000 }),
  "mistral-large-4": unpricedOf(docs("mistral-large-4-0"), "2026-10-06")({ contextTokens: 1_000_000 }),
  "mistral-large-2512": row(cached(0.5, 0.05, 1.5), wide),
  "mistral-large-2411": row({ input: 2, output: 6 }),
  "mistral-medium-3.5": medium35,
  "mistral-medium-3-5": medium35,
  "mistral-medium-3": medium35,
  "mistral-medium-latest": medium35,
  "mistral-medium-2508": medium31,
  "mistral-medium-2505": medium31,
  "mistral-small-2603": small4,
  "mistral-small-latest": small4,
  "magistral-medium-2509": magistralMedium,
  "magistral-medium-latest": magistralMedium,
  "codestral-2508": codestral,
  "codestral-latest": codestral,
  "devstral-2512": devstral2,
  "devstral-latest": devstral2,
  "devstral-medium-latest": devstral2,
  "ministral-14b-2512": ministral14b,
  "ministral-14b-latest": ministral14b,
  "ministral-8b-2512": ministral8b,
  "ministral-8b-latest": ministral8b,
  "ministral-3b-2512": ministral3b,
  "ministral-3b-latest": ministral3b,
  "open-mistral-nemo": nemo,
  "open-mistral-nemo-2407": nemo,
  "mistral-embed": embeddingOf(docs("mistral-embed-23-12"))(0.1)
}
