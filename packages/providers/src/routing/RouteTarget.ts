/** One target of a route, as the router knows it. */
import type { CallOptions, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { Effect } from "effect"
import type { ModelFacts } from "../catalog/ModelFacts.ts"
import type { Supervised } from "../circuit/Supervised.ts"
import type { Embedder } from "../embeddings/makeEmbedder.ts"
import type { OwnedModel } from "../modelNames.ts"
import type { ModelTokens } from "../tokens/ModelTokens.ts"

export interface RouteTarget {
  readonly owned: OwnedModel
  /** `provider/model` */
  readonly name: string
  readonly weight: number
  readonly region: string | undefined
  readonly isFallback: boolean
  /** Its provider's when undefined. */
  readonly firstTokenTimeoutMs: number | undefined
  readonly facts: ModelFacts
  readonly tokens: ModelTokens
  /** It goes on with an answer that ends the messages. */
  readonly goesOn: boolean
  /** And tells that beginning before what follows it. */
  readonly echoes: boolean
  /** What its circuit knows now. */
  readonly circuit: () => Supervised
  readonly complete: (request: ModelRequest, options: CallOptions) => Effect.Effect<ModelAnswer, ProviderError>
  readonly stream: (request: ModelRequest, sink: ModelSink, options: CallOptions) => Effect.Effect<ModelAnswer, ProviderError>
  /** With the usage's cost where the price is known. */
  readonly embed: Embedder
  /** What it is known to be good for; undefined: nobody knows. */
  readonly kind: ModelFacts["kind"]
}
