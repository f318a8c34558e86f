/** What is asked of a target, as spans and metrics tell it. */
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { Usage } from "@parley/domain/Usage"
import { answerAttributes, embeddingAnswerAttributes, embeddingRequestAttributes, requestAttributes } from "./genAiAttributes.ts"
import type { Attributes } from "./genAiAttributes.ts"
import type { ModelCall } from "./genAiMetrics.ts"

export interface Answered {
  readonly usage: Usage
}

export interface Operation<Request, Answer> {
  readonly name: ModelCall["operation"]
  readonly asked: (provider: string, address: string | undefined, request: Request) => Attributes
  readonly answered: (answer: Answer) => Attributes
}

export const chat: Operation<ModelRequest, ModelAnswer> = {
  name: "chat",
  asked: requestAttributes,
  answered: answerAttributes
}

export const embeddings: Operation<EmbeddingRequest, EmbeddingAnswer> = {
  name: "embeddings",
  asked: embeddingRequestAttributes,
  answered: embeddingAnswerAttributes
}
