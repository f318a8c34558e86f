/** Native WebSocket routes of uWebSockets. */
import { Cause, Effect, Exit } from "effect"
import type { Context, Fiber } from "effect"
import { STATUS_CODES } from "node:http"
import type { UwsApp, UwsModule, UwsRequest, UwsResponse, UwsSocketContext, UwsWebSocket } from "./Uws.ts"
import { readAddress, readHeaders, readUrl } from "./UwsExchange.ts"
import type { UwsServerState } from "./UwsExchange.ts"
import { defaultIdleTimeoutSeconds, defaultMaxBackpressureBytes, SocketCloseCode } from "./WebSocketRoutes.ts"
import type { Socket, UpgradeDecision, UpgradeRequest, WebSocketRoute, WebSocketRoutes } from "./WebSocketRoutes.ts"
import { inTurnOfItsOwn } from "./UwsUmbrella.ts"
import { offeredProtocols, upgradeRefused } from "./upgradeRequest.ts"

interface Attached<Data> {
  readonly socket: UwsSocket
  readonly data: Data
}

export const makeUwsWebSockets = (
  app: UwsApp,
  module: UwsModule,
  connections: { http: number; webSockets: number },
  state: UwsServerState
): { readonly routes: WebSocketRoutes["Service"]; readonly endAll: () => void } => {
  const open = new Set<UwsSocket>()
  const add = <Data, R>(route: WebSocketRoute<Data, R>): Effect.Effect<void, never, R> =>
    Effect.contextWith((context: Context.Context<R>) =>
      Effect.sync(() => {
        const run = Effect.runForkWith(context)
        const fail = (socket: Socket, defect: unknown) => {
          run(Effect.logError("A WebSocket callback threw", Cause.die(defect)))
          socket.end(SocketCloseCode.internalError, "internal error")
        }
        app.ws<Attached<Data>>(route.path, {
          compression: module.DISABLED,
          maxPayloadLength: route.maxFrameBytes,
          maxBackpressure: route.maxBackpressureBytes ?? defaultMaxBackpressureBytes,
          closeOnBackpressureLimit: true,
          idleTimeout: route.idleTimeoutSeconds ?? defaultIdleTimeoutSeconds,
          sendPingsAutomatically: true,
          upgrade: (response, request, socketContext) =>
            upgrade(response, request, socketContext, state, (upgradeRequest) => run(route.authorize(upgradeRequest))),
          open: (ws) => {
            const { data, socket } = ws.getUserData()
            connections.http -= 1
            connections.webSockets += 1
            open.add(socket)
            socket.attach(ws)
            try {
              route.open(socket, data)
            } catch (defect) {
              fail(socket, defect)
            }
          },
          message: (ws, message, isBinary) => {
            const { data, socket } = ws.getUserData()
            // uWebSockets hands over what had already arrived before the end.
            if (socket.closed) return
            try {
              route.message(socket, data, isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString("utf8"))
            } catch (defect) {
              fail(socket, defect)
            }
          },
          drain: (ws) => {
            const { data, socket } = ws.getUserData()
            if (socket.closed) return
            try {
              route.drain(socket, data)
            } catch (defect) {
              fail(socket, defect)
            }
          },
          close: (ws, code, message) => {
            const { data, socket } = ws.getUserData()
            const reason = Buffer.from(message).toString("utf8")
            connections.webSockets -= 1
            open.delete(socket)
            socket.detach(() => {
              try {
                route.close(socket, data, code, reason)
              } catch (defect) {
                fail(socket, defect)
              }
            })
          }
        })
      })
    )
  return {
    routes: { add },
    endAll: () => {
      for (const socket of open) socket.end(SocketCloseCode.serviceRestart, "the server restarts")
    }
  }
}

class UwsSocket implements Socket {
  closed = false
  readonly remoteAddress: string
  #ws: UwsWebSocket<unknown> | undefined
  /** Something was not taken at once: until the engine says that nothing is left, it is asked. */
  #mayBuffer = false
  /** The native close handler runs inside `end`; the route's must not. */
  #calling = false

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress
  }

  attach(ws: UwsWebSocket<unknown>): void {
    this.#ws = ws
  }

  detach(close: () => void): void {
    this.#ws = undefined
    this.closed = true
    if (this.#calling) queueMicrotask(close)
    else close()
  }

  send(message: string | Uint8Array): 0 | 1 | 2 {
    if (this.closed || this.#ws === undefined) return 2
    const sent = this.#ws.send(message, typeof message !== "string", false)
    if (sent === 1) return 1
    this.#mayBuffer = true
    if (sent === 0) return 0
    this.terminate()
    return 2
  }

  bufferedBytes(): number {
    if (!this.#mayBuffer) return 0
    const bytes = this.#ws?.getBufferedAmount() ?? 0
    this.#mayBuffer = bytes > 0
    return bytes
  }

  end(code: number, reason: string): void {
    if (this.closed) return
    this.closed = true
    this.#call((ws) => ws.end(code, reason))
  }

  terminate(): void {
    if (this.closed) return
    this.closed = true
    this.#call((ws) => ws.close())
  }

  cork(write: () => void): void {
    if (this.closed || this.#ws === undefined) return write()
    this.#ws.cork(write)
    // What it could not write is not told.
    this.#mayBuffer = true
  }

  #call(act: (ws: UwsWebSocket<unknown>) => void): void {
    const ws = this.#ws
    if (ws === undefined) return
    this.#calling = true
    act(ws)
    this.#calling = false
  }
}

/** All that is needed later is copied first: the request dies when this returns. */
const upgrade = <Data>(
  response: UwsResponse,
  request: UwsRequest,
  socketContext: UwsSocketContext,
  state: UwsServerState,
  authorize: (request: UpgradeRequest) => Fiber.Fiber<UpgradeDecision<Data>>
): void => {
  const key = request.getHeader("sec-websocket-key")
  const extensions = request.getHeader("sec-websocket-extensions")
  const headers = readHeaders(request)
  const url = readUrl(request)
  const remoteAddress = readAddress(response)
  const refused = upgradeRefused(headers["sec-websocket-version"], state.draining)
  if (refused !== undefined) return refuse(response, refused)

  const decide = (exit: Exit.Exit<UpgradeDecision<Data>>): void => {
    const decision = Exit.isSuccess(exit) ? exit.value : failedDecision
    if (!decision.ok) return refuse(response, decision)
    const attached: Attached<Data> = { socket: new UwsSocket(remoteAddress), data: decision.data }
    const { protocol = "" } = decision
    state.umbrella.under(() => response.upgrade(attached, key, protocol, extensions, socketContext))
  }
  const fiber = authorize({
    header: (name) => headers[name],
    url,
    remoteAddress,
    protocols: offeredProtocols(headers["sec-websocket-protocol"])
  })
  const exit = fiber.pollUnsafe()
  if (exit !== undefined) return decide(exit)
  let aborted = false
  response.onAborted(() => {
    aborted = true
    fiber.interruptUnsafe()
  })
  // Whatever let the fiber go on may be another request's callback.
  fiber.addObserver((late) =>
    inTurnOfItsOwn(() => {
      if (!aborted) decide(late)
    })
  )
}

const failedDecision = { ok: false, status: 500 } as const

const refuse = (response: UwsResponse, decision: Extract<UpgradeDecision<unknown>, { readonly ok: false }>): void => {
  response.cork(() => {
    response.writeStatus(`${decision.status} ${STATUS_CODES[decision.status] ?? ""}`)
    for (const [name, value] of Object.entries(decision.headers ?? {})) response.writeHeader(name, value)
    response.end(decision.body ?? "")
  })
}
