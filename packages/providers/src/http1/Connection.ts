/** One connection to a provider's server: one call at a time, over plain TCP or TLS, kept for the next. */
import { connect as connectTcp, isIP } from "node:net"
import type { Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import type { CallFault } from "../call/providerErrors.ts"
import type { Headers } from "../call/retryAfter.ts"
import { HttpSyntaxError } from "./ResponseHead.ts"
import { ResponseParser } from "./ResponseParser.ts"

/**
 * Who hears an answer. Exactly one of `end` and `fail` ends it, and nothing is called after that. An aborted call hears at most the rest of the
 * read that is being told, and a drained one goes on hearing what nobody waits for: whoever settles early lets that pass.
 */
export interface Exchange {
  readonly head: (status: number, headers: Headers) => void
  /** What one read of the socket brought. Its bytes are gone when this returns; of the last ones, when `end` does, which follows at once. */
  readonly data: (bytes: Buffer, isLast: boolean) => void
  readonly end: () => void
  readonly fail: (fault: CallFault) => void
}

export interface ConnectionTimeouts {
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly chunkTimeoutMs: number
  readonly keepAliveMs: number
}

/** What a pool is to its connections. */
export interface ConnectionOwner {
  readonly url: URL
  readonly timeouts: ConnectionTimeouts
  /** Of the last TLS connection: the next one's handshake is shorter with it. */
  session: Buffer | undefined
  readonly idle: (connection: Connection) => void
  readonly gone: (connection: Connection) => void
}

/** Answers are read into one buffer for all connections: what a read brought is used before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(65_536)
/** The rest of an answer whose end nobody waits for gets so long, to save its connection. */
const drainMs = 1_000
/** A server that names how long it keeps a connection is not asked in the last second of that. */
const keptMarginMs = 1_000

type Phase = "connecting" | "head" | "body" | "draining" | "idle" | "closed"

export class Connection {
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #parser = new ResponseParser()
  #phase: Phase = "connecting"
  #exchange: Exchange | undefined = undefined
  #paused = false
  /** On `performance.now()`'s clock; the pool looks at it a few times in every timeout. */
  deadlineMs: number

  constructor(owner: ConnectionOwner) {
    this.#owner = owner
    this.deadlineMs = performance.now() + owner.timeouts.connectTimeoutMs
    this.#socket = open(
      owner,
      (length) => this.#read(length),
      () => this.#connected()
    )
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#broken(error.code ?? error.name))
    this.#socket.on("end", () => this.#ended())
    this.#socket.on("close", () => this.#broken("SOCKET_CLOSED"))
  }

  get isDraining(): boolean {
    return this.#phase === "draining"
  }

  /** `encoding` is Latin-1 where the text is ASCII, which is the quicker. */
  send(text: string, encoding: "latin1" | "utf8", exchange: Exchange): void {
    this.#exchange = exchange
    if (this.#phase === "idle") this.#await("head", this.#owner.timeouts.headersTimeoutMs)
    this.#socket.write(text, encoding)
  }

  /** Nobody wants the answer: the provider sees its connection close. */
  abort(exchange: Exchange): void {
    if (this.#exchange === exchange) this.destroy()
  }

  /** Nobody waits for the rest of the answer; if it is short, the connection serves another call. */
  drain(exchange: Exchange): void {
    if (this.#exchange !== exchange || this.#phase !== "body") return
    this.#await("draining", drainMs)
    this.resume(exchange)
  }

  pause(exchange: Exchange): void {
    if (this.#exchange !== exchange || this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  resume(exchange: Exchange): void {
    if (this.#exchange !== exchange || !this.#paused) return
    this.#paused = false
    if (this.#phase === "body") this.#await("body", this.#owner.timeouts.chunkTimeoutMs)
    this.#socket.resume()
  }

  /** Its deadline has passed. */
  expire(nowMs: number): void {
    switch (this.#phase) {
      case "connecting":
        return this.#fail(timeout("No connection to the provider in time", "CONNECT_TIMEOUT"))
      case "head":
        return this.#fail(timeout("The provider sent no headers in time", "HEADERS_TIMEOUT"))
      case "body":
        if (!this.#paused) return this.#fail(timeout("The provider sent nothing more in time", "BODY_TIMEOUT"))
        this.deadlineMs = nowMs + this.#owner.timeouts.chunkTimeoutMs
        return
      case "draining":
      case "idle":
        return this.destroy()
      case "closed":
        return
    }
  }

  /** Its call fails. */
  close(): void {
    this.#fail({ _tag: "CallFault", kind: "unreachable", message: "The provider's connections are closed", code: "CLOSED" })
  }

  /** Its exchange, if it has one, hears nothing of it. */
  destroy(): void {
    if (this.#phase === "closed") return
    this.#phase = "closed"
    this.#exchange = undefined
    this.#owner.gone(this)
    this.#socket.destroy()
  }

  #connected(): void {
    if (this.#phase === "connecting") this.#await("head", this.#owner.timeouts.headersTimeoutMs)
  }

  #await(phase: Phase, timeoutMs: number): void {
    this.#phase = phase
    this.deadlineMs = performance.now() + timeoutMs
  }

  #read(length: number): void {
    const exchange = this.#exchange
    // Nothing was asked: a server that says something now is about to close.
    if (exchange === undefined) return this.destroy()
    const parser = this.#parser
    const isBegun = parser.head !== undefined
    let fault: CallFault | undefined
    try {
      parser.read(readBuffer, length)
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error
      fault = {
        _tag: "CallFault",
        kind: "malformed",
        message: `The provider does not speak HTTP: ${error.message}`,
        code: "HTTP_SYNTAX"
      }
    }
    const { head, isDone, payloadEnd, payloadStart } = parser
    if (head !== undefined && this.#phase !== "draining") this.#await("body", this.#owner.timeouts.chunkTimeoutMs)
    // Before the exchange hears of it, which may send its next call at once.
    if (isDone) this.#release()
    if (head !== undefined && !isBegun) exchange.head(head.status, head.headers)
    if (payloadEnd > payloadStart) exchange.data(readBuffer.subarray(payloadStart, payloadEnd), isDone)
    if (isDone) exchange.end()
    else if (fault !== undefined && this.#exchange === exchange) this.#fail(fault)
  }

  #release(): void {
    const { hasExcess, head } = this.#parser
    if (this.#paused) {
      this.#paused = false
      this.#socket.resume()
    }
    this.#exchange = undefined
    this.#parser.reset()
    const { keepAliveMs } = this.#owner.timeouts
    const keptMs = head?.keptMs === undefined ? keepAliveMs : Math.min(keepAliveMs, head.keptMs - keptMarginMs)
    // A request that is still being written has been answered early: the connection is of no more use.
    if (head?.isKept !== true || hasExcess || keptMs <= 0 || this.#socket.writableLength > 0) return this.destroy()
    this.#await("idle", keptMs)
    this.#owner.idle(this)
  }

  #ended(): void {
    const exchange = this.#exchange
    if (exchange === undefined || !this.#parser.endsWithConnection) return this.#broken("SOCKET_CLOSED")
    this.destroy()
    exchange.end()
  }

  #broken(code: string): void {
    if (this.#phase === "closed") return
    // It may have been the session that the server could not do with: the next handshake is a whole one.
    if (this.#phase === "connecting") this.#owner.session = undefined
    this.#fail(
      this.#parser.head === undefined
        ? { _tag: "CallFault", kind: "unreachable", message: `The provider cannot be reached (${code})`, code }
        : { _tag: "CallFault", kind: "truncated", message: `The connection broke in the middle of the answer (${code})`, code }
    )
  }

  #fail(fault: CallFault): void {
    const exchange = this.#exchange
    this.destroy()
    exchange?.fail(fault)
  }
}

const timeout = (message: string, code: string): CallFault => ({ _tag: "CallFault", kind: "timeout", message, code })

const open = (owner: ConnectionOwner, read: (length: number) => void, connected: () => void): Socket => {
  const { hostname, port, protocol } = owner.url
  const isTls = protocol === "https:"
  const host = hostname.replace(/^\[|\]$/g, "")
  const options = {
    host,
    port: port === "" ? (isTls ? 443 : 80) : Number(port),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    onread: {
      buffer: readBuffer,
      callback: (length: number) => {
        read(length)
        return true
      }
    }
  }
  if (!isTls) return connectTcp(options, connected)
  const socket = connectTls(
    {
      ...options,
      ALPNProtocols: ["http/1.1"],
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(owner.session === undefined ? {} : { session: owner.session })
    },
    connected
  )
  socket.on("session", (session: Buffer) => {
    owner.session = session
  })
  return socket
}
