/** What is known of a model beside its name. */
import type { ModelInfo } from "@parley/domain/ModelProvider"

/** US dollars for a million tokens, as vendors publish them. */
export interface DollarRates {
  readonly input: number
  /** Prompt tokens that the provider reads from its cache; like `input` when absent. */
  readonly cachedInput?: number
  /** Prompt tokens that it writes to its cache; like `input` when absent. */
  readonly cacheWrite?: number
  /** Reasoning included. */
  readonly output: number
  /** Only where reasoning is not priced like `output`. */
  readonly reasoning?: number
}

export interface DollarPrice extends DollarRates {
  /** What a whole request costs whose prompt is longer, cached tokens included. */
  readonly longPrompt?: DollarRates & { readonly aboveInputTokens: number }
}

export interface ModelFacts {
  readonly kind?: ModelInfo["kind"]
  /** Prompt and answer together. */
  readonly contextTokens?: number
  readonly maxOutputTokens?: number
  readonly price?: DollarPrice
}
