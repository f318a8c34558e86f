/** How an error looks on `/api`: problem details (RFC 9457). */
import { Schema } from "effect"

export const problemContentType = "application/problem+json"

/** One fault of a request: `payload.content[0].text`, say, and what was expected there. */
export const Fault = Schema.Struct({ path: Schema.String, message: Schema.String })
export type Fault = typeof Fault.Type

export const Problem = Schema.Struct({
  type: Schema.Literal("about:blank"),
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String,
  /** Stable; the same on every door. */
  code: Schema.String,
  requestId: Schema.String,
  /** `never`: the request must change. `same-id`: send it again with the same `clientMessageId`. `later`: nothing was done. */
  retry: Schema.Literals(["never", "same-id", "later"]),
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  issues: Schema.optionalKey(Schema.Array(Fault))
})
export type Problem = typeof Problem.Type
