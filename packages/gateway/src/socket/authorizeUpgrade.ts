/** Who may open a socket: a page of our own host or of an allowed origin, or any program, with a key or a session that is good. */
import { Clock, Effect, Exit, Option, Schema, Scope } from "effect"
import type { Tracer } from "effect"
import { Headers, HttpTraceContext } from "effect/http"
import { problemContentType } from "@parley/domain/api/Problem"
import type { Authenticator } from "@parley/domain/Administration"
import type { CallerInfo } from "@parley/domain/Caller"
import type { Busy } from "@parley/domain/Errors"
import { Forbidden, InvalidRequest, Unauthorized, Unavailable } from "@parley/domain/Errors"
import { errorTraits } from "@parley/domain/ErrorTraits"
import { RequestId, makeRequestId } from "@parley/domain/Ids"
import { subprotocol } from "@parley/domain/SocketProtocol"
import { Secret } from "@parley/domain/Secret"
import { problemOf } from "../api/renderProblem.ts"
import { requireScope } from "../auth/authenticateRequest.ts"
import { isAllowedOrigin } from "../auth/requestOrigin.ts"
import { sessionOf } from "../auth/sessionCookie.ts"
import { retryAfterHeaders } from "../retryAfter.ts"
import type { UpgradeDecision, UpgradeRequest } from "../server/WebSocketRoutes.ts"
import { busyRetryAfterMs } from "./socketLimits.ts"
import type { SocketIdentity } from "./SocketSession.ts"

/** Counts a connection with its tenant for as long as its scope is open; a refusal refuses the upgrade. */
export type Admit = (caller: CallerInfo) => Effect.Effect<void, Busy | Forbidden | Unavailable, Scope.Scope>

export interface UpgradeRules {
  readonly authenticator: Authenticator["Service"]
  /** Origins beside our own host's that pages may come from: `https://chat.example`. */
  readonly allowedOrigins: ReadonlySet<string>
  readonly admit: Admit | undefined
  readonly isDraining: () => boolean
}

export interface AdmittedSocket extends SocketIdentity {
  /** Closed when the connection is over. */
  readonly scope: Scope.Closeable
}

type UpgradeError = Unauthorized | Forbidden | Busy | Unavailable | InvalidRequest

export const authorizeUpgrade = (rules: UpgradeRules, request: UpgradeRequest): Effect.Effect<UpgradeDecision<AdmittedSocket>> =>
  Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
    const requestId = Option.getOrElse(decodeRequestId(request.header("x-request-id")), () => makeRequestId(nowMs))
    const trace = traceOf(request)
    return identify(rules, request, requestId, trace).pipe(
      Effect.withSpan(
        "socket.upgrade",
        {
          kind: "server",
          ...(trace === undefined ? { root: true } : { parent: trace }),
          attributes: { requestId }
        },
        { captureStackTrace: false }
      ),
      Effect.tapDefect((defect) => Effect.logError("An upgrade had a defect", defect)),
      Effect.annotateLogs({ requestId }),
      Effect.match({
        onSuccess: (data): UpgradeDecision<AdmittedSocket> => ({ ok: true, protocol: subprotocol, data }),
        onFailure: (error) => refusal(error, requestId)
      })
    )
  })

const identify = Effect.fnUntraced(function* (
  rules: UpgradeRules,
  request: UpgradeRequest,
  requestId: RequestId,
  trace: Tracer.ExternalSpan | undefined
): Effect.fn.Return<AdmittedSocket, UpgradeError> {
  if (rules.isDraining()) {
    return yield* new Unavailable({
      message: "the server is going away",
      retryAfterMs: busyRetryAfterMs,
      workMayHaveHappened: false
    })
  }
  if (!isAllowedOrigin((name) => request.header(name), rules.allowedOrigins)) {
    return yield* new Forbidden({ message: "pages of this origin may not open sockets here" })
  }
  if (!request.protocols.includes(subprotocol)) {
    return yield* new InvalidRequest({
      message: `the subprotocol ${subprotocol} must be offered`,
      issues: [{ path: "sec-websocket-protocol", message: `expected ${subprotocol}` }]
    })
  }
  const key = presentedKey(request)
  if (key === undefined) return yield* new Unauthorized({ message: "no key" })
  const caller = yield* requireScope(yield* rules.authenticator.authenticate(key, requestId), "chat")
  const scope = Scope.makeUnsafe()
  if (rules.admit !== undefined) {
    yield* rules.admit(caller).pipe(
      Scope.provide(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
  }
  return { caller, key, trace, scope }
})

const keyProtocol = "parley.key."

const presentedKey = (request: UpgradeRequest): Secret | undefined => {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.header("authorization") ?? "")?.[1]
  if (bearer !== undefined) return new Secret(bearer)
  const offered = request.protocols.find((protocol) => protocol.startsWith(keyProtocol))
  return offered === undefined ? sessionOf((name) => request.header(name)) : new Secret(offered.slice(keyProtocol.length))
}

const decodeRequestId = Schema.decodeUnknownOption(RequestId)

const traceOf = (request: UpgradeRequest): Tracer.ExternalSpan | undefined => {
  const traceparent = request.header("traceparent")
  return traceparent === undefined ? undefined : Option.getOrUndefined(HttpTraceContext.w3c(Headers.fromInput({ traceparent })))
}

/** Problem details, as on `/api`. */
const refusal = (error: UpgradeError, requestId: RequestId): UpgradeDecision<AdmittedSocket> => ({
  ok: false,
  status: errorTraits[error._tag].status,
  headers: {
    "content-type": problemContentType,
    "x-request-id": requestId,
    ...retryAfterHeaders(error),
    ...(error._tag === "Unauthorized" ? { "www-authenticate": "Bearer" } : {})
  },
  body: JSON.stringify(problemOf(error, requestId))
})
