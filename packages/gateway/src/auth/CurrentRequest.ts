/** What every door knows of a request before it is routed: its id, which goes into its logs, errors, span and answer. */
import { RequestId, makeRequestId } from "@parley/domain/Ids"
import { Clock, Context, Effect, References, Schema, Tracer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { countRequest } from "../ops/requestMetrics.ts"
import { answerCause, answerFault } from "./answerFault.ts"

export const CurrentRequestId = Context.Reference<RequestId>("@parley/gateway/auth/CurrentRequestId", {
  defaultValue: () => makeRequestId(Date.now())
})

const isRequestId = Schema.is(RequestId)

/** Wraps every route, and the absence of one: takes `x-request-id` or makes one, and tells it in the answer, whatever the answer is. */
export const layerCurrentRequest = HttpRouter.middleware(
  (route) =>
    Effect.withFiber((fiber) => {
      const request = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
      const given = request.headers["x-request-id"]
      const requestId = isRequestId(given) ? given : makeRequestId(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
      const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
      if (span?._tag === "Span") span.attribute("requestId", requestId)
      const answered = Effect.map(
        Effect.catchCause(route, (cause) => answerCause(request, requestId, cause)),
        (response) => {
          const answer = response.status >= lowestFault ? answerFault(request, requestId, response) : response
          countRequest(request, answer.status)
          return HttpServerResponse.setHeader(answer, "x-request-id", requestId)
        }
      )
      const annotations = { ...fiber.getRef(References.CurrentLogAnnotations), requestId }
      return Effect.provideService(
        Effect.provideService(answered, CurrentRequestId, requestId),
        References.CurrentLogAnnotations,
        annotations
      )
    }),
  { global: true }
)

/** Lowest status that is the client's fault or ours. */
const lowestFault = 400
