/** Answers to what no route has answered, each in the shape of its door. */
import { InternalError, InvalidRequest, NotFound, PayloadTooLarge, Unavailable, type ParleyError } from "@parley/domain/Errors"
import { problemContentType } from "@parley/domain/api/Problem"
import { problemOf } from "./api/renderProblem.ts"
import { openaiErrorBody } from "./openai/openaiError.ts"
import { renderProblem, type RenderFault, type ServerFault } from "./server/ServerFault.ts"

export const renderFault: RenderFault = (fault) => {
  const error = errorOf(fault)
  if (error === undefined) return renderProblem(fault)
  if (fault.url.startsWith("/v1/")) return { contentType: "application/json", body: JSON.stringify(openaiErrorBody(error)) }
  return { contentType: problemContentType, body: JSON.stringify(problemOf(error, fault.headers["x-request-id"] ?? "")) }
}

/** Milliseconds after which to ask again. */
const retryAfterMs = 1_000

const errorOf = ({ limitBytes, method, status, url }: ServerFault): ParleyError | undefined => {
  switch (status) {
    case 400:
      return new InvalidRequest({ message: "The request cannot be read.", issues: [] })
    case 404:
      return new NotFound({ message: `There is no ${method} ${url.replace(/\?.*$/s, "").slice(0, 256)}; /docs lists what there is.`, resource: "route" })
    case 413:
      return new PayloadTooLarge({
        message: limitBytes === undefined ? "The body is too large." : `The body may have at most ${limitBytes} bytes.`,
        limitBytes: limitBytes ?? 0
      })
    case 500:
      return new InternalError({
        message: "Parley failed; the log has the cause under this request's id.",
        workMayHaveHappened: method !== "GET"
      })
    case 503:
      return new Unavailable({ message: "Parley cannot answer now.", retryAfterMs, workMayHaveHappened: false })
    default:
      return undefined
  }
}
