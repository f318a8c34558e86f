/** The head of an answer on uWebSockets, and answers that are over with one write. */
import * as Cookies from "effect/http/Cookies"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { STATUS_CODES } from "node:http"
import type { UwsExchange } from "./UwsExchange.ts"

/** Status line, headers, cookies. Length, encoding, date and connection are uWebSockets' own to write. */
export const writeHead = (exchange: UwsExchange, response: HttpServerResponse): void => {
  const uws = exchange.response
  if (response.status !== 200 || response.statusText !== undefined) {
    uws.writeStatus(`${response.status} ${response.statusText ?? STATUS_CODES[response.status] ?? ""}`)
  }
  const { headers } = response
  for (const name in headers) {
    if (!ownHeaders.has(name)) uws.writeHeader(name, headerText(headers[name] ?? ""))
  }
  if (!Cookies.isEmpty(response.cookies)) {
    for (const cookie of Cookies.toSetCookieHeaders(response.cookies)) uws.writeHeader("set-cookie", headerText(cookie))
  }
}

const ownHeaders = new Set(["content-length", "transfer-encoding", "connection", "keep-alive", "date"])

/** Header text is Latin-1 on the wire; uWebSockets would write a string as UTF-8. */
const headerText = (value: string): string | Uint8Array => (notAscii.test(value) ? Buffer.from(value, "latin1") : value)
// oxlint-disable-next-line no-control-regex
const notAscii = /[^\x00-\x7f]/

export const closesConnection = (exchange: UwsExchange, response: HttpServerResponse): boolean =>
  exchange.server.endsKeepAlive || response.headers["connection"]?.toLowerCase() === "close"

/** A whole answer in one write. An empty fault gets its body here. */
export const endWith = (exchange: UwsExchange, response: HttpServerResponse, body: string | Uint8Array | undefined): void => {
  const fault = response.status >= 400 && body === undefined ? renderFault(exchange, response.status) : undefined
  exchange.finish()
  exchange.cork(() => {
    writeHead(exchange, response)
    if (fault !== undefined) exchange.response.writeHeader("content-type", fault.contentType)
    if (fault?.requestId !== undefined && response.headers["x-request-id"] === undefined) {
      exchange.response.writeHeader("x-request-id", fault.requestId)
    }
    exchange.response.end(fault?.body ?? body, closesConnection(exchange, response))
  })
}

const renderFault = (exchange: UwsExchange, status: number) =>
  exchange.server.renderFault({
    status,
    method: exchange.method,
    url: exchange.url,
    headers: exchange.headers,
    limitBytes: status === 413 ? exchange.server.maxBodyBytes : undefined
  })

/** HEAD, 204, 205, 304. The length is written by hand: 20.51 aborts the process when `endWithoutBody` is given one. */
export const endWithoutBody = (exchange: UwsExchange, response: HttpServerResponse): void => {
  const length = response.headers["content-length"]
  exchange.finish()
  exchange.cork(() => {
    writeHead(exchange, response)
    if (response.status === 205) exchange.response.end("")
    else {
      if (length !== undefined && response.status !== 204) exchange.response.writeHeader("content-length", length)
      exchange.response.endWithoutBody()
    }
  })
}
