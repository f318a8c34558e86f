/** A WebSocket client of `parley.v1` on a bare socket: the least that reads frames, so that thousands fit in one process. */
import { connect } from "node:net"
import type { Socket } from "node:net"

const headEnd = Buffer.from("\r\n\r\n")
const text = 0x81
const ping = 0x89
const pong = 0x8a
const close = 0x88

/** What is read goes here, of whichever socket: nothing of it is kept past the callback, and thousands of sockets need no buffers of their own. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

export interface SocketClientOptions {
  readonly port: number
  readonly key: string
  /** A whole text frame; the bytes are only good until it returns. */
  readonly onFrame: (payload: Buffer) => void
  /** The connection failed or was closed by the server. */
  readonly onLost: (reason: string) => void
}

export class SocketClient {
  readonly #socket: Socket
  readonly #options: SocketClientOptions
  #isOpen = false
  #isClosing = false
  #rest: Buffer | undefined

  constructor(options: SocketClientOptions) {
    this.#options = options
    this.#socket = connect({
      port: options.port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          this.#read(readBuffer.subarray(0, length))
          return true
        }
      }
    })
    this.#socket.write(
      `GET /ws HTTP/1.1\r\nhost: 127.0.0.1:${options.port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
        `sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: parley.v1\r\nauthorization: Bearer ${options.key}\r\n\r\n`
    )
    this.#socket.on("error", (error) => this.#lost(String(error)))
    this.#socket.on("close", () => this.#lost("closed by the server"))
  }

  /** Masked, as a client must, with the key 0 that leaves the bytes as they are. */
  send(frame: unknown): void {
    const payload = Buffer.from(JSON.stringify(frame))
    const head = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
    head[0] = text
    if (payload.length < 126) {
      head[1] = 0x80 | payload.length
    } else {
      head[1] = 0x80 | 126
      head.writeUInt16BE(payload.length, 2)
    }
    this.#socket.write(Buffer.concat([head, payload]))
  }

  close(): void {
    this.#isClosing = true
    this.#socket.destroy()
  }

  #lost(reason: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#options.onLost(reason)
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    if (!this.#isOpen) {
      const end = bytes.indexOf(headEnd)
      if (end < 0) {
        this.#rest = Buffer.from(bytes)
        return
      }
      if (!bytes.toString("latin1", 0, 12).endsWith("101")) return this.#lost(bytes.toString("utf8").slice(0, 300))
      this.#isOpen = true
      bytes = bytes.subarray(end + headEnd.length)
    }
    let at = 0
    while (bytes.length - at >= 2) {
      let length = (bytes[at + 1] ?? 0) & 0x7f
      let from = at + 2
      if (length === 126) {
        if (bytes.length < at + 4) break
        length = bytes.readUInt16BE(at + 2)
        from = at + 4
      } else if (length === 127) {
        if (bytes.length < at + 10) break
        length = Number(bytes.readBigUInt64BE(at + 2))
        from = at + 10
      }
      if (bytes.length < from + length) break
      const payload = bytes.subarray(from, from + length)
      if (bytes[at] === text) this.#options.onFrame(payload)
      else if (bytes[at] === ping) this.#socket.write(Buffer.concat([Buffer.from([pong, 0x80 | length, 0, 0, 0, 0]), payload]))
      else if (bytes[at] === close)
        this.#lost(`closed with ${length >= 2 ? payload.readUInt16BE(0) : "no code"}: ${payload.toString("utf8", 2)}`)
      at = from + length
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at))
  }
}
