/** The head of an HTTP/1.1 answer, read strictly: what two readers could understand differently is refused. */
import type { Headers } from "../call/retryAfter.ts"

/** `chunked`: until the last chunk; `rest`: until the connection ends; a number: so many bytes. */
export type BodyLength = number | "chunked" | "rest"

export interface ResponseHead {
  readonly status: number
  readonly headers: Headers
  readonly length: BodyLength
  /** The server keeps the connection for another request. */
  readonly isKept: boolean
  /** How long, if it says so. */
  readonly keptMs: number | undefined
}

export class HttpSyntaxError extends Error {
  override readonly name = "HttpSyntaxError"
}

// oxlint-disable-next-line no-control-regex
const wellFormed =
  /^HTTP\/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/

/** `text` is Latin-1, without the empty line that ends it. */
export const parseHead = (text: string): ResponseHead => {
  if (!wellFormed.test(text)) throw new HttpSyntaxError("its head is malformed")
  const status = Number(text.slice(9, 12))
  // Without a prototype: a header may be called `constructor`.
  const headers: Record<string, string | Array<string>> = Object.create(null)
  for (let from = nextLine(text, 0); from < text.length; from = nextLine(text, from)) {
    const colon = text.indexOf(":", from)
    const end = text.indexOf("\r\n", colon)
    const name = text.slice(from, colon).toLowerCase()
    const value = withoutBlanks(text, colon + 1, end < 0 ? text.length : end)
    const earlier = headers[name]
    if (earlier === undefined) headers[name] = value
    else if (typeof earlier === "string") headers[name] = [earlier, value]
    else earlier.push(value)
  }
  const connection = listed(headers["connection"])
  // HTTP/1.0 knows no chunks: where such an answer ends is not to be relied on.
  const isKept =
    text.charCodeAt(7) === 0x31
      ? !connection.includes("close")
      : connection.includes("keep-alive") && headers["transfer-encoding"] === undefined
  const seconds = headers["keep-alive"] === undefined ? undefined : /timeout=(\d{1,9})/i.exec(listed(headers["keep-alive"]))?.[1]
  return {
    status,
    headers,
    length: lengthOf(status, headers),
    isKept,
    keptMs: seconds === undefined ? undefined : Number(seconds) * 1_000
  }
}

/** Spaces and tabs alone: `trim` would take a no-break space too, which makes a length malformed. */
const withoutBlanks = (text: string, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

const nextLine = (text: string, from: number): number => {
  const end = text.indexOf("\r\n", from)
  return end < 0 ? text.length : end + 2
}

const listed = (value: string | ReadonlyArray<string> | undefined): string =>
  value === undefined ? "" : (typeof value === "string" ? value : value.join(",")).toLowerCase()

const lengthOf = (status: number, headers: Headers): BodyLength => {
  if (status < 200 || status === 204 || status === 304) return 0
  const encoding = headers["transfer-encoding"]
  const length = headers["content-length"]
  if (encoding !== undefined) {
    if (length !== undefined) throw new HttpSyntaxError("its body has two lengths")
    if (listed(encoding) !== "chunked") throw new HttpSyntaxError("its body has an encoding that was not asked for")
    return "chunked"
  }
  if (length === undefined) return "rest"
  const [first = "", ...others] = typeof length === "string" ? [length] : length
  if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first)) throw new HttpSyntaxError("its length is malformed")
  return Number(first)
}
