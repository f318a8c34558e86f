/** What a model costs, as its vendor publishes it or the operator says. */
import { Schema } from "effect"

const rates = {
  input: Schema.Finite,
  /** Prompt tokens that the provider reads from its cache; like `input` when absent. */
  cachedInput: Schema.optionalKey(Schema.Finite),
  /** Prompt tokens that it writes to its cache; like `input` when absent. */
  cacheWrite: Schema.optionalKey(Schema.Finite),
  /** Those of them that it keeps for an hour; like `cacheWrite` when absent. */
  longCacheWrite: Schema.optionalKey(Schema.Finite),
  /** Reasoning included. */
  output: Schema.Finite,
  /** Only where reasoning is not priced like `output`. */
  reasoning: Schema.optionalKey(Schema.Finite)
}

/** US dollars for a million tokens. */
export const DollarRates = Schema.Struct(rates)
export type DollarRates = typeof DollarRates.Type

export const DollarPrice = Schema.Struct({
  ...rates,
  /** What a whole request costs whose prompt is longer, cached tokens included. */
  longPrompt: Schema.optionalKey(Schema.Struct({ ...rates, aboveInputTokens: Schema.Int })),
  /** What it costs from a day on that its vendor has named already: the rates above are for a time. Unix milliseconds. */
  later: Schema.optionalKey(Schema.Struct({ ...rates, fromMs: Schema.Finite }))
})
export type DollarPrice = typeof DollarPrice.Type

/** Of prompts of the usual length. */
export const ratesAt = (price: DollarPrice, atMs: number): DollarRates =>
  price.later !== undefined && atMs >= price.later.fromMs ? price.later : price
