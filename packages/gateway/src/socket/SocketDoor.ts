/** `/ws`: the WebSocket protocol `parley.v1`, as docs/websocket.md says. */
import { Clock, Context, Effect, Layer, Random, Scope, Tracer } from "effect"
import { Authenticator } from "@parley/domain/Administration"
import { Conversations } from "@parley/domain/Conversations"
import { Notices } from "@parley/domain/Notices"
import { CloseCode, maxClientFrameBytes } from "@parley/domain/SocketProtocol"
import { WebSocketRoutes } from "../server/WebSocketRoutes.ts"
import { normalOrigin } from "../auth/requestOrigin.ts"
import { authorizeUpgrade } from "./authorizeUpgrade.ts"
import type { Admit, AdmittedSocket } from "./authorizeUpgrade.ts"
import { drainSockets } from "./drainSockets.ts"
import { SocketHost } from "./SocketHost.ts"
import {
  finalDrainMs,
  maxBackpressureBytes,
  maxCommandMs,
  openWithinMs,
  sweepEveryMs,
  verifyKeysEveryMs
} from "./socketLimits.ts"
import { SocketSession } from "./SocketSession.ts"
import { SocketSessions } from "./SocketSessions.ts"
import { verifyKeys } from "./verifyKeys.ts"

export interface SocketDoorOptions {
  readonly allowedOrigins?: ReadonlyArray<string>
  readonly admit?: Admit
  /** How often the keys of open sockets are verified, for what no notice tells of; 30 s when absent. */
  readonly verifyKeysEveryMs?: number
  /** Over how many milliseconds the sockets are closed when the layer ends undrained. 0: at once, and no command is waited for. */
  readonly finalDrainMs?: number
}

/**
 * A longer frame than a client may send is still read, up to this, so that it can be refused with a reason. Past it uWebSockets closes the connection by
 * the frame's head, without a close frame: a reason for any length would be for any client to fill memory with.
 */
const maxReadBytes = 4 * maxClientFrameBytes

/** From the granted upgrade to the end of the connection. */
interface Connection extends AdmittedSocket {
  session: SocketSession | undefined
  readonly grantedAtMs: number
}

const make = Effect.fnUntraced(function* (options: SocketDoorOptions) {
  const routes = yield* WebSocketRoutes
  const authenticator = yield* Authenticator
  const conversations = yield* Conversations
  const context = yield* Effect.context<never>()
  // A command belongs neither to the scope nor to the span in which the door was built.
  const host = new SocketHost(
    { authenticator, conversations },
    Context.omit(Scope.Scope, Tracer.ParentSpan)(context),
    yield* Clock.Clock
  )
  /** Granted, but not open: the client may leave in between, and nobody says so. */
  const granted = new Set<Connection>()
  const rules = {
    authenticator,
    allowedOrigins: new Set((options.allowedOrigins ?? []).map(normalOrigin)),
    admit: options.admit,
    isDraining: () => host.isDraining
  }

  yield* routes.add<Connection, never>({
    path: "/ws",
    maxFrameBytes: maxReadBytes,
    maxBackpressureBytes,
    authorize: (request) =>
      Effect.map(authorizeUpgrade(rules, request), (decision) => {
        if (!decision.ok) return decision
        const connection: Connection = { ...decision.data, session: undefined, grantedAtMs: host.nowMs() }
        granted.add(connection)
        return { ...decision, data: connection }
      }),
    open: (socket, connection) => {
      granted.delete(connection)
      connection.session = new SocketSession(host, socket, connection)
      if (host.isDraining) connection.session.close(CloseCode.goAway, "going away")
    },
    message: (_, { session }, message) => {
      if (typeof message === "string") session?.receive(message)
      else session?.receiveBinary()
    },
    drain: (_, { session }) => session?.drained(),
    close: (_, connection) => {
      connection.session?.closed()
      host.closeScope(connection.scope)
    }
  })

  const sweep = Effect.sync(() => {
    const nowMs = host.nowMs()
    for (const session of host.sessions) session.interruptOverdue(nowMs - maxCommandMs)
    for (const connection of granted) {
      if (connection.grantedAtMs > nowMs - openWithinMs) continue
      granted.delete(connection)
      host.closeScope(connection.scope)
    }
  })
  yield* Effect.forkScoped(Effect.forever(Effect.delay(sweep, sweepEveryMs)))
  const everyMs = options.verifyKeysEveryMs ?? verifyKeysEveryMs
  // At a time of its own in each process, so that a fleet does not ask all at once.
  yield* Effect.forkScoped(
    Effect.andThen(
      Effect.flatMap(Random.nextIntBetween(0, everyMs), Effect.sleep),
      Effect.forever(Effect.delay(verifyKeys(host, authenticator), everyMs))
    )
  )
  yield* (yield* Notices).listen((notice) => {
    if (notice.type === "list") return host.lists.tell(notice)
    const { principalId, tenantId } = notice
    host.fork(
      verifyKeys(
        host,
        authenticator,
        (caller) => caller.tenantId === tenantId && (principalId === undefined || caller.principalId === principalId)
      )
    )
  })
  yield* Effect.addFinalizer(() => drainSockets(host, options.finalDrainMs ?? finalDrainMs))

  return SocketSessions.of({
    count: Effect.sync(() => host.sessions.size),
    drain: (withinMs) => drainSockets(host, withinMs)
  })
})

export const SocketDoor = {
  layer: (options: SocketDoorOptions = {}): Layer.Layer<SocketSessions, never, WebSocketRoutes | Authenticator | Conversations> =>
    Layer.effect(SocketSessions, make(options))
}
