/** What a vendor publishes of one of its models, and where. */
import type { DollarPrice } from "@parley/domain/ModelPrice"
import type { ModelFacts } from "./ModelFacts.ts"

export interface PublishedFacts extends ModelFacts {
  /** The vendor's page that holds the figures. */
  readonly source: string
  /** The day for which they are known to hold: year, month, day. */
  readonly asOf: string
}

export type PublishedRows = Readonly<Record<string, PublishedFacts>>

/**
 * The day on which the catalogue was published whose transcription of the vendors' pages the rows without a day of their own follow:
 * https://github.com/pydantic/genai-prices, 0.1.8. Its rows that it took from resellers, or that its own comments doubt, are not taken over.
 */
export const transcribed = "2026-09-23"

type Limits = Pick<ModelFacts, "contextTokens" | "maxOutputTokens">

/** Rows of one page. */
export const rowOf =
  (source: string, asOf = transcribed) =>
  (price: DollarPrice, limits: Limits = {}): PublishedFacts => ({ price, ...limits, source, asOf })

/** Of a model whose price is not one number: its window alone. */
export const unpricedOf =
  (source: string, asOf = transcribed) =>
  (limits: Limits): PublishedFacts => ({ ...limits, source, asOf })

/** Of an embedding model, which has no output. */
export const embeddingOf =
  (source: string, asOf = transcribed) =>
  (input: number): PublishedFacts => ({ kind: "embedding", price: { input, output: 0 }, source, asOf })
