/** `POST /v1/embeddings`: read, admitted, answered. */
import { Authenticator } from "@parley/domain/Administration"
import { Caller } from "@parley/domain/Caller"
import { Embeddings, type EmbeddingAnswer, type EmbeddingRequest } from "@parley/domain/Embeddings"
import { Effect } from "effect"
import { HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { authenticateRequest, requireScope } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { routeHeaders } from "../routeTold.ts"
import { makeReadJsonBody } from "../readJsonBody.ts"
import { costFields } from "./chatCompletion.ts"
import { EmbeddingsRequest } from "./EmbeddingsRequest.ts"
import { openaiError } from "./openaiError.ts"

const read = makeReadJsonBody(EmbeddingsRequest)

export const answerEmbeddings = Effect.gen(function* () {
  const authenticator = yield* Authenticator
  const embeddings = yield* Embeddings

  return Effect.gen(function* () {
    const requestId = yield* CurrentRequestId
    const http = yield* HttpServerRequest.HttpServerRequest
    const caller = yield* authenticateRequest(authenticator, http.headers, requestId)
    yield* requireScope(caller, "completions")
    const request = yield* read(yield* http.text)
    const answer = yield* Effect.provideService(embeddings.embed(toEmbeddingRequest(request)), Caller, caller)
    return HttpServerResponse.jsonUnsafe(embeddingList(answer, request.encoding_format ?? "float"), {
      headers: { "x-request-id": requestId, ...routeHeaders(answer) }
    })
  }).pipe(
    Effect.catch((error) =>
      // What the body itself does wrong (too large, cut off) is told by whoever tells all of HTTP's own faults.
      HttpServerError.isHttpServerError(error) ? Effect.die(error) : Effect.succeed(openaiError(error))
    )
  )
})

const toEmbeddingRequest = ({ dimensions, input, model, user }: EmbeddingsRequest): EmbeddingRequest => ({
  model,
  inputs: inputsOf(input),
  ...(dimensions === null || dimensions === undefined ? {} : { dimensions }),
  ...(user === null || user === undefined ? {} : { user })
})

/** One text, or the tokens of one, is a list of one. */
const inputsOf = (input: EmbeddingsRequest["input"]): EmbeddingRequest["inputs"] => {
  if (typeof input === "string") return [input]
  const texts: Array<string | ReadonlyArray<number>> = []
  const tokens: Array<number> = []
  for (const part of input) {
    if (typeof part === "number") tokens.push(part)
    else texts.push(part)
  }
  return tokens.length > 0 ? [tokens] : texts
}

const embeddingList = (answer: EmbeddingAnswer, encoding: "float" | "base64") => ({
  object: "list",
  data: answer.vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: encoding === "base64" ? base64Of(vector) : Array.from(vector)
  })),
  model: answer.model,
  usage: { prompt_tokens: answer.usage.inputTokens, total_tokens: answer.usage.inputTokens, ...costFields(answer.usage) }
})

const bytesOfFloat = 4

/** 32-bit floats, little-endian whatever this machine is. */
const base64Of = (vector: Float32Array): string => {
  const bytes = Buffer.allocUnsafe(vector.length * bytesOfFloat)
  for (let i = 0; i < vector.length; i++) bytes.writeFloatLE(vector[i] ?? 0, i * bytesOfFloat)
  return bytes.toString("base64")
}
