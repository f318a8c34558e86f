/** The cookie that a session's secret lives in: no script reads it, no other site sends it, and over https no other host sets it. */
import { sessionCookie } from "@parley/domain/api/Authentication"
import { Secret } from "@parley/domain/Secret"
import type { HttpServerRequest } from "effect/http"

/** A header of the request by its lower-case name. */
export type Header = (name: string) => string | undefined

export const headerOf =
  (request: HttpServerRequest.HttpServerRequest): Header =>
  (name) =>
    request.headers[name]

const hostCookie = `__Host-${sessionCookie}`

/** As far as it is known: the proxy in front of Parley says so. Whoever makes it up harms only itself. */
const isHttps = (header: Header): boolean => /^https\s*(?:,|$)/i.test(header("x-forwarded-proto")?.trim() ?? "")

/** Of a request's `cookie` header. Over https only the one that this host has set counts. */
export const presentedSession = (cookies: string | undefined, isSecure: boolean): string | undefined => {
  if (cookies === undefined) return undefined
  const wanted = isSecure ? hostCookie : sessionCookie
  for (const pair of cookies.split(";")) {
    const equals = pair.indexOf("=")
    if (equals !== -1 && pair.slice(0, equals).trim() === wanted) return pair.slice(equals + 1).trim()
  }
  return undefined
}

export const sessionOf = (header: Header): Secret | undefined => {
  const found = presentedSession(header("cookie"), isHttps(header))
  return found === undefined || found === "" ? undefined : new Secret(found)
}

const attributes = (header: Header): string => `Path=/; HttpOnly; SameSite=Strict${isHttps(header) ? "; Secure" : ""}`

const nameFor = (header: Header): string => (isHttps(header) ? hostCookie : sessionCookie)

/** The value of `set-cookie`. */
export const setSession = (header: Header, secret: Secret, maxAgeMs: number): string =>
  `${nameFor(header)}=${secret.reveal()}; Max-Age=${Math.floor(maxAgeMs / 1_000)}; ${attributes(header)}`

export const clearSession = (header: Header): string => `${nameFor(header)}=; Max-Age=0; ${attributes(header)}`
