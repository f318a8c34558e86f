/**
 * Embeddings of a server that speaks OpenAI's API. They have connections and a bound of their own and stand beside the target's circuit:
 * what fails here says nothing about chat completions, and the reverse. Nothing waits or is retried.
 */
import { Clock, Effect } from "effect"
import type { Scope } from "effect"
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import { ProviderUnavailable } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { parseErrorObject, parseObject } from "../call/foreign.ts"
import { makeProviderHttp } from "../call/ProviderHttp.ts"
import type { Reply } from "../call/ProviderHttp.ts"
import { errorOfFault, errorOfStatus } from "../call/providerErrors.ts"
import type { Called } from "../call/providerErrors.ts"
import { recordModelCall } from "../circuit/genAiMetrics.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { Target, Wire } from "../wire/Wire.ts"
import { traced } from "../wire/wireProvider.ts"
import { decodeEmbeddings } from "./decodeEmbeddings.ts"

export type Embedder = (request: EmbeddingRequest) => Effect.Effect<EmbeddingAnswer, ProviderError>

/** Calls in flight per target. They hold whole answers in memory, so there are fewer of them than of streams. */
export const maxEmbeddingCalls = 32
/** Largest answer: about 2,048 vectors of 3,072 numbers, as OpenAI words them. */
export const maxEmbeddingAnswerBytes = 96_000_000

export const makeEmbedder = Effect.fnUntraced(function* <State>(
  wire: Pick<Wire<State>, "id" | "headers" | "decodeError"> & { readonly genAiName?: string },
  target: Target,
  shared: ProviderLimits
): Effect.fn.Return<Embedder, never, Scope.Scope> {
  const maxConcurrent = Math.min(shared.maxConcurrent, maxEmbeddingCalls)
  const limits = { ...shared, maxConcurrent, maxAnswerBytes: maxEmbeddingAnswerBytes }
  const http = yield* makeProviderHttp(target.baseUrl, limits)
  const headers = wire.headers(target.apiKey)
  const provider = wire.genAiName ?? wire.id
  let inFlight = 0

  const call = (request: EmbeddingRequest): Effect.Effect<EmbeddingAnswer, ProviderError> =>
    Effect.withFiber((fiber) => {
      const called = { provider: wire.id, model: request.model }
      const sent = http.send({ path: "/embeddings", headers: traced(fiber, headers), body: JSON.stringify(bodyOf(request)) })
      return Effect.matchEffect(sent, {
        onFailure: (fault) => Effect.fail(errorOfFault(called, fault)),
        onSuccess: (reply) => answerOf(wire, called, request, reply)
      })
    })

  return (request) =>
    Effect.withFiber((fiber): Effect.Effect<EmbeddingAnswer, ProviderError> => {
      if (inFlight >= maxConcurrent) return Effect.fail(full(wire.id, request, maxConcurrent, limits.retryHintMs))
      const clock = fiber.getRef(Clock.Clock)
      const startedMs = clock.currentTimeMillisUnsafe()
      inFlight++
      return Effect.onExit(call(request), (exit) =>
        Effect.sync(() => {
          inFlight--
          const tookMs = clock.currentTimeMillisUnsafe() - startedMs
          recordModelCall(
            { operation: "embeddings", provider, model: request.model, isNamed: false, tookMs },
            exit,
            fiber.context
          )
        })
      )
    }).pipe(
      Effect.withSpan(
        "provider.call",
        {
          kind: "client",
          attributes: {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": request.model
          }
        },
        { captureStackTrace: false }
      )
    )
})

/** Plain numbers: not every compatible server knows `base64`. */
const bodyOf = (request: EmbeddingRequest) => ({
  model: request.model,
  input: request.inputs,
  encoding_format: "float",
  ...(request.dimensions === undefined ? {} : { dimensions: request.dimensions }),
  ...(request.user === undefined ? {} : { user: request.user })
})

const answerOf = (
  wire: Pick<Wire<unknown>, "decodeError">,
  called: Called,
  request: EmbeddingRequest,
  reply: Reply
): Effect.Effect<EmbeddingAnswer, ProviderError> => {
  const body = parseObject(reply.text)
  const answer = reply.head.status < 300 && body !== undefined ? decodeEmbeddings(body, request) : undefined
  if (answer !== undefined) return Effect.succeed(answer)
  const error = parseErrorObject(reply.text)
  return Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
    Effect.fail(errorOfStatus(called, reply.head, error === undefined ? undefined : wire.decodeError(error), nowMs))
  )
}

const full = (provider: string, { model }: EmbeddingRequest, bound: number, retryAfterMs: number): ProviderUnavailable =>
  new ProviderUnavailable({
    provider,
    model,
    message: `${provider} is not available now: ${bound} embedding calls are in flight`,
    retryAfterMs
  })
