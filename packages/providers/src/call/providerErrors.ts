/** The one table from what went wrong on the wire to our errors. */
import {
  contextExceededCode,
  ProviderFailed,
  ProviderModelNotFound,
  ProviderRateLimited,
  ProviderRejected,
  ProviderTimeout,
  ProviderTruncated,
  ProviderUnauthorized,
  ProviderUnreachable
} from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { refusalOf } from "./refusals.ts"
import { headerOf, retryAfterMs } from "./retryAfter.ts"
import type { Headers } from "./retryAfter.ts"

/** What failed below HTTP. `truncated`: the answer had begun. */
export interface CallFault {
  readonly _tag: "CallFault"
  readonly kind: "unreachable" | "timeout" | "truncated" | "malformed"
  readonly message: string
  readonly code?: string
}

/** An error as a wire words it, in a body or in the middle of a stream. */
export interface WireError {
  readonly message: string
  /** The provider's own code or type. */
  readonly code?: string
  /** The status that this error would have had as an answer, for one that comes in a stream. */
  readonly status?: number
}

export interface Called {
  readonly provider: string
  readonly model: string
}

/** Longest message of a provider's that is passed on, in UTF-16 code units. */
const maxMessageLength = 2_000

/** What looks like a key: providers repeat what they were sent, and their words reach the end user. */
const keys = /\b(?:sk|gsk|xai|pk)[-_][\w*.-]{6,}|\bBearer\s+[\w~+/=*.-]+/gi

export const redactKeys = (text: string): string => text.replace(keys, "[redacted]")

export const errorOfFault = (called: Called, fault: CallFault, head?: { readonly headers: Headers }): ProviderError => {
  const fields = {
    ...called,
    message: redactKeys(fault.message),
    ...(fault.code === undefined ? {} : { code: fault.code }),
    ...requestIdOf(head?.headers)
  }
  switch (fault.kind) {
    case "unreachable":
      return new ProviderUnreachable(fields)
    case "timeout":
      return new ProviderTimeout(fields)
    case "truncated":
      return new ProviderTruncated(fields)
    case "malformed":
      return new ProviderFailed(fields)
  }
}

/** `error` is undefined when the body was not of the provider's wire: a proxy's page, say. */
export const errorOfStatus = (
  called: Called,
  head: { readonly status: number; readonly headers: Headers },
  error: WireError | undefined,
  nowMs: number
): ProviderError => {
  const { status } = head
  const refusal = error === undefined ? undefined : refusalOf(status, error)
  const code = refusal === "context-exceeded" ? contextExceededCode : error?.code
  const wait = retryAfterMs(head.headers, nowMs)
  const fields = {
    ...called,
    message: redactKeys(error?.message ?? `${called.provider} answered ${status} with something that is not of its API`).slice(
      0,
      maxMessageLength
    ),
    status,
    ...(code === undefined ? {} : { code }),
    ...requestIdOf(head.headers),
    ...(wait === undefined ? {} : { retryAfterMs: wait })
  }
  if (status === 401 || status === 402 || status === 403 || refusal === "unauthorized") {
    // Providers repeat parts of the key: their words are not for the caller, who could do nothing about it either.
    const message = `${called.provider} refused Parley's own credential (${status}); an operator has to look at it`
    return new ProviderUnauthorized({ ...fields, message })
  }
  if (status === 408) return new ProviderTimeout(fields)
  if (status === 429) return new ProviderRateLimited(fields)
  // Without the provider's own words a 400 or 404 says only that something else answers at that address.
  if (error === undefined || status < 400 || status >= 500) return new ProviderFailed(fields)
  return refusal === "model-not-found" || (status === 404 && refusal === undefined)
    ? new ProviderModelNotFound(fields)
    : new ProviderRejected(fields)
}

/** An error that came as an event of a stream which had begun with 200. */
export const errorOfEvent = (called: Called, headers: Headers, error: WireError, nowMs: number): ProviderError =>
  errorOfStatus(called, { status: error.status ?? 500, headers }, error, nowMs)

const requestIdOf = (headers: Headers | undefined): { readonly providerRequestId?: string } => {
  if (headers === undefined) return {}
  const id = headerOf(headers, "x-request-id") || headerOf(headers, "request-id")
  return id === "" ? {} : { providerRequestId: id }
}
