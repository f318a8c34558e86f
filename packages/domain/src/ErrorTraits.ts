/** One row per error: its code on every door, its HTTP status, and what the client should do. */
import type { ParleyError } from "./Errors.ts"
import { isContextExceeded } from "./ProviderError.ts"

export interface ErrorTraits {
  /** Stable, in problem details, socket frames, and OpenAI's `error.code`. */
  readonly code: string
  readonly status: number
  readonly title: string
  /** OpenAI's `error.type`. */
  readonly openaiType: string
  /** `never`: the request must change. `same-id`: send it again with the same client message id. `later`: nothing was done. */
  readonly retry: "never" | "same-id" | "later"
}

const row = (code: string, status: number, title: string, openaiType: string, retry: ErrorTraits["retry"]): ErrorTraits => ({
  code,
  status,
  title,
  openaiType,
  retry
})

export const errorTraits: Record<ParleyError["_tag"], ErrorTraits> = {
  Unauthorized: row("unauthorized", 401, "Unauthorized", "authentication_error", "never"),
  Forbidden: row("forbidden", 403, "Forbidden", "permission_error", "never"),
  NotFound: row("not_found", 404, "Not found", "invalid_request_error", "never"),
  ModelNotFound: row("model_not_found", 404, "Model not found", "invalid_request_error", "never"),
  ModelUnsuited: row("model_unsuited", 400, "The model does something else", "invalid_request_error", "never"),
  ContextTooLong: row("context_length_exceeded", 400, "The prompt is too long for the model", "invalid_request_error", "never"),
  InvalidRequest: row("invalid_request", 400, "Invalid request", "invalid_request_error", "never"),
  PayloadTooLarge: row("payload_too_large", 413, "Payload too large", "invalid_request_error", "never"),
  Conflict: row("conflict", 409, "Conflict", "invalid_request_error", "never"),
  Busy: row("busy", 503, "Busy", "server_error", "later"),
  Unavailable: row("unavailable", 503, "Unavailable", "server_error", "same-id"),
  InternalError: row("internal", 500, "Internal error", "server_error", "same-id"),
  ProviderRejected: row("provider_rejected", 400, "The provider refused the request", "invalid_request_error", "never"),
  ProviderUnauthorized: row("provider_unauthorized", 502, "The provider refused our credential", "server_error", "never"),
  ProviderModelNotFound: row("model_not_found", 404, "The provider has no such model", "invalid_request_error", "never"),
  ProviderRateLimited: row("provider_rate_limited", 429, "The provider is rate limiting", "rate_limit_error", "later"),
  ProviderFailed: row("provider_failed", 502, "The provider failed", "server_error", "later"),
  ProviderUnreachable: row("provider_unreachable", 502, "The provider cannot be reached", "server_error", "later"),
  ProviderTruncated: row("provider_truncated", 502, "The answer was cut off", "server_error", "later"),
  ProviderTimeout: row("provider_timeout", 504, "The provider did not answer in time", "server_error", "later"),
  ProviderUnavailable: row("provider_unavailable", 503, "The provider is not available now", "server_error", "later")
}

/** A prompt that its provider found too long is told as one that Parley did. */
export const traitsOf = (error: ParleyError): ErrorTraits =>
  isContextExceeded(error) ? errorTraits.ContextTooLong : errorTraits[error._tag]
