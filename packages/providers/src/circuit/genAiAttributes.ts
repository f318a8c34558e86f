/** What a span of a call says, by OpenTelemetry's semantic conventions for generative AI. Texts are never among it. */
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelRequest } from "@parley/domain/ModelRequest"

export type Attributes = Readonly<Record<string, unknown>>

export const requestAttributes = (provider: string, address: string | undefined, request: ModelRequest): Attributes => {
  const { parameters } = request
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": provider,
    "gen_ai.request.model": request.model,
    ...told("gen_ai.request.max_tokens", parameters.maxOutputTokens),
    ...told("gen_ai.request.temperature", parameters.temperature),
    ...told("gen_ai.request.top_p", parameters.topP),
    ...told("gen_ai.request.seed", parameters.seed),
    ...told("gen_ai.request.frequency_penalty", parameters.frequencyPenalty),
    ...told("gen_ai.request.presence_penalty", parameters.presencePenalty),
    ...told("gen_ai.request.stop_sequences", parameters.stop),
    ...told("gen_ai.output.type", parameters.responseFormat && outputTypes[parameters.responseFormat.type]),
    ...(address === undefined ? {} : serverOf(address))
  }
}

export const answerAttributes = ({ finishReason, model, responseId, usage }: ModelAnswer): Attributes => ({
  "gen_ai.response.id": responseId,
  "gen_ai.response.model": model,
  "gen_ai.response.finish_reasons": [finishReason],
  "gen_ai.usage.input_tokens": usage.inputTokens,
  "gen_ai.usage.output_tokens": usage.outputTokens,
  "gen_ai.usage.cache_read.input_tokens": usage.cachedInputTokens,
  "gen_ai.usage.cache_creation.input_tokens": usage.cacheWriteTokens
})

export const embeddingRequestAttributes = (
  provider: string,
  address: string | undefined,
  { dimensions, model }: EmbeddingRequest
): Attributes => ({
  "gen_ai.operation.name": "embeddings",
  "gen_ai.provider.name": provider,
  "gen_ai.request.model": model,
  ...told("gen_ai.embeddings.dimension.count", dimensions),
  ...(address === undefined ? {} : serverOf(address))
})

export const embeddingAnswerAttributes = ({ model, usage }: EmbeddingAnswer): Attributes => ({
  "gen_ai.response.model": model,
  "gen_ai.usage.input_tokens": usage.inputTokens
})

const outputTypes = { text: "text", json: "json", "json-schema": "json" } as const

const told = (name: string, value: unknown): Attributes => (value === undefined ? {} : { [name]: value })

const serverOf = (address: string): Attributes => {
  const { hostname, port, protocol } = new URL(address)
  return { "server.address": hostname, "server.port": Number(port) || (protocol === "http:" ? 80 : 443) }
}
