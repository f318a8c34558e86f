/** How a call to a provider fails. `provider` and `model` say whose; `status` is the provider's own, where it answered. */
import { Schema } from "effect"
import { isNoUsage, Usage } from "./Usage.ts"

const fields = {
  provider: Schema.String,
  model: Schema.String,
  message: Schema.String,
  /** The provider's HTTP status; absent when it did not answer. */
  status: Schema.optionalKey(Schema.Int),
  /** The provider's own code or type of the error, and its request id, where given. */
  code: Schema.optionalKey(Schema.String),
  providerRequestId: Schema.optionalKey(Schema.String),
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  /** What the calls used that were made in vain: they are paid for all the same. Absent: nothing, or whoever asked accounts it otherwise. */
  usage: Schema.optionalKey(Usage)
}

/** 400, 404, 413, 422 …: the request itself is wrong; no retry helps. */
export class ProviderRejected extends Schema.TaggedError<ProviderRejected>()("ProviderRejected", fields, {
  httpApiStatus: 400
}) {}
/** 401, 403: our credential is wrong. The caller cannot mend it. */
export class ProviderUnauthorized extends Schema.TaggedError<ProviderUnauthorized>()("ProviderUnauthorized", fields, {
  httpApiStatus: 502
}) {}
/** 404 for the model. */
export class ProviderModelNotFound extends Schema.TaggedError<ProviderModelNotFound>()("ProviderModelNotFound", fields, {
  httpApiStatus: 404
}) {}
/** 429; `retryAfterMs` when the provider said so. */
export class ProviderRateLimited extends Schema.TaggedError<ProviderRateLimited>()("ProviderRateLimited", fields, {
  httpApiStatus: 429
}) {}
/** 5xx, an error event in the stream, or an answer that is not of its wire (an HTML page). */
export class ProviderFailed extends Schema.TaggedError<ProviderFailed>()("ProviderFailed", fields, {
  httpApiStatus: 502
}) {}
/** No connection, refused, reset before an answer, DNS, TLS. */
export class ProviderUnreachable extends Schema.TaggedError<ProviderUnreachable>()("ProviderUnreachable", fields, {
  httpApiStatus: 502
}) {}
/** The stream ended without its terminal. What was delivered before it stands. */
export class ProviderTruncated extends Schema.TaggedError<ProviderTruncated>()("ProviderTruncated", fields, {
  httpApiStatus: 502
}) {}
/** No headers, or no chunk, within the bound. */
export class ProviderTimeout extends Schema.TaggedError<ProviderTimeout>()("ProviderTimeout", fields, {
  httpApiStatus: 504
}) {}
/** Its circuit is open, or its concurrency bound is reached. */
export class ProviderUnavailable extends Schema.TaggedError<ProviderUnavailable>()("ProviderUnavailable", fields, {
  httpApiStatus: 503
}) {}

const errors = {
  ProviderRejected,
  ProviderUnauthorized,
  ProviderModelNotFound,
  ProviderRateLimited,
  ProviderFailed,
  ProviderUnreachable,
  ProviderTruncated,
  ProviderTimeout,
  ProviderUnavailable
} as const

export const ProviderError = Schema.Union(Object.values(errors))
export type ProviderError = typeof ProviderError.Type

/** The same error, with what was used in vain; as it is where that is nothing. */
export const withUsage = (error: ProviderError, usage: Usage): ProviderError => {
  if (isNoUsage(usage)) return error
  const { code, message, model, provider, providerRequestId, retryAfterMs, status } = error
  return new errors[error._tag]({
    provider,
    model,
    message,
    usage,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(providerRequestId === undefined ? {} : { providerRequestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })
}

/** What the error of a prompt that is longer than the window carries as its code, whatever its vendor calls it. */
export const contextExceededCode = "context_length_exceeded"

export const isContextExceeded = (error: { readonly _tag: string; readonly code?: string }): boolean =>
  error._tag === "ProviderRejected" && error.code === contextExceededCode
