/**
 * Stops without losing an answer: it says that it is not ready and goes on for a while, so that nothing more is sent here; then no new requests, then time for running answers while their followers are still connected, then
 * "reconnect" to every client. What is still running after that is in the journal, and is continued at the next start.
 */
import { Readiness } from "@parley/domain/Administration"
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { SocketSessions } from "@parley/gateway/socket/SocketSessions"
import { RunningRuns } from "@parley/runtime/conversations/RunningRuns"
import { Effect } from "effect"
import { DrainGate } from "./DrainGate.ts"

/** Milliseconds over which clients are told to reconnect, so that they do not all come back at once. */
const reconnectSpreadMs = 500

/**
 * `startsTurns`: answers begin in this process, and begin no more once it stops. A gateway goes on to pass them on: they begin elsewhere, and whoever stands in front sends
 * some for as long as it keeps connections from before.
 */
export const drain = (delayMs: number, timeoutMs: number, startsTurns: boolean) =>
  Effect.gen(function* () {
    const runs = yield* RunningRuns
    const server = yield* GatewayServer
    yield* (yield* Readiness).setDraining
    if (delayMs > 0) {
      yield* server.endKeepAlive
      yield* Effect.logInfo(`Stopping: not ready any more; requests are still taken for ${delayMs} ms`)
      yield* Effect.raceFirst(Effect.sleep(delayMs), secondSignal)
    }
    if (startsTurns) yield* (yield* DrainGate).close
    yield* server.stopAccepting
    yield* awaitRuns(runs, timeoutMs)
    yield* (yield* SocketSessions).drain(reconnectSpreadMs)
    yield* server.drain
    yield* Effect.logInfo("Parley has stopped")
  })

/** Gives running answers time. */
export const awaitRuns = (runs: RunningRuns["Service"], timeoutMs: number) =>
  Effect.gen(function* () {
    const running = yield* runs.count
    if (running > 0) {
      yield* Effect.logInfo(`Stopping: ${running} running answers get ${timeoutMs} ms to finish; interrupt again to stop at once`)
    }
    const finished = yield* Effect.raceFirst(runs.awaitIdle(timeoutMs), Effect.as(secondSignal, false))
    if (!finished)
      yield* Effect.logWarning(
        `${yield* runs.count} answers are still running; they continue at the next start, or in another process`
      )
  })

/** Who asks twice does not want to wait. */
const secondSignal = Effect.callback<void>((resume) => {
  const stop = () => resume(Effect.void)
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  return Effect.sync(() => {
    process.off("SIGINT", stop)
    process.off("SIGTERM", stop)
  })
})
