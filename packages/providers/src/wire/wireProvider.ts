/** A `ModelProvider` out of a wire: the same four steps for all of them. Encode, send, decode, and name what went wrong. */
import { Clock, Context, Effect, Tracer } from "effect"
import type { Fiber, Scope } from "effect"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { CallOptions, ModelInfo, ModelProvider } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ProviderError } from "@parley/domain/ProviderError"
import { parseErrorObject, parseObject } from "../call/foreign.ts"
import { makeProviderHttp } from "../call/ProviderHttp.ts"
import type { HttpCall, Reply } from "../call/ProviderHttp.ts"
import { errorOfEvent, errorOfFault, errorOfStatus } from "../call/providerErrors.ts"
import type { Called, CallFault } from "../call/providerErrors.ts"
import type { Headers } from "../call/retryAfter.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import { AnswerStreamReader } from "./AnswerStreamReader.ts"
import type { StreamError } from "./AnswerStreamReader.ts"
import type { Target, Wire } from "./Wire.ts"

export const makeWireProvider = Effect.fnUntraced(function* <State>(
  wire: Wire<State>,
  target: Target,
  limits: ProviderLimits,
  models: Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError>
): Effect.fn.Return<ModelProvider, never, Scope.Scope> {
  const http = yield* makeProviderHttp(target.baseUrl, limits)
  const headers = wire.headers(target.apiKey)
  const callOf = (
    fiber: Fiber.Fiber<unknown, unknown>,
    request: ModelRequest,
    streaming: boolean,
    options: CallOptions | undefined
  ): HttpCall => ({
    path: wire.completionsPath,
    headers: keyed(wire, options, traced(fiber, headers)),
    body: JSON.stringify(wire.encodeRequest(request, streaming))
  })
  const calledOf = (request: ModelRequest): Called => ({ provider: wire.id, model: request.model })

  return {
    id: wire.id,
    isDemo: false,
    models,
    complete: (request, options) =>
      Effect.withFiber((fiber) =>
        Effect.matchEffect(http.send(callOf(fiber, request, false, options), options?.began), {
          onFailure: (fault) => Effect.fail(errorOfFault(calledOf(request), fault)),
          onSuccess: (reply) => answerOf(wire, calledOf(request), reply)
        })
      ),
    stream: (request, sink, options) =>
      Effect.withFiber((fiber) => {
        let headersSeen: Headers = {}
        return Effect.catch(
          http.stream<ModelAnswer, CallFault | StreamError>(callOf(fiber, request, true, options), (head) => {
            headersSeen = head.headers
            options?.began?.()
            return new AnswerStreamReader(wire.decodeStream, limits, sink, request.parameters)
          }),
          (failure) => {
            const called = calledOf(request)
            switch (failure._tag) {
              case "CallFault":
                return Effect.fail(errorOfFault(called, failure, { headers: headersSeen }))
              case "Refusal":
                return Effect.flatMap(refusalOf(wire, called, failure), Effect.fail)
              case "StreamError":
                return Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
                  Effect.fail(errorOfEvent(called, headersSeen, failure.error, nowMs))
                )
            }
          }
        )
      })
  }
})

const answerOf = <State>(wire: Wire<State>, called: Called, reply: Reply): Effect.Effect<ModelAnswer, ProviderError> => {
  if (reply.head.status < 300) {
    const body = parseObject(reply.text)
    const answer = body === undefined ? undefined : wire.decodeAnswer(body)
    if (answer !== undefined) return Effect.succeed(answer)
  }
  return Effect.flatMap(refusalOf(wire, called, reply), Effect.fail)
}

const refusalOf = <State>(wire: Wire<State>, called: Called, reply: Reply): Effect.Effect<ProviderError> =>
  Effect.map(Clock.currentTimeMillis, (nowMs) => {
    const body = parseErrorObject(reply.text)
    return errorOfStatus(called, reply.head, body === undefined ? undefined : wire.decodeError(body), nowMs)
  })

/** A provider that takes no keys is sent none. */
export const keyed = (
  { idempotencyHeader }: Pick<Wire<never>, "idempotencyHeader">,
  options: Pick<CallOptions, "idempotencyKey"> | undefined,
  headers: ReadonlyArray<string>
): ReadonlyArray<string> =>
  options?.idempotencyKey === undefined || idempotencyHeader === undefined
    ? headers
    : [...headers, idempotencyHeader, options.idempotencyKey]

/** The provider sees the caller's trace, as W3C trace context. */
export const traced = (fiber: Fiber.Fiber<unknown, unknown>, headers: ReadonlyArray<string>): ReadonlyArray<string> => {
  const span = Context.getOption(fiber.context, Tracer.ParentSpan)
  if (span._tag === "None") return headers
  const { sampled, spanId, traceId } = span.value
  return [...headers, "traceparent", `00-${traceId.padStart(32, "0")}-${spanId}-${sampled ? "01" : "00"}`]
}
