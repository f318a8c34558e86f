/** Errors on `/api`, as problem details. */
import { problemContentType, type Problem } from "@parley/domain/api/Problem"
import type { ParleyError } from "@parley/domain/Errors"
import { traitsOf } from "@parley/domain/ErrorTraits"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { retryAfterHeaders } from "../retryAfter.ts"

export const problemOf = (error: ParleyError, requestId: string): Problem => {
  const { code, retry, status, title } = traitsOf(error)
  return {
    type: "about:blank",
    title,
    status,
    detail: error.message,
    code,
    requestId,
    retry: "workMayHaveHappened" in error && !error.workMayHaveHappened ? "later" : retry,
    ...("retryAfterMs" in error && error.retryAfterMs !== undefined ? { retryAfterMs: error.retryAfterMs } : {}),
    ...("issues" in error ? { issues: error.issues } : {})
  }
}

export const problemResponse = (error: ParleyError, requestId: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(problemOf(error, requestId), {
    status: traitsOf(error).status,
    contentType: problemContentType,
    headers: { ...retryAfterHeaders(error), ...(error._tag === "Unauthorized" ? { "www-authenticate": "Bearer" } : {}) }
  })

/** The last step of every handler: its errors become answers. */
export const orProblem = <A, R>(effect: Effect.Effect<A, ParleyError, R>) =>
  Effect.catch(effect, (error: ParleyError) => Effect.map(CurrentRequestId, (requestId) => problemResponse(error, requestId)))
