/** The server answered, and said no: on HTTP as problem details, on the socket as an error frame. */
import type { Problem } from "@parley/domain/api/Problem"

export type Retry = Problem["retry"]
export type Issue = NonNullable<Problem["issues"]>[number]

export interface ApiErrorFields {
  /** Stable: `not_found`, `conflict`, `busy` … */
  readonly code: string
  readonly message: string
  /** The HTTP status; 0 when it came on the socket. */
  readonly status: number
  /** `never`: change the request. `later`: nothing was done. `same-id`: it may have happened; again with the same `clientMessageId`. */
  readonly retry: Retry
  readonly retryAfterMs?: number | undefined
  /** One entry per fault of the request. */
  readonly issues?: ReadonlyArray<Issue> | undefined
  /** For the server's log; empty when the answer had none. */
  readonly requestId: string
}

export class ParleyApiError extends Error {
  override readonly name = "ParleyApiError"
  readonly code: string
  readonly status: number
  readonly retry: Retry
  readonly retryAfterMs: number | undefined
  readonly issues: ReadonlyArray<Issue>
  readonly requestId: string

  constructor(fields: ApiErrorFields) {
    super(fields.message)
    this.code = fields.code
    this.status = fields.status
    this.retry = fields.retry
    this.retryAfterMs = fields.retryAfterMs
    this.issues = fields.issues ?? []
    this.requestId = fields.requestId
  }
}
