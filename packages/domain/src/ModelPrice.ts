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
  longPrompt: Schema.optionalKey(Schema.Struct({ ...rates, aboveInputTokens: Schema.Int }))
})
export type DollarPrice = typeof DollarPrice.Type
