/**
 * Runners watch each other, so that what a dead one served goes to another long before its lease ends. A runner is dead by two witnesses: its
 * heartbeat in Postgres has stopped, and it does not answer this process. Either alone has harmless reasons: after an outage of Postgres every
 * heartbeat is old, and a broken network between two runners keeps one from answering while it serves its gateways. One that was declared
 * dead and is not (it was frozen) learns of it at its next renewal; what it writes before that is refused, because its runs have new epochs.
 */
import { Effect, Layer, Option } from "effect"
import { RunnerAddress, Runners, ShardingConfig } from "effect/cluster"
import { RunnerRegistry } from "./RunnerRegistry.ts"

/** A heartbeat is old after so many that did not come. */
const missedBeats = 3
/** A runner that has not answered after this is silent; a pause for garbage is far shorter. */
const pingTimeoutMs = 2_000
/** Silent runners that are asked at once. */
const pingsAtOnce = 8

/** `beatMs` between two heartbeats of this process. */
export const layerRunnerWatch = (beatMs: number) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const registry = yield* RunnerRegistry
      const runners = yield* Runners.Runners
      const own = Option.getOrUndefined((yield* ShardingConfig.ShardingConfig).runnerAddress)
      if (own === undefined) return
      const silentMs = beatMs * missedBeats

      const look = (text: string): Effect.Effect<void, unknown> =>
        Effect.gen(function* () {
          const address = addressOf(text)
          const answers =
            address !== undefined && (yield* runners.ping(address).pipe(Effect.timeout(pingTimeoutMs), Effect.isSuccess))
          if (answers || !(yield* registry.declareDead(text, silentMs))) return
          yield* Effect.logWarning(`The runner ${text} wrote no heartbeat and does not answer; what it served goes to others`)
        })

      yield* registry.beat(own, silentMs).pipe(
        Effect.flatMap((silent) => Effect.forEach(silent, look, { concurrency: pingsAtOnce, discard: true })),
        // Away with Postgres: leases have their own patience, and say so.
        Effect.catchCause((cause) => Effect.logDebug("The runners could not be watched", cause)),
        Effect.andThen(Effect.sleep(beatMs)),
        Effect.forever,
        Effect.forkScoped
      )
    })
  )

const addressOf = (text: string): RunnerAddress.RunnerAddress | undefined => {
  const colon = text.lastIndexOf(":")
  const port = Number(text.slice(colon + 1))
  return colon > 0 && Number.isInteger(port) ? RunnerAddress.make(text.slice(0, colon), port) : undefined
}
