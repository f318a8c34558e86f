/** The socket door on sockets that are plain objects: what it sends is in `sent`, in order. */
import { Effect, Layer, Schema } from "effect"
import { ServerFrame } from "@parley/domain/SocketProtocol"
import { SocketDoor } from "../../src/socket/SocketDoor.ts"
import type { SocketDoorOptions } from "../../src/socket/SocketDoor.ts"
import { WebSocketRoutes } from "../../src/server/WebSocketRoutes.ts"
import type { Socket, UpgradeDecision, UpgradeRequest, WebSocketRoute } from "../../src/server/WebSocketRoutes.ts"
import { SocketConversations } from "./socketConversations.ts"
import { SocketKeys, goodKey } from "./socketKeys.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ServerFrame))

/** The route, with its data's type forgotten by closing over it. */
interface Route {
  readonly connect: (
    request: UpgradeRequest
  ) => Effect.Effect<{ readonly refusal: Refusal } | { readonly open: (socket: Socket) => Wire }>
}
export type Refusal = Extract<UpgradeDecision<unknown>, { ok: false }>
interface Wire {
  readonly message: (message: string | Uint8Array) => void
  readonly drain: () => void
  readonly closed: (code: number, reason: string) => void
}

export class FakeSocket implements Socket {
  readonly sent: Array<string> = []
  /** How many frames left in each write. */
  readonly writes: Array<number> = []
  readonly remoteAddress = "127.0.0.1"
  buffered = 0
  closeCode: number | undefined
  closeReason: string | undefined
  wire: Wire | undefined
  #corked: number | undefined

  get closed(): boolean {
    return this.closeCode !== undefined
  }
  readonly send = (message: string | Uint8Array): 0 | 1 | 2 => {
    if (this.closed) return 2
    this.sent.push(typeof message === "string" ? message : new TextDecoder().decode(message))
    if (this.#corked === undefined) this.writes.push(1)
    else this.#corked++
    return 1
  }
  readonly bufferedBytes = () => this.buffered
  readonly end = (code: number, reason: string) => {
    if (this.closed) return
    this.closeCode = code
    this.closeReason = reason
    this.wire?.closed(code, reason)
  }
  readonly terminate = () => this.end(1006, "")
  readonly cork = (write: () => void) => {
    this.#corked = 0
    write()
    this.writes.push(this.#corked)
    this.#corked = undefined
  }
  /** All frames so far, as a client reads them. */
  get frames(): ReadonlyArray<ServerFrame> {
    return this.sent.map((text) => decode(text))
  }
  /** From the client. */
  write(frame: object | string): void {
    this.wire?.message(typeof frame === "string" ? frame : JSON.stringify(frame))
  }
}

export const requestOf = (headers: Record<string, string> = {}): UpgradeRequest => ({
  header: (name) => headers[name],
  url: "/ws",
  remoteAddress: "127.0.0.1",
  protocols: (headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim())
})

export const goodHeaders = { "sec-websocket-protocol": "parley.v1", authorization: `Bearer ${goodKey}` }

export class SocketBench {
  readonly conversations = new SocketConversations()
  readonly keys = new SocketKeys()
  #route: Route | undefined

  layer(options: SocketDoorOptions = {}) {
    const routes = Layer.succeed(WebSocketRoutes, {
      add: <Data, R>(route: WebSocketRoute<Data, R>) =>
        Effect.map(Effect.context<R>(), (context) => {
          this.#route = {
            connect: (request) =>
              Effect.map(Effect.provideContext(route.authorize(request), context), (decision) =>
                decision.ok
                  ? {
                      open: (socket: Socket) => {
                        route.open(socket, decision.data)
                        return {
                          message: (message: string | Uint8Array) => route.message(socket, decision.data, message),
                          drain: () => route.drain(socket, decision.data),
                          closed: (code: number, reason: string) => route.close(socket, decision.data, code, reason)
                        }
                      }
                    }
                  : { refusal: decision }
              )
          }
        })
    })
    return SocketDoor.layer({ finalDrainMs: 0, ...options }).pipe(
      Layer.provide(routes),
      Layer.provide(this.conversations.layer),
      Layer.provide(this.keys.layer)
    )
  }

  refuse(headers: Record<string, string>): Effect.Effect<Refusal | undefined> {
    return Effect.map(this.#connect(headers), (result) => ("refusal" in result ? result.refusal : undefined))
  }

  connect(headers: Record<string, string> = goodHeaders): Effect.Effect<FakeSocket> {
    return Effect.map(this.#connect(headers), (result) => {
      if ("refusal" in result) throw new Error(`refused with ${result.refusal.status}`)
      const socket = new FakeSocket()
      socket.wire = result.open(socket)
      return socket
    })
  }

  #connect(headers: Record<string, string>) {
    if (this.#route === undefined) throw new Error("the door's layer is not built")
    return this.#route.connect(requestOf(headers))
  }
}

/** The end of this turn, with all that runs in it. */
export const turn: Effect.Effect<void> = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
