/**
 * Amazon Bedrock by its Converse API: one shape for all models there, a path for each, answers in Amazon's own framing, and requests that are
 * signed (or carry a Bedrock API key). Otherwise the same steps as of every wire. Its models are listed by another service of Amazon's, which
 * other permissions guard: what can be asked is what a configuration names.
 */
import { Clock, Effect } from "effect"
import type { Fiber, Scope } from "effect"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelProvider } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ProviderError } from "@parley/domain/ProviderError"
import { parseObject } from "../call/foreign.ts"
import { makeProviderHttp } from "../call/ProviderHttp.ts"
import type { HttpCall, Reply } from "../call/ProviderHttp.ts"
import { errorOfEvent, errorOfFault, errorOfStatus } from "../call/providerErrors.ts"
import type { Called, CallFault } from "../call/providerErrors.ts"
import { headerOf } from "../call/retryAfter.ts"
import type { Headers } from "../call/retryAfter.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { StreamError } from "../wire/AnswerStreamReader.ts"
import { traced } from "../wire/wireProvider.ts"
import { BedrockStreamReader } from "./BedrockStreamReader.ts"
import { decodeAnswer } from "./decodeAnswer.ts"
import { decodeError } from "./decodeParts.ts"
import { encodeRequest } from "./encodeRequest.ts"
import { signed } from "./signed.ts"

/** Who signs. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface BedrockTarget {
  readonly id: string
  /** `https://bedrock-runtime.<region>.amazonaws.com`, without a slash at the end. */
  readonly baseUrl: string
  readonly region: string
  readonly access: { readonly apiKey: string } | AwsCredentials
}

export const makeBedrockProvider = Effect.fnUntraced(function* (
  target: BedrockTarget,
  limits: ProviderLimits
): Effect.fn.Return<ModelProvider, never, Scope.Scope> {
  const http = yield* makeProviderHttp(target.baseUrl, limits)
  const calledOf = ({ model }: ModelRequest): Called => ({ provider: target.id, model })

  const callOf = (fiber: Fiber.Fiber<unknown, unknown>, request: ModelRequest, streaming: boolean): Effect.Effect<HttpCall> => {
    const path = `/model/${encodeURIComponent(request.model)}/${streaming ? "converse-stream" : "converse"}`
    const body = JSON.stringify(encodeRequest(request))
    return Effect.map(signed(target, path, body), (headers) => ({ path, headers: traced(fiber, headers), body }))
  }

  return {
    id: target.id,
    isDemo: false,
    models: Effect.succeed([]),
    complete: (request, options) =>
      Effect.withFiber((fiber) =>
        Effect.flatMap(callOf(fiber, request, false), (call) =>
          Effect.matchEffect(http.send(call, options?.began), {
            onFailure: (fault) => Effect.fail(errorOfFault(calledOf(request), fault)),
            onSuccess: (reply) => answerOf(calledOf(request), reply)
          })
        )
      ),
    stream: (request, sink, options) =>
      Effect.withFiber((fiber) => {
        let seen: Headers = {}
        const called = calledOf(request)
        const answered = Effect.flatMap(callOf(fiber, request, true), (call) =>
          http.stream<ModelAnswer, CallFault | StreamError>(call, (head) => {
            seen = head.headers
            options?.began?.()
            return new BedrockStreamReader({ model: request.model, responseId: idOf(seen) }, limits, sink, request.parameters)
          })
        )
        return Effect.catch(answered, (failure): Effect.Effect<never, ProviderError> => {
          switch (failure._tag) {
            case "CallFault":
              return Effect.fail(errorOfFault(called, failure, { headers: seen }))
            case "Refusal":
              return Effect.flatMap(refusalOf(called, failure), Effect.fail)
            case "StreamError":
              return Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
                Effect.fail(errorOfEvent(called, seen, failure.error, nowMs))
              )
          }
        })
      })
  }
})

const idOf = (headers: Headers): string => headerOf(headers, "x-amzn-requestid")

const answerOf = (called: Called, reply: Reply): Effect.Effect<ModelAnswer, ProviderError> => {
  if (reply.head.status < 300) {
    const body = parseObject(reply.text)
    const answer = body === undefined ? undefined : decodeAnswer(body, called.model, idOf(reply.head.headers))
    if (answer !== undefined) return Effect.succeed(answer)
  }
  return Effect.flatMap(refusalOf(called, reply), Effect.fail)
}

/** The model behind the service failed (424), which is no fault of the request. */
const modelFailed = 424

const refusalOf = (called: Called, reply: Reply): Effect.Effect<ProviderError> =>
  Effect.map(Clock.currentTimeMillis, (nowMs) => {
    const body = parseObject(reply.text)
    const head = reply.head.status === modelFailed ? { ...reply.head, status: 500 } : reply.head
    return errorOfStatus(called, head, body === undefined ? undefined : decodeError(body), nowMs)
  })

/** Where the address names it, as Amazon's own do. */
export const regionOf = (baseUrl: string): string | undefined => /bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(baseUrl)?.[1]
