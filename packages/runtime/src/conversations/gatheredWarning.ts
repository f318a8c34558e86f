/** A warning that thousands may have to give in the same second: the first is logged, and of the others how many there were; each by itself for debugging. */
import { Effect, Latch } from "effect"
import type { Scope } from "effect"

/** At most one line each `everyMs`: `count` says how many more would have been logged since the line before. */
export const gatheredWarning = (
  message: string,
  everyMs: number
): Effect.Effect<(cause: unknown) => Effect.Effect<void>, never, Scope.Scope> =>
  Effect.gen(function* () {
    let held = 0
    let isQuiet = true
    const told = Latch.makeUnsafe(false)
    yield* Effect.gen(function* () {
      yield* told.await
      yield* Effect.sleep(everyMs)
      if (held === 0) {
        isQuiet = true
        told.closeUnsafe()
        return
      }
      const count = held
      held = 0
      yield* Effect.annotateLogs(Effect.logWarning(message), { count, withinMs: everyMs })
    }).pipe(Effect.forever, Effect.forkScoped)
    return (cause) =>
      Effect.suspend(() => {
        if (!isQuiet) {
          held++
          return Effect.logDebug(message, cause)
        }
        isQuiet = false
        told.openUnsafe()
        return Effect.logWarning(message, cause)
      })
  })
