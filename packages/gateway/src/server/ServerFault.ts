/** Bodies of the faults that no handler answered: no such route, a body that cannot be read or is too large, a defect. */
import { errorTraits } from "@parley/domain/ErrorTraits"
import type * as Headers from "effect/http/Headers"
import { STATUS_CODES } from "node:http"

export interface ServerFault {
  readonly status: number
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Headers.Headers
  /** With 413. */
  readonly limitBytes?: number | undefined
}

export interface FaultBody {
  readonly contentType: string
  readonly body: string
  /** Told as `x-request-id`. */
  readonly requestId?: string | undefined
}

/** Undefined leaves the answer empty. */
export type RenderFault = (fault: ServerFault) => FaultBody | undefined

/** RFC 9457. */
export const renderProblem: RenderFault = ({ limitBytes, status }) => {
  const traits = traitsOf(status)
  return {
    contentType: "application/problem+json",
    body: JSON.stringify({
      type: "about:blank",
      title: traits?.title ?? STATUS_CODES[status] ?? "Error",
      status,
      ...(limitBytes === undefined ? {} : { detail: `The body may have at most ${limitBytes} bytes.`, limitBytes }),
      ...(traits === undefined ? {} : { code: traits.code })
    })
  }
}

const traitsOf = (status: number) => {
  switch (status) {
    case 400:
      return errorTraits.InvalidRequest
    case 401:
      return errorTraits.Unauthorized
    case 403:
      return errorTraits.Forbidden
    case 404:
      return errorTraits.NotFound
    case 413:
      return errorTraits.PayloadTooLarge
    case 500:
      return errorTraits.InternalError
    case 503:
      return errorTraits.Unavailable
    default:
      return undefined
  }
}
