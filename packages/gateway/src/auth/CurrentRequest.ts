/** What every door knows of a request before it is routed: its id, which goes into its logs, errors, span and answer. */
import { RequestId, makeRequestId } from "@parley/domain/Ids"
import { Clock, Context, Effect, References, Schema, Tracer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { countRequest } from "../ops/requestMetrics.ts"

export const CurrentRequestId = Context.Reference<RequestId>("@parley/gateway/auth/CurrentRequestId", {
  defaultValue: () => makeRequestId(Date.now())
})

const isRequestId = Schema.is(RequestId)

/** Wraps every route: takes `x-request-id` or makes one, and tells it in the answer. */
export const layerCurrentRequest = HttpRouter.middleware(
  (route) =>
    Effect.withFiber((fiber) => {
      const request = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
      const given = request.headers["x-request-id"]
      const requestId = isRequestId(given) ? given : makeRequestId(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
      const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
      if (span?._tag === "Span") span.attribute("requestId", requestId)
      return Effect.map(
        Effect.updateContext(route, (context: Context.Context<never>) =>
          Context.add(
            Context.add(context, CurrentRequestId, requestId),
            References.CurrentLogAnnotations,
            { ...fiber.getRef(References.CurrentLogAnnotations), requestId }
          )
        ),
        (response) => {
          countRequest(request, response.status)
          return HttpServerResponse.setHeader(response, "x-request-id", requestId)
        }
      )
    }),
  { global: true }
)
