/**
 * One request and its answer on uWebSockets. Holds what the rules of the native side demand: the request dies when its callback returns, the
 * response when it has ended or was aborted.
 */
import * as Headers from "effect/http/Headers"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { RenderFault } from "./ServerFault.ts"
import type { UwsBody } from "./UwsBody.ts"
import type { UwsUmbrella } from "./UwsUmbrella.ts"
import type { UwsRequest, UwsResponse, UwsSocketContext } from "./Uws.ts"

/** What all exchanges of one server share. */
export interface UwsServerState {
  /** Answers tell the client to close the connection. */
  endsKeepAlive: boolean
  /** No more connections are accepted, and no WebSocket is opened. */
  draining: boolean
  /** Spans name the client's address after the answer is over. */
  keepsAddress: boolean
  readonly umbrella: UwsUmbrella
  readonly maxBodyBytes: number
  readonly renderFault: RenderFault
}

export class UwsExchange {
  readonly server: UwsServerState
  readonly response: UwsResponse
  readonly method: string
  readonly body: UwsBody | undefined
  /** Present on a WebSocket handshake that no native route has taken. */
  readonly upgradeContext: UwsSocketContext | undefined
  /** True while uWebSockets itself has corked the response, which is inside its callbacks. */
  corked = true
  /** Answered to the end, or aborted: the response must not be touched any more. */
  over = false
  aborted = false
  /** What middleware sees once the exchange has become a WebSocket. */
  upgraded: HttpServerResponse | undefined
  /** Of the declared body; NaN when its length is not declared, 0 without a body. */
  declaredBytes = 0
  /** The answer's own clean-up. */
  onAbort: (() => void) | undefined
  /** Interrupts the handler. */
  interrupt: (() => void) | undefined
  #request: UwsRequest | undefined
  #headers: Headers.Headers | undefined
  #url: string | undefined
  #remoteAddress: string | undefined

  constructor(
    server: UwsServerState,
    response: UwsResponse,
    request: UwsRequest,
    method: string,
    body: UwsBody | undefined,
    upgradeContext: UwsSocketContext | undefined,
    headers?: Headers.Headers
  ) {
    this.server = server
    this.response = response
    this.method = method
    this.body = body
    this.upgradeContext = upgradeContext
    this.#request = request
    this.#headers = headers
  }

  /** Path and query. */
  get url(): string {
    return (this.#url ??= readUrl(this.#request))
  }

  get headers(): Headers.Headers {
    return (this.#headers ??= readHeaders(this.#request))
  }

  /** Undefined once the answer is over and nobody had asked before: it costs more than all else of a small request's head. */
  get remoteAddress(): string | undefined {
    if (this.#remoteAddress === undefined && !this.over) {
      this.#remoteAddress = readAddress(this.response)
    }
    return this.#remoteAddress
  }

  /** The callback that brought the request is about to return, and the answer is not there yet. */
  detach(): void {
    if (this.#request === undefined) return
    void this.url
    void this.headers
    this.#request = undefined
  }

  /** The native response must not be touched after this. */
  finish(): void {
    if (this.server.keepsAddress) void this.remoteAddress
    this.over = true
  }

  /** Runs `write` as one write to the kernel. */
  cork(write: () => void): void {
    if (this.corked) write()
    else this.response.cork(write)
  }

  abort(): void {
    if (this.over) return
    this.over = true
    this.aborted = true
    this.body?.abort()
    this.onAbort?.()
    this.interrupt?.()
  }
}

const headersPrototype: object | null = Object.getPrototypeOf(Headers.empty)

export const readUrl = (request: UwsRequest | undefined): string => {
  const query = request?.getQuery() ?? ""
  const path = request?.getUrl() ?? ""
  return query === "" ? path : `${path}?${query}`
}

/** As Node joins them: one value for a name, the first where several make no sense. */
export const readHeaders = (
  request: UwsRequest | undefined,
  repeated?: (name: string, value: string, earlier: string) => void
): Headers.Headers => {
  const headers: Record<string, string> = Object.create(headersPrototype)
  request?.forEach((name, value) => {
    const earlier = headers[name]
    if (earlier === undefined) {
      headers[name] = value
      return
    }
    repeated?.(name, value, earlier)
    if (name === "cookie") headers[name] = `${earlier}; ${value}`
    else if (!singleHeaders.has(name)) headers[name] = `${earlier}, ${value}`
  })
  return headers as Headers.Headers
}

/** Of these the first counts, as on Node. */
const singleHeaders = new Set([
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "server",
  "user-agent"
])

export const readAddress = (response: UwsResponse): string =>
  formatAddress(Buffer.from(response.getRemoteAddressAsText()).toString("latin1"))

/** uWebSockets writes IPv6 in full, with leading zeros; this shortens it as everybody else does. */
export const formatAddress = (text: string): string => {
  if (!text.includes(":")) return text
  const mapped = /^0000:0000:0000:0000:0000:ffff:([0-9a-f]{2})([0-9a-f]{2}):([0-9a-f]{2})([0-9a-f]{2})$/.exec(text)
  if (mapped !== null)
    return mapped
      .slice(1)
      .map((byte) => Number.parseInt(byte, 16))
      .join(".")
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1)
  } catch {
    return text
  }
}
