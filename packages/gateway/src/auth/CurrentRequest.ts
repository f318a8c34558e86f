/** What every door knows of a request before it is routed: its id, which goes into its logs, errors, span and answer. */
import { RequestId, makeRequestId } from "@parley/domain/Ids"
import { Clock, Context, Effect, References, Schema, Tracer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { countRequest } from "../ops/requestMetrics.ts"
import { pushBodyOf } from "../server/PushResponse.ts"
import { answerCause, answerFault } from "./answerFault.ts"

export const CurrentRequestId = Context.Reference<RequestId>("@parley/gateway/auth/CurrentRequestId", {
  defaultValue: () => makeRequestId(Date.now())
})

const isRequestId = Schema.is(RequestId)

/** Wraps every route, and the absence of one: takes `x-request-id` or makes one, and tells it in the answer, whatever the answer is. */
export const layerCurrentRequest = HttpRouter.middleware(
  (route) =>
    Effect.withFiber((fiber) => {
      const { context } = fiber
      const request = Context.getUnsafe(context, HttpServerRequest.HttpServerRequest)
      const given = request.headers["x-request-id"]
      const requestId =
        given !== undefined && isRequestId(given) ? given : makeRequestId(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
      const span = Context.getOrUndefined(context, Tracer.ParentSpan)
      if (span?._tag === "Span") span.attribute("requestId", requestId)
      const annotations = { ...fiber.getRef(References.CurrentLogAnnotations), requestId }
      // As the router does: the request's own frame restores the fiber's context. It spares every request two frames and a copy.
      fiber.setContext(
        Context.add(Context.add(context, CurrentRequestId, requestId), References.CurrentLogAnnotations, annotations)
      )
      return Effect.matchCauseEffect(route, {
        onFailure: (cause) =>
          Effect.map(answerCause(request, requestId, cause), (response) => told(request, requestId, response)),
        onSuccess: (response) => Effect.succeed(told(request, requestId, response))
      })
    }),
  { global: true }
)

const told = (
  request: HttpServerRequest.HttpServerRequest,
  requestId: RequestId,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  const answer = response.status >= lowestFault ? answerFault(request, requestId, response) : response
  // One that is pushed counts itself.
  if (pushBodyOf(answer) === undefined) countRequest(request, answer.status)
  return answer.headers["x-request-id"] === requestId ? answer : HttpServerResponse.setHeader(answer, "x-request-id", requestId)
}

/** Lowest status that is the client's fault or ours. */
const lowestFault = 400
