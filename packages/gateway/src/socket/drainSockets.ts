/** Tells the clients to reconnect elsewhere, and spreads their going so that they do not all come at once. */
import { Effect, Random } from "effect"
import { CloseCode } from "@parley/domain/SocketProtocol"
import type { SocketHost } from "./SocketHost.ts"
import { drainCommandsMs } from "./socketLimits.ts"
import { goAwayFrame } from "./writeFrame.ts"

/** In how many groups the sockets are closed. */
const groups = 20
/** How often it is looked whether the last commands have ended. */
const pollMs = 20

/** Over `withinMs`; with 0 at once, and without waiting for commands under way. */
export const drainSockets = Effect.fn("socket.drain")(function* (host: SocketHost, withinMs: number) {
  host.isDraining = true
  const sessions = yield* Random.shuffle(host.sessions)
  const frame = goAwayFrame(withinMs)
  for (const session of sessions) session.post(frame)
  const groupSize = Math.ceil(sessions.length / groups)
  for (let start = 0; start < sessions.length; start += groupSize) {
    if (withinMs > 0) yield* Effect.sleep(withinMs / groups)
    for (const session of sessions.slice(start, start + groupSize)) session.close(CloseCode.goAway, "going away")
  }
  const waitMs = withinMs > 0 ? drainCommandsMs : 0
  for (let waitedMs = 0; host.commandsUnderWay > 0 && waitedMs < waitMs; waitedMs += pollMs) {
    yield* Effect.sleep(pollMs)
  }
  for (const session of host.sessions) session.interruptOverdue(Number.POSITIVE_INFINITY)
})
