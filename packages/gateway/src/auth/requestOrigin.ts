/**
 * Where a request comes from, as browsers tell it and pages cannot make up. A cookie goes along with whatever a browser sends, so what it lets do
 * must have been asked by a page of ours.
 */
import type { Header } from "./sessionCookie.ts"

/** As browsers write it: lower case, no slash at the end. */
export const normalOrigin = (origin: string): string => origin.toLowerCase().replace(/\/+$/, "")

/** Programs send no origin. */
export const isAllowedOrigin = (header: Header, allowed: ReadonlySet<string>): boolean => {
  const origin = header("origin")
  if (origin === undefined) return true
  if (allowed.has(normalOrigin(origin))) return true
  const host = header("host")
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"])

/** Whether another site's page may have made the browser send it. Browsers say so by `Sec-Fetch-Site`, older ones by `Origin` alone. */
export const isForged = (method: string, header: Header, allowed: ReadonlySet<string>): boolean => {
  if (safeMethods.has(method)) return false
  const site = header("sec-fetch-site")
  if (site === "same-origin" || site === "none") return false
  if (site === undefined) return !isAllowedOrigin(header, allowed)
  const origin = header("origin")
  return origin === undefined || !allowed.has(normalOrigin(origin))
}
