/**
 * WebSocket endpoints by plain callbacks, the same on every engine: native sockets on uWebSockets, `ws` on Node. There is no fiber, queue or
 * stream per socket or message; coalescing what is sent belongs to the caller.
 */
import { Context } from "effect"
import type { Effect } from "effect"

/** A silent peer is pinged, and closed when it has said nothing for so long. uWebSockets takes 8 to 960. */
export const defaultIdleTimeoutSeconds = 46
/** Bytes that may wait for a slow peer; past this the socket is dead. */
export const defaultMaxBackpressureBytes = 1_048_576

/** Of RFC 6455's registry, sent by the server itself. */
export const SocketCloseCode = { internalError: 1011, serviceRestart: 1012 } as const

/** Methods: every frame passes here, and a function of each socket's own would be one more object to touch. */
export interface Socket {
  /** 1: sent. 0: buffered. 2: dropped, the socket is dead (also once closed); `close` follows, never inside `send`. */
  send(message: string | Uint8Array): 0 | 1 | 2
  bufferedBytes(): number
  /** Says goodbye with a close frame. Idempotent. */
  end(code: number, reason: string): void
  /** Drops the connection without a close frame. Idempotent. */
  terminate(): void
  /** Packs the sends of `write` into one write to the kernel. */
  cork(write: () => void): void
  readonly closed: boolean
  readonly remoteAddress: string
}

export interface UpgradeRequest {
  /** By its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** Path and query. */
  readonly url: string
  readonly remoteAddress: string
  /** Subprotocols that the client offers, in its order. */
  readonly protocols: ReadonlyArray<string>
}

export type UpgradeDecision<Data> =
  | { readonly ok: true; readonly protocol?: string | undefined; readonly data: Data }
  | {
      readonly ok: false
      readonly status: number
      readonly headers?: Readonly<Record<string, string>> | undefined
      readonly body?: string | undefined
    }

/** Callbacks are synchronous; one that throws is logged and its socket is ended with 1011. */
export interface WebSocketRoute<Data, R = never> {
  /** Exact, without a query. */
  readonly path: `/${string}`
  /** A longer frame closes its socket. */
  readonly maxFrameBytes: number
  readonly maxBackpressureBytes?: number | undefined
  readonly idleTimeoutSeconds?: number | undefined
  /** Decides about the upgrade; interrupted when the client leaves before. */
  readonly authorize: (request: UpgradeRequest) => Effect.Effect<UpgradeDecision<Data>, never, R>
  readonly open: (socket: Socket, data: Data) => void
  /** Bytes are a copy that the callee may keep. */
  readonly message: (socket: Socket, data: Data, message: string | Uint8Array) => void
  /** Something that was buffered has left. */
  readonly drain: (socket: Socket, data: Data) => void
  /** Once, after `open`; the socket is closed already. */
  readonly close: (socket: Socket, data: Data, code: number, reason: string) => void
}

export class WebSocketRoutes extends Context.Service<
  WebSocketRoutes,
  {
    /** Serves the route from now on, for as long as the server lives. */
    readonly add: <Data, R>(route: WebSocketRoute<Data, R>) => Effect.Effect<void, never, R>
  }
>()("@parley/gateway/server/WebSocketRoutes") {}
