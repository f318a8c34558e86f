/** OpenAI's list of embeddings. */
import type { CreateEmbeddingResponse, Embedding } from "openai/resources/embeddings"
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import { noUsage } from "@parley/domain/Usage"
import { believed, listOf, objectOf, textOf, toldCountOf } from "../call/foreign.ts"
import type { Foreign, ForeignObject } from "../call/foreign.ts"

/** Undefined when the body is not that: an input without its vector would give every later text another's. */
export const decodeEmbeddings = (body: ForeignObject, request: EmbeddingRequest): EmbeddingAnswer | undefined => {
  const response: Foreign<CreateEmbeddingResponse> = body
  const data = listOf(response.data)
  if (data.length !== request.inputs.length) return undefined
  const byIndex = new Map<number, Float32Array>()
  for (const [place, value] of data.entries()) {
    const embedding: Foreign<Embedding> = objectOf(value)
    const index = typeof embedding.index === "number" ? embedding.index : place
    const vector = vectorOf(embedding.embedding)
    if (vector === undefined || !Number.isInteger(index) || index < 0 || index >= data.length) return undefined
    byIndex.set(index, vector)
  }
  if (byIndex.size !== data.length) return undefined
  const vectors = [...byIndex].toSorted(([a], [b]) => a - b).map(([, vector]) => vector)
  const usage: Foreign<CreateEmbeddingResponse.Usage> = objectOf(response.usage)
  return {
    model: textOf(response.model) || request.model,
    vectors,
    usage: believed({ ...noUsage, inputTokens: toldCountOf(usage.prompt_tokens) })
  }
}

const vectorOf = (value: unknown): Float32Array | undefined => {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const numbers: ReadonlyArray<unknown> = value
  const vector = new Float32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]
    if (typeof number !== "number" || !Number.isFinite(number)) return undefined
    vector[i] = number
  }
  return vector
}
