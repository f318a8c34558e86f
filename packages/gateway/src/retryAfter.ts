/** `Retry-After`, in whole seconds, for an error that says when to come again. */
import type { ParleyError } from "@parley/domain/Errors"

export const retryAfterHeaders = (error: ParleyError): Record<string, string> =>
  "retryAfterMs" in error && error.retryAfterMs !== undefined
    ? { "retry-after": String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000))) }
    : {}
