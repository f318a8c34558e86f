/** Stateless completions: what the OpenAI-compatible door asks. They do not pass through a conversation. */
import { Context } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { Busy, ContextTooLong, Forbidden, ModelNotFound, ModelUnsuited } from "./Errors.ts"
import type { ModelAnswer } from "./ModelEvent.ts"
import type { ModelInfo, ModelSink } from "./ModelProvider.ts"
import type { ModelRequest } from "./ModelRequest.ts"
import type { ProviderError } from "./ProviderError.ts"

export type CompletionError = ModelNotFound | ModelUnsuited | ContextTooLong | Forbidden | Busy | ProviderError

/** Tokens of a prompt. Estimated: nobody but the provider can count for that model and it did not, or the prompt is too long to be counted here. */
export interface TokenCount {
  readonly inputTokens: number
  readonly isEstimated: boolean
}

/** A request whose `model` is still the caller's name for it: `provider/model`, or bare. */
export type CompletionRequest = ModelRequest

export class Completions extends Context.Service<
  Completions,
  {
    readonly complete: (request: CompletionRequest) => Effect.Effect<ModelAnswer, CompletionError, Caller>
    /** Interrupting it reaches the provider within 100 ms. */
    readonly stream: (request: CompletionRequest, sink: ModelSink) => Effect.Effect<ModelAnswer, CompletionError, Caller>
    /** By the model's own tokenizer where that is published, else by its provider where it counts for nothing, else estimated; within a bound of time. */
    readonly countTokens: (request: CompletionRequest) => Effect.Effect<TokenCount, CompletionError, Caller>
    /** For whoever has to say something before the provider does: reckoned at once, and only when asked for. */
    readonly estimateTokens: (request: CompletionRequest) => Effect.Effect<() => number, CompletionError, Caller>
    /** Those that the caller's tenant may ask: chat models first, real providers before the demo. */
    readonly models: Effect.Effect<ReadonlyArray<ModelInfo>, CompletionError, Caller>
  }
>()("@parley/domain/Completions") {}
