/** Texts as vectors: what `POST /v1/embeddings` asks. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { CompletionError } from "./Completions.ts"
import type { Attempt } from "./ModelEvent.ts"
import type { Usage } from "./Usage.ts"

/** Most texts of one request, as at OpenAI. */
export const maxEmbeddingInputs = 2_048
/** Longest text, in UTF-16 code units: more than any embedding model reads. */
export const maxEmbeddingLength = 100_000
/** Most tokens of one text that comes as tokens. */
export const maxEmbeddingTokens = 32_768
/** Most numbers of one vector that can be asked for. */
export const maxDimensions = 65_536

const Text = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(maxEmbeddingLength))
const Tokens = Schema.Array(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(maxEmbeddingTokens)
)

/** A text, or its tokens as the model's own tokenizer numbers them. */
export const EmbeddingInput = Schema.Union([Text, Tokens])
export type EmbeddingInput = typeof EmbeddingInput.Type

export const EmbeddingRequest = Schema.Struct({
  /** The caller's name for it: `provider/model`, or bare. */
  model: Schema.String,
  inputs: Schema.Array(EmbeddingInput).check(Schema.isMinLength(1), Schema.isMaxLength(maxEmbeddingInputs)),
  /** Numbers of a vector, for models that can do several. */
  dimensions: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxDimensions }))),
  /** An opaque end-user id, passed on to providers that take one. */
  user: Schema.optionalKey(Schema.String)
})
export type EmbeddingRequest = typeof EmbeddingRequest.Type

export interface EmbeddingAnswer {
  /** The provider's name of the model that answered. */
  readonly model: string
  /** One for each input, in the same order. */
  readonly vectors: ReadonlyArray<Float32Array>
  /** Of all attempts together, with its cost where the price is known. */
  readonly usage: Usage
  /** In the order in which they began, where a route chose between targets. */
  readonly attempts?: ReadonlyArray<Attempt>
  /** As of an answer. */
  readonly passedOver?: ReadonlyArray<string>
}

export type EmbeddingError = CompletionError

export class Embeddings extends Context.Service<
  Embeddings,
  {
    /** Interrupting it reaches the provider within 100 ms. */
    readonly embed: (request: EmbeddingRequest) => Effect.Effect<EmbeddingAnswer, EmbeddingError, Caller>
  }
>()("@parley/domain/Embeddings") {}
