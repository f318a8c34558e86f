/** A WebSocket as effect's generic `Socket`, for what speaks through that (effect/rpc). Native routes are cheaper: see `WebSocketRoutes`. */
import { Cause, Effect, Exit } from "effect"
import * as Headers from "effect/http/Headers"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Socket from "effect/socket/Socket"
import type { ServerSettings } from "./ServerOptions.ts"
import type { UwsModule, UwsRequest, UwsResponse, UwsSocketContext, UwsWebSocket, UwsWebSocketBehavior } from "./Uws.ts"
import type { UwsExchange } from "./UwsExchange.ts"
import { defaultIdleTimeoutSeconds, defaultMaxBackpressureBytes, SocketCloseCode } from "./WebSocketRoutes.ts"
import { inTurnOfItsOwn } from "./UwsUmbrella.ts"
import { upgradeRefused } from "./upgradeRequest.ts"

/** Bytes received that nobody has read yet; past this the socket fails, since uWebSockets cannot pause one. */
const unreadLimitBytes = 4 * 1_048_576
/** A writer waits while more than this has not left. */
const writeHighWaterBytes = 65_536

type Handle = (response: UwsResponse, request: UwsRequest, context: UwsSocketContext) => void
type Listener = (event: Socket.WebSocketEvent) => void

/** As much of a browser's WebSocket as `Socket.fromWebSocket` asks for. */
export class UwsBridgedSocket implements Socket.WebSocketLike {
  readyState = 1
  readonly #listeners = new Map<string, Set<Listener>>()
  #ws: UwsWebSocket<unknown> | undefined
  #drained: Array<() => void> = []

  attach(ws: UwsWebSocket<unknown>): void {
    this.#ws = ws
  }

  detach(code: number, reason: string): void {
    this.#ws = undefined
    this.readyState = 3
    this.#emit("close", { type: "close", code, reason })
    this.drained()
  }

  received(data: string | Uint8Array): void {
    this.#emit("message", { type: "message", data })
  }

  drained(): void {
    const waiting = this.#drained
    this.#drained = []
    for (const resume of waiting) resume()
  }

  /** Resumes when little enough waits, or the socket is gone. */
  readonly writable: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#ws === undefined || this.#ws.getBufferedAmount() <= writeHighWaterBytes) resume(Effect.void)
    else this.#drained.push(() => resume(this.writable))
  })

  addEventListener(type: "open" | "message" | "error" | "close", listener: Listener): void {
    const listeners = this.#listeners.get(type)
    if (listeners === undefined) this.#listeners.set(type, new Set([listener]))
    else listeners.add(listener)
  }

  removeEventListener(type: "open" | "message" | "error" | "close", listener: Listener): void {
    this.#listeners.get(type)?.delete(listener)
  }

  close(code?: number, reason?: string): void {
    if (this.#ws === undefined) return
    this.readyState = 2
    this.#ws.end(code, reason)
  }

  send(data: string | Uint8Array): void {
    if (this.#ws === undefined || this.#ws.send(data, typeof data !== "string", false) === dropped) {
      throw new Error("The socket is closed, or its peer does not read")
    }
  }

  #emit(type: string, event: Socket.WebSocketEvent): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event)
  }
}

/** uWebSockets' answer to a send past `maxBackpressure`. */
const dropped = 2

interface Attached {
  readonly socket: UwsBridgedSocket
}

/** For every path without a route of its own: the ordinary handler runs, and may ask for the upgrade. */
export const bridgeBehavior = (
  module: UwsModule,
  settings: ServerSettings,
  handle: Handle,
  connections: { http: number; webSockets: number },
  open: Set<UwsBridgedSocket>
): UwsWebSocketBehavior<Attached> => ({
  compression: module.DISABLED,
  maxPayloadLength: settings.maxBodyBytes,
  maxBackpressure: defaultMaxBackpressureBytes,
  closeOnBackpressureLimit: true,
  idleTimeout: defaultIdleTimeoutSeconds,
  sendPingsAutomatically: true,
  upgrade: handle,
  open: (ws) => {
    const { socket } = ws.getUserData()
    connections.http -= 1
    connections.webSockets += 1
    open.add(socket)
    socket.attach(ws)
  },
  message: (ws, message, isBinary) => {
    const copy = isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString("utf8")
    ws.getUserData().socket.received(copy)
  },
  drain: (ws) => ws.getUserData().socket.drained(),
  close: (ws, code, message) => {
    const { socket } = ws.getUserData()
    connections.webSockets -= 1
    open.delete(socket)
    socket.detach(code, Buffer.from(message).toString("utf8"))
  }
})

/** Fails with what is wrong. The handshake is answered when the socket's reader is acquired. */
export const upgradeUwsExchange = (
  exchange: UwsExchange,
  headers: Headers.Input | undefined
): Effect.Effect<Socket.Socket, string> =>
  Effect.suspend(() => {
    const { upgradeContext } = exchange
    if (upgradeContext === undefined) return Effect.fail("not an upgradeable request")
    if (headers !== undefined && Object.keys(Headers.fromInput(headers)).length > 0) {
      return Effect.fail("WebSocket upgrades do not support custom response headers")
    }
    if (upgradeRefused(exchange.headers["sec-websocket-version"], false) !== undefined) {
      return Effect.fail("only version 13 of the WebSocket protocol is spoken")
    }
    const socket = new UwsBridgedSocket()
    const answer = Effect.suspend(() => {
      if (exchange.over) return Effect.fail(gone)
      const key = exchange.headers["sec-websocket-key"] ?? ""
      const extensions = exchange.headers["sec-websocket-extensions"] ?? ""
      exchange.over = true
      exchange.upgraded = switchingProtocols
      const attached: Attached = { socket }
      exchange.server.umbrella.under(() => exchange.response.upgrade(attached, key, "", extensions, upgradeContext))
      return Effect.succeed(socket)
    })
    const acquire = Effect.acquireRelease(
      Effect.suspend(() => (exchange.corked ? answer : Effect.andThen(turnOfItsOwn, answer))),
      (_, exit) => Effect.sync(() => socket.close(closeCode(exit)))
    )
    return Effect.map(Socket.fromWebSocket(acquire, { highWaterMark: unreadLimitBytes }), (base) =>
      Socket.make({ reader: base.reader, writer: Effect.map(base.writer, (writer) => patient(writer, socket)) })
    )
  })

/** Effect's own writer never waits for a slow peer. */
const patient = (writer: Socket.Writer, socket: UwsBridgedSocket): Socket.Writer => ({
  write: (chunk) => Effect.andThen(writer.write(chunk), socket.writable),
  writeAll: (chunks) => Effect.andThen(writer.writeAll(chunks), socket.writable)
})

const turnOfItsOwn = Effect.callback<void>((resume) => inTurnOfItsOwn(() => resume(Effect.void)))

const switchingProtocols = HttpServerResponse.empty({ status: 101 })

const gone = new Socket.SocketError({
  reason: new Socket.SocketOpenError({ kind: "Unknown", cause: new Error("The client left before the upgrade") })
})

const closeCode = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.isSuccess(exit) ? 1000 : Cause.hasInterruptsOnly(exit.cause) ? 1001 : SocketCloseCode.internalError
