/** How long a provider asks us to wait, from its headers: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. */
export type Headers = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** A longer wait than this is taken as this: no provider means to be left alone for more than a day. */
export const maxRetryAfterMs = 86_400_000

export const retryAfterMs = (headers: Headers, nowMs: number): number | undefined => {
  const milliseconds = Number.parseFloat(headerOf(headers, "retry-after-ms"))
  if (milliseconds >= 0) return bounded(milliseconds)
  const value = headerOf(headers, "retry-after").trim()
  if (/^\d+(\.\d+)?$/.test(value)) return bounded(Number(value) * 1_000)
  const date = value === "" ? Number.NaN : Date.parse(value)
  return Number.isNaN(date) ? undefined : bounded(date - nowMs)
}

/** The header's value, or the empty string; the first of several. */
export const headerOf = (headers: Headers, name: string): string => {
  const value = headers[name]
  return typeof value === "string" ? value : (value?.[0] ?? "")
}

const bounded = (ms: number): number => Math.ceil(Math.min(Math.max(ms, 0), maxRetryAfterMs))
