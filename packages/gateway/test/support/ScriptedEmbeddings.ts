/** Embeddings that say what the test tells them to. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import { Embeddings, type EmbeddingAnswer, type EmbeddingError, type EmbeddingRequest } from "@parley/domain/Embeddings"
import { noUsage } from "@parley/domain/Usage"
import { Effect, Layer } from "effect"

export type EmbeddingScript = (request: EmbeddingRequest) => Effect.Effect<EmbeddingAnswer, EmbeddingError>

/** Its place, its length and a fraction that 32 bits cannot hold exactly. */
const measuring: EmbeddingScript = ({ inputs, model }) =>
  Effect.succeed({
    model: `${model}-v1`,
    vectors: inputs.map((input, index) => Float32Array.of(index, input.length, 0.1)),
    usage: { ...noUsage, inputTokens: inputs.length * 3 }
  })

export class ScriptedEmbeddings {
  readonly requests: Array<EmbeddingRequest> = []
  readonly callers: Array<CallerInfo> = []
  script: EmbeddingScript = measuring

  reset(): void {
    this.requests.length = 0
    this.callers.length = 0
    this.script = measuring
  }

  readonly layer = Layer.sync(Embeddings, () => ({
    embed: (request) =>
      Effect.gen({ self: this }, function* () {
        this.requests.push(request)
        this.callers.push(yield* Caller)
        return yield* this.script(request)
      })
  }))
}
