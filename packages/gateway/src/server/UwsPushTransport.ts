/** A chunked answer over uWebSockets: one write of a bounded size per cork, and none after it said stop. */
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { pushChunkBytes } from "./PushChannel.ts"
import type { PushChannel, PushTransport } from "./PushChannel.ts"
import { headOf } from "./PushResponse.ts"
import type { UwsExchange } from "./UwsExchange.ts"
import { closesConnection, endWith, writeHead } from "./writeUwsHead.ts"

export class UwsPushTransport implements PushTransport {
  readonly #exchange: UwsExchange
  readonly #response: HttpServerResponse
  #channel: PushChannel | undefined
  #headWritten = false
  #watched = false
  #lastBytes = 0

  constructor(exchange: UwsExchange, response: HttpServerResponse) {
    this.#exchange = exchange
    this.#response = response
  }

  connect(channel: PushChannel): void {
    this.#channel = channel
    this.#exchange.onAbort = () => channel.abort()
  }

  readonly write = (chunk: string | Uint8Array): boolean => {
    const { response } = this.#exchange
    let accepted = true
    this.#exchange.cork(() => {
      this.#writeHead()
      accepted = response.write(bytesOf(chunk))
    })
    if (accepted) return true
    this.#lastBytes = typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.byteLength
    if (!this.#watched) {
      this.#watched = true
      response.onWritable(() => {
        this.#channel?.resume()
        // Without a cork here, what uWebSockets itself still holds would stay until the next write.
        if (!this.#exchange.over) response.cork(() => {})
        return true
      })
    }
    return false
  }

  readonly end = (chunk: string | Uint8Array | undefined): void => {
    if (!this.#headWritten) return endWith(this.#exchange, headOf(this.#response), chunk ?? "")
    this.#exchange.finish()
    this.#exchange.cork(() => {
      this.#exchange.response.end(chunk === undefined ? undefined : bytesOf(chunk))
    })
  }

  readonly destroy = (): void => {
    if (this.#exchange.over) return
    this.#exchange.over = true
    this.#exchange.response.close()
  }

  readonly pendingBytes = (): number => this.#lastBytes

  #writeHead(): void {
    if (this.#headWritten) return
    this.#headWritten = true
    writeHead(this.#exchange, headOf(this.#response))
    if (closesConnection(this.#exchange, this.#response)) this.#exchange.response.writeHeader("connection", "close")
  }
}

/** Of a text that is written at once: uWebSockets has copied it when its `write` returns. */
const written = Buffer.allocUnsafeSlow(pushChunkBytes)
/** Characters from which on a text is encoded here: uWebSockets goes over it twice, and allocates. */
const minEncodedLength = 1_024

const bytesOf = (chunk: string | Uint8Array): string | Uint8Array =>
  typeof chunk === "string" && chunk.length >= minEncodedLength ? written.subarray(0, written.write(chunk)) : chunk
