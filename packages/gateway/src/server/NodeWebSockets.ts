/** The same WebSocket routes over `ws`, for the engine that is Node's own server. */
import * as NodeWS from "@effect/platform-node/NodeWS"
import { Cause, Effect, Exit } from "effect"
import type { Context } from "effect"
import { STATUS_CODES } from "node:http"
import type { IncomingMessage } from "node:http"
import type { Socket as NetSocket } from "node:net"
import { defaultIdleTimeoutSeconds, defaultMaxBackpressureBytes, SocketCloseCode } from "./WebSocketRoutes.ts"
import type { Socket, UpgradeDecision, WebSocketRoute, WebSocketRoutes } from "./WebSocketRoutes.ts"
import { offeredProtocols, upgradeRefused } from "./upgradeRequest.ts"

type Upgrade = (request: IncomingMessage, connection: NetSocket, head: Buffer) => void

export interface NodeWebSockets {
  readonly routes: WebSocketRoutes["Service"]
  /** False: no route for this path. */
  readonly upgrade: (request: IncomingMessage, connection: NetSocket, head: Buffer) => boolean
  readonly endAll: () => void
  readonly terminateAll: () => void
}

export const makeNodeWebSockets = (
  connections: { webSockets: number },
  state: { readonly draining: boolean }
): NodeWebSockets => {
  const upgrades = new Map<string, Upgrade>()
  const open = new Set<NodeSocket>()
  const add = <Data, R>(route: WebSocketRoute<Data, R>): Effect.Effect<void, never, R> =>
    Effect.contextWith((context: Context.Context<R>) =>
      Effect.sync(() => {
        upgrades.set(route.path, makeUpgrade(route, context, connections, state, open))
      })
    )
  return {
    routes: { add },
    upgrade: (request, connection, head) => {
      const [path = "/"] = (request.url ?? "/").split("?", 1)
      const upgrade = upgrades.get(path)
      if (upgrade === undefined || request.headers.upgrade?.toLowerCase() !== "websocket") return false
      upgrade(request, connection, head)
      return true
    },
    endAll: () => {
      for (const socket of open) socket.end(SocketCloseCode.serviceRestart, "the server restarts")
    },
    terminateAll: () => {
      for (const socket of open) socket.drop()
    }
  }
}

const makeUpgrade = <Data, R>(
  route: WebSocketRoute<Data, R>,
  context: Context.Context<R>,
  connections: { webSockets: number },
  state: { readonly draining: boolean },
  open: Set<NodeSocket>
): Upgrade => {
  const run = Effect.runForkWith(context)
  const selected = new WeakMap<IncomingMessage, string>()
  const server = new NodeWS.WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: route.maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (_, request) => selected.get(request) ?? false
  })
  const fail = (socket: Socket, defect: unknown) => {
    run(Effect.logError("A WebSocket callback threw", Cause.die(defect)))
    socket.end(SocketCloseCode.internalError, "internal error")
  }
  const attach = (ws: NodeWS.WebSocket, connection: NetSocket, data: Data): void => {
    const socket = new NodeSocket(ws, connection, route.maxBackpressureBytes ?? defaultMaxBackpressureBytes)
    const guarded = (callback: () => void) => {
      try {
        callback()
      } catch (defect) {
        fail(socket, defect)
      }
    }
    connections.webSockets += 1
    open.add(socket)
    const heartbeat = keepAlive(ws, route.idleTimeoutSeconds ?? defaultIdleTimeoutSeconds)
    connection.on("drain", () => {
      if (!socket.closed) guarded(() => route.drain(socket, data))
    })
    ws.on("message", (message, isBinary) => {
      if (socket.closed) return
      const bytes = Buffer.isBuffer(message) ? message : Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message)
      guarded(() => route.message(socket, data, isBinary ? new Uint8Array(bytes) : bytes.toString("utf8")))
    })
    // A broken frame or connection; `close` follows.
    ws.on("error", () => {})
    ws.once("close", (code, reason) => {
      clearInterval(heartbeat)
      connections.webSockets -= 1
      open.delete(socket)
      socket.closed = true
      guarded(() => route.close(socket, data, code, reason.toString("utf8")))
    })
    guarded(() => route.open(socket, data))
  }
  return (request, connection, head) => {
    const refused = upgradeRefused(request.headers["sec-websocket-version"], state.draining)
    if (refused !== undefined) return refuse(connection, refused)
    const header = (name: string) => {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(", ") : value
    }
    const fiber = run(
      route.authorize({
        header,
        url: request.url ?? "/",
        remoteAddress: connection.remoteAddress ?? "",
        protocols: offeredProtocols(header("sec-websocket-protocol"))
      })
    )
    const stopWatching = onceGone(connection, () => fiber.interruptUnsafe())
    fiber.addObserver((exit) => {
      stopWatching()
      if (connection.destroyed) return
      const decision: UpgradeDecision<Data> = Exit.isSuccess(exit) ? exit.value : { ok: false, status: 500 }
      if (!decision.ok) return refuse(connection, decision)
      const { data, protocol } = decision
      if (protocol !== undefined) selected.set(request, protocol)
      server.handleUpgrade(request, connection, head, (ws) => attach(ws, connection, data))
    })
  }
}

/** Nobody reads the connection before the handshake is answered, so its end would not show; bytes that came early stay where they are. */
const onceGone = (connection: NetSocket, gone: () => void): (() => void) => {
  const look = () => {
    if (connection.readableLength === 0) connection.read()
  }
  const leave = () => connection.destroy()
  connection.on("error", () => {})
  connection.on("readable", look)
  connection.once("end", leave)
  connection.once("close", gone)
  return () => {
    connection.off("readable", look)
    connection.off("end", leave)
    connection.off("close", gone)
  }
}

class NodeSocket implements Socket {
  closed = false
  readonly remoteAddress: string
  readonly #ws: NodeWS.WebSocket
  readonly #connection: NetSocket
  readonly #maxBackpressureBytes: number

  constructor(ws: NodeWS.WebSocket, connection: NetSocket, maxBackpressureBytes: number) {
    this.#ws = ws
    this.#connection = connection
    this.#maxBackpressureBytes = maxBackpressureBytes
    this.remoteAddress = connection.remoteAddress ?? ""
  }

  send(message: string | Uint8Array): 0 | 1 | 2 {
    if (this.closed) return 2
    if (this.#ws.bufferedAmount + Buffer.byteLength(message) > this.#maxBackpressureBytes) {
      this.terminate()
      return 2
    }
    this.#ws.send(message)
    return this.#ws.bufferedAmount === 0 ? 1 : 0
  }

  bufferedBytes(): number {
    return this.closed ? 0 : this.#ws.bufferedAmount
  }

  end(code: number, reason: string): void {
    if (this.closed) return
    this.closed = true
    this.#ws.close(code, reason)
  }

  terminate(): void {
    if (this.closed) return
    this.closed = true
    this.#ws.terminate()
  }

  /** Also one that was ended and whose peer does not answer. */
  drop(): void {
    this.#ws.terminate()
  }

  cork(write: () => void): void {
    this.#connection.cork()
    try {
      write()
    } finally {
      this.#connection.uncork()
    }
  }
}

/** Two beats without a sign of life are the idle timeout. */
const keepAlive = (ws: NodeWS.WebSocket, idleTimeoutSeconds: number): NodeJS.Timeout => {
  let alive = true
  const seen = () => {
    alive = true
  }
  ws.on("pong", seen)
  ws.on("message", seen)
  const timer = setInterval(() => {
    if (!alive) return ws.terminate()
    alive = false
    ws.ping()
  }, idleTimeoutSeconds * 500)
  timer.unref()
  return timer
}

const refuse = (connection: NetSocket, decision: Extract<UpgradeDecision<unknown>, { readonly ok: false }>): void => {
  const body = decision.body ?? ""
  const headers = { ...decision.headers, connection: "close", "content-length": String(Buffer.byteLength(body)) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // Nobody reads this connection any more, so its other end would not show.
  connection.once("finish", () => connection.destroy())
  connection.end(`HTTP/1.1 ${decision.status} ${STATUS_CODES[decision.status] ?? ""}\r\n${lines.join("")}\r\n${body}`)
}
