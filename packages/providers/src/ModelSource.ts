/** A source of models with what its provider has beside answers. */
import type { Effect, Scope } from "effect"
import type { ProviderSource } from "./circuit/ProviderCircuit.ts"
import type { EmbeddingClient } from "./embeddings/makeEmbedder.ts"
import type { TokenCounter } from "./tokens/TokenCounter.ts"

export interface ModelSource extends ProviderSource {
  readonly embedder?: Effect.Effect<EmbeddingClient, never, Scope.Scope>
  /** Where the provider counts tokens for nothing. */
  readonly counter?: Effect.Effect<TokenCounter, never, Scope.Scope>
}
