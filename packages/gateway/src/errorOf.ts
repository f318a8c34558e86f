/** The error of a cause, as a client may see it: a defect is told without its reason, which is in the log. */
import { InternalError, type ParleyError } from "@parley/domain/Errors"
import { Cause, Effect } from "effect"

export const errorOf = (cause: Cause.Cause<ParleyError>): ParleyError => {
  const failure = cause.reasons.find(Cause.isFailReason)
  return failure === undefined
    ? new InternalError({ message: "Parley failed; the log has the cause under this request's id.", workMayHaveHappened: true })
    : failure.error
}

/** Likewise, once the defect is in the log. */
export const toldError = (cause: Cause.Cause<ParleyError>): Effect.Effect<ParleyError> =>
  cause.reasons.some(Cause.isFailReason)
    ? Effect.succeed(errorOf(cause))
    : Effect.as(Effect.logError("An answer failed", cause), errorOf(cause))
