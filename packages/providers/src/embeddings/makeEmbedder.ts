/**
 * Embeddings of a server that speaks OpenAI's API. They have connections and a bound of their own beside those of answers, since whole answers are held
 * in memory; the target's circuit makes the calls. Nothing waits or is retried here.
 */
import { Clock, Effect } from "effect"
import type { Scope } from "effect"
import type { EmbeddingAnswer, EmbeddingRequest } from "@parley/domain/Embeddings"
import type { CallOptions } from "@parley/domain/ModelProvider"
import { ProviderUnavailable } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { parseErrorObject, parseObject } from "../call/foreign.ts"
import { makeProviderHttp } from "../call/ProviderHttp.ts"
import type { Reply } from "../call/ProviderHttp.ts"
import { errorOfFault, errorOfStatus } from "../call/providerErrors.ts"
import type { Called } from "../call/providerErrors.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { Target, Wire } from "../wire/Wire.ts"
import { keyed, traced } from "../wire/wireProvider.ts"
import { decodeEmbeddings } from "./decodeEmbeddings.ts"

export type Embedder = (
  request: EmbeddingRequest,
  options?: Pick<CallOptions, "idempotencyKey">
) => Effect.Effect<EmbeddingAnswer, ProviderError>

/** A provider's, for all its models. */
export interface EmbeddingClient {
  /** One call, for the target's circuit to make. */
  readonly embed: Embedder
  /** As many calls are in flight as there may be; one more is refused before its circuit is asked. */
  readonly isFull: () => boolean
  readonly full: (model: string) => ProviderUnavailable
}

/** Calls in flight per target. They hold whole answers in memory, so there are fewer of them than of streams. */
export const maxEmbeddingCalls = 32
/** Largest answer: about 2,048 vectors of 3,072 numbers, as OpenAI words them. */
export const maxEmbeddingAnswerBytes = 96_000_000

export const makeEmbedder = Effect.fnUntraced(function* <State>(
  wire: Pick<Wire<State>, "id" | "headers" | "idempotencyHeader" | "decodeError">,
  target: Target,
  shared: ProviderLimits
): Effect.fn.Return<EmbeddingClient, never, Scope.Scope> {
  const maxConcurrent = Math.min(shared.maxConcurrent, maxEmbeddingCalls)
  const limits = { ...shared, maxConcurrent, maxAnswerBytes: maxEmbeddingAnswerBytes }
  const http = yield* makeProviderHttp(target.baseUrl, limits)
  const headers = wire.headers(target.apiKey)
  let inFlight = 0

  const call: Embedder = (request, options) =>
    Effect.withFiber((fiber) => {
      const called = { provider: wire.id, model: request.model }
      const sent = http.send({
        path: "/embeddings",
        headers: keyed(wire, options, traced(fiber, headers)),
        body: JSON.stringify(bodyOf(request))
      })
      return Effect.matchEffect(sent, {
        onFailure: (fault) => Effect.fail(errorOfFault(called, fault)),
        onSuccess: (reply) => answerOf(wire, called, request, reply)
      })
    })

  return {
    embed: (request, options) =>
      Effect.suspend(() => {
        // Counted inside the finalizer's reach, so that no interruption comes in between.
        let isCounted = false
        return Effect.onExitPrimitive(
          Effect.suspend(() => {
            isCounted = true
            inFlight++
            return call(request, options)
          }),
          () => {
            if (isCounted) inFlight--
            return undefined
          }
        )
      }),
    isFull: () => inFlight >= maxConcurrent,
    full: (model) => full(wire.id, model, maxConcurrent, limits.retryHintMs)
  }
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

const full = (provider: string, model: string, bound: number, retryAfterMs: number): ProviderUnavailable =>
  new ProviderUnavailable({
    provider,
    model,
    message: `${provider} is not available now: ${bound} embedding calls are in flight`,
    retryAfterMs
  })
