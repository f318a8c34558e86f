/** A chunked answer over Node's own server. */
import * as Cookies from "effect/http/Cookies"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { OutgoingHttpHeaders, ServerResponse } from "node:http"
import type { PushChannel, PushTransport } from "./PushChannel.ts"
import { headOf } from "./PushResponse.ts"

export class NodePushTransport implements PushTransport {
  readonly #node: ServerResponse
  readonly #response: HttpServerResponse

  constructor(node: ServerResponse, response: HttpServerResponse) {
    this.#node = node
    this.#response = response
  }

  connect(channel: PushChannel): void {
    this.#node.on("drain", () => channel.resume())
    this.#node.once("close", () => channel.abort())
  }

  readonly write = (chunk: string | Uint8Array): boolean => {
    if (!this.#node.headersSent) this.#writeHead({})
    return this.#node.write(chunk)
  }

  readonly end = (chunk: string | Uint8Array | undefined): void => {
    if (!this.#node.headersSent) this.#writeHead({ "content-length": chunk === undefined ? 0 : Buffer.byteLength(chunk) })
    this.#node.end(chunk)
  }

  readonly destroy = (): void => {
    this.#node.destroy()
  }

  readonly pendingBytes = (): number => this.#node.writableLength

  #writeHead(more: OutgoingHttpHeaders): void {
    const { cookies, headers, status, statusText } = headOf(this.#response)
    const all: OutgoingHttpHeaders = { ...headers, ...more }
    if (!Cookies.isEmpty(cookies)) {
      const earlier = headers["set-cookie"]
      all["set-cookie"] = [...Cookies.toSetCookieHeaders(cookies), ...(earlier === undefined ? [] : [earlier])]
    }
    if (statusText === undefined) this.#node.writeHead(status, all)
    else this.#node.writeHead(status, statusText, all)
  }
}
