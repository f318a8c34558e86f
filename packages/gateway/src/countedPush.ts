/**
 * A pushed answer with what middleware does to every other: its status is known only once it has begun, or failed before that, so it is counted
 * then, and an early failure gets its request id here.
 */
import { Effect, Exit, type Cause } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import type { ParleyError } from "@parley/domain/Errors"
import type { RequestId } from "@parley/domain/Ids"
import { errorOf } from "./errorOf.ts"
import { countRequest } from "./ops/requestMetrics.ts"
import * as PushResponse from "./server/PushResponse.ts"

export interface CountedPushOptions<R> extends Omit<PushResponse.PushOptions<ParleyError, R>, "onEarlyFailure" | "status"> {
  readonly requestId: RequestId
  readonly render: (error: ParleyError) => HttpServerResponse.HttpServerResponse
}

export const countedPush = <R>({ render, requestId, start, ...options }: CountedPushOptions<R>) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    PushResponse.make({
      ...options,
      start: (writer) =>
        Effect.onExit(start(writer), (exit) => {
          if (Exit.isSuccess(exit) || writer.begun) countRequest(request, 200)
          return Effect.void
        }),
      onEarlyFailure: (cause: Cause.Cause<ParleyError>) => {
        const response = HttpServerResponse.setHeader(render(errorOf(cause)), "x-request-id", requestId)
        countRequest(request, response.status)
        return response
      }
    })
  )
