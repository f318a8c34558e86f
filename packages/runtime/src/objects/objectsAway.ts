/** The object store did not do what it was asked; the cause is in the log and not told. */
import { Data, Effect } from "effect"
import { Unavailable } from "@parley/domain/Errors"

const retryAfterMs = 1_000

export class ObjectFault extends Data.TaggedError("ObjectFault")<{ readonly cause: unknown }> {}

export const objectsAway = (fault: ObjectFault): Effect.Effect<never, Unavailable> =>
  Effect.andThen(
    Effect.logError("The object store failed", fault.cause),
    Effect.fail(new Unavailable({ message: "files cannot be stored or read now", retryAfterMs, workMayHaveHappened: true }))
  )
