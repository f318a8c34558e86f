/** The strategy by which a model is called, whoever runs it. */
import { Schema } from "effect"
import type { Effect } from "effect"
import type { ProviderError } from "./ProviderError.ts"
import type { ModelAnswer, ModelEvent } from "./ModelEvent.ts"
import { DollarPrice } from "./ModelPrice.ts"
import type { ModelRequest } from "./ModelRequest.ts"

export const ModelInfo = Schema.Struct({
  /** `provider/model` */
  id: Schema.String,
  provider: Schema.String,
  /** The provider's own name. */
  model: Schema.String,
  /** When the provider published it, Unix seconds; 0 when it does not say. */
  createdAtSeconds: Schema.Int,
  kind: Schema.Literals(["chat", "embedding", "other"]),
  /** Prompt and answer together; absent where it is not known. Of a route nothing is told: who answers is known with the answer. */
  contextTokens: Schema.optionalKey(Schema.Int),
  maxOutputTokens: Schema.optionalKey(Schema.Int),
  price: Schema.optionalKey(DollarPrice)
})
export type ModelInfo = typeof ModelInfo.Type

/** Backpressure on a provider's stream. Both are idempotent and may be called at any time, after the end too. */
export interface StreamControl {
  readonly pause: () => void
  readonly resume: () => void
  /** Who speaks, `provider/model`, where that is known. */
  readonly target?: string
}

/** What a provider is told beside the question. */
export interface CallOptions {
  /** The same for each try of one call, so that a provider that takes such keys works and charges once. */
  readonly idempotencyKey?: string
  /** A stream that has said nothing after so many milliseconds fails as `ProviderTimeout`. The target's own limit when absent; 0: none. */
  readonly firstTokenTimeoutMs?: number | undefined
  /** Called when a provider has taken the request and its answer begins, whole or as a stream: from here on it may charge for it. */
  readonly began?: () => void
}

/**
 * Where a provider's events go. Called synchronously, once per chunk read from the provider's socket, with all the
 * events of that chunk in order. Never called after `stream` has ended or was interrupted. It must not throw.
 */
export type ModelSink = (events: ReadonlyArray<ModelEvent>, control: StreamControl) => void

export interface ModelProvider {
  /** `openai`, `anthropic`, `llama`, `demo`, … : the prefix of its models' names. */
  readonly id: string
  /** True when it answers only for demonstration, so that a real one goes first in every list. */
  readonly isDemo: boolean
  /** What can be asked for now. Low rate; the caller caches. */
  readonly models: Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError>
  /** One whole answer. Interruption reaches the provider within 100 ms. */
  readonly complete: (request: ModelRequest, options?: CallOptions) => Effect.Effect<ModelAnswer, ProviderError>
  /**
   * Streams into `sink` and succeeds after the provider's own terminal, with the folded answer. A stream that ends without its terminal
   * fails as `ProviderTruncated`; interruption closes the connection at once.
   */
  readonly stream: (request: ModelRequest, sink: ModelSink, options?: CallOptions) => Effect.Effect<ModelAnswer, ProviderError>
}
