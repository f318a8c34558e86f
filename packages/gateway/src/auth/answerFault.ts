/** Turns what a route could not answer into an answer in the shape of its door; a defect is logged under the request's id. */
import { Cause, Effect } from "effect"
import { HttpServerError, HttpServerResponse, type HttpServerRequest } from "effect/http"
import { allowedMethods } from "../allowedMethods.ts"
import { faultBody } from "../renderFault.ts"

type Response = HttpServerResponse.HttpServerResponse

/** For a route that failed. Interruption stays what it is. */
export const answerCause = <E>(
  request: HttpServerRequest.HttpServerRequest,
  requestId: string,
  cause: Cause.Cause<E>
): Effect.Effect<Response, E> => {
  if (Cause.hasInterrupts(cause)) return Effect.failCause(cause)
  return Effect.flatMap(HttpServerError.causeResponse(cause), ([response]) => {
    const answer = answerFault(request, requestId, response)
    return response.status < 500
      ? Effect.succeed(answer)
      : Effect.as(Effect.logError(`${request.method} ${request.url.replace(/\?.*$/s, "")} failed`, cause), answer)
  })
}

/** For an answer whose status is a fault, but which says nothing, or says it in another shape than its door's. */
export const answerFault = (request: HttpServerRequest.HttpServerRequest, requestId: string, response: Response): Response => {
  if (response.body._tag !== "Empty" && response.status !== unsupportedMediaType) return response
  const { method, url } = request
  const allowed = response.status === notFound ? otherMethods(method, url) : []
  const status = allowed.length === 0 ? response.status : methodNotAllowed
  const fault = faultBody({ status, method, url }, requestId)
  return fault === undefined
    ? response
    : HttpServerResponse.text(fault.body, {
        status,
        contentType: fault.contentType,
        headers: {
          ...response.headers,
          ...(allowed.length === 0 ? {} : { allow: allowed.join(", ") }),
          "content-type": fault.contentType
        }
      })
}

/** A path whose method is right is not served by this port, whatever it has elsewhere. */
const otherMethods = (method: string, url: string): ReadonlyArray<string> => {
  const allowed = allowedMethods(url)
  return allowed.includes(method) ? [] : allowed
}

const notFound = 404
const methodNotAllowed = 405
const unsupportedMediaType = 415
