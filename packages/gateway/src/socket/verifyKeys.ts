/** Closes the sockets whose key has been revoked or has expired since they were opened. */
import { Effect, Option } from "effect"
import type { Authenticator } from "@parley/domain/Administration"
import type { CallerInfo } from "@parley/domain/Caller"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { requireScope } from "../auth/authenticateRequest.ts"
import type { SocketHost } from "./SocketHost.ts"
import { verifyKeysConcurrency, verifyKeyTimeoutMs } from "./socketLimits.ts"
import type { SocketSession } from "./SocketSession.ts"

/** Each key once, however many sockets it has; those of all, or of whom is meant. When keys cannot be verified now, nothing changes. */
export const verifyKeys = (
  host: SocketHost,
  authenticator: Authenticator["Service"],
  isMeant: (caller: CallerInfo) => boolean = () => true
): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.forEach(
      byKey([...host.sessions].filter(({ caller }) => isMeant(caller))),
      (sessions) => verifyKey(authenticator, sessions),
      {
        concurrency: verifyKeysConcurrency,
        discard: true
      }
    )
  )

const byKey = (sessions: Iterable<SocketSession>): Iterable<ReadonlyArray<SocketSession>> => {
  const groups = new Map<string, Array<SocketSession>>()
  for (const session of sessions) {
    const key = session.key.reveal()
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [session])
    else group.push(session)
  }
  return groups.values()
}

const verifyKey = (authenticator: Authenticator["Service"], sessions: ReadonlyArray<SocketSession>): Effect.Effect<void> => {
  const [first] = sessions
  if (first === undefined) return Effect.void
  return authenticator.authenticate(first.key, first.caller.requestId).pipe(
    Effect.flatMap((caller) => requireScope(caller, "chat")),
    Effect.timeoutOption(verifyKeyTimeoutMs),
    Effect.match({
      onSuccess: (caller) => {
        if (Option.isNone(caller)) return
        for (const session of sessions) session.caller = { ...caller.value, requestId: session.caller.requestId }
      },
      onFailure: (error) => {
        if (error._tag === "Unavailable") return
        for (const session of sessions) session.close(CloseCode.unauthorized, "the key is no longer good")
      }
    }),
    // A defect with one key must not end the rounds for all.
    Effect.catchCause((cause) => Effect.logError("A key of an open socket could not be verified", cause))
  )
}
