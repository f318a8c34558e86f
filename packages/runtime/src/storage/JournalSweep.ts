/** Drops the journals of runs that are over. They are kept for a few minutes, for an owner that is still taking one over. */
import { Clock, Effect, Layer } from "effect"
import { RunJournal } from "./RunJournal.ts"

const intervalMs = 60_000
const keptAfterCloseMs = 300_000

const sweep = Effect.gen(function* () {
  const journal = yield* RunJournal
  yield* journal.dropClosedBefore((yield* Clock.currentTimeMillis) - keptAfterCloseMs)
})

/** A round that fails is logged and tried again a minute later: what is left over costs room, not answers. */
const layer: Layer.Layer<never, never, RunJournal> = Layer.effectDiscard(
  Effect.sleep(intervalMs).pipe(
    Effect.andThen(Effect.catchCause(sweep, (cause) => Effect.logWarning("Journals of closed runs were not dropped", cause))),
    Effect.forever,
    Effect.forkScoped
  )
)

export const JournalSweep = { layer }
