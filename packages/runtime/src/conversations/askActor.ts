/** A bounded question to a conversation's actor; whatever the actors' machinery answers becomes an error of the domain. */
import { Cause, Effect, Metric, Option } from "effect"
import { Busy, InternalError, Unavailable } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"

type Limits = Pick<ConversationLimitsValues, "commandTimeoutMs" | "busyRetryAfterMs">
type ActorError = { readonly _tag: string } | ConversationError

const refusals = Metric.counter("parley_conversation_refusals", {
  description: "Commands that a conversation did not take now, by reason: busy, or unavailable while it moves or does not answer"
})
/** What is refused before the actor is asked counts as well. */
export const countRefusal = (error: ConversationError): Effect.Effect<void> =>
  error._tag === "Busy" || error._tag === "Unavailable"
    ? Metric.update(Metric.withAttributes(refusals, { reason: error._tag.toLowerCase() }), 1)
    : Effect.void

export const askActor = <A, E extends { readonly _tag: string }>(
  limits: Limits,
  question: Effect.Effect<A, E | ConversationError>
): Effect.Effect<A, ConversationError> =>
  question.pipe(
    Effect.timeoutOrElse({
      duration: limits.commandTimeoutMs,
      orElse: () => Effect.fail(unavailable(limits, "The conversation did not answer in time"))
    }),
    Effect.catchCause((cause) => {
      const error = Cause.findErrorOption(cause)
      if (Option.isSome(error)) return Effect.fail(toConversationError(limits, error.value))
      // The actor was moved or stopped while it worked on this.
      if (Cause.hasInterruptsOnly(cause)) return Effect.fail(unavailable(limits, "The conversation is moving"))
      return Effect.andThen(
        Effect.logError("A command had a defect outside of its conversation", cause),
        Effect.fail(new InternalError({ message: "Internal error", workMayHaveHappened: true }))
      )
    }),
    Effect.tapError(countRefusal)
  )

export const toConversationError = (limits: Limits, error: ActorError): ConversationError =>
  isConversationError(error)
    ? error
    : error._tag === "MailboxFull"
      ? new Busy({ message: "Too much is asked of this conversation now", retryAfterMs: limits.busyRetryAfterMs })
      : unavailable(limits, "The conversation is moving")

const unavailable = (limits: Limits, message: string) =>
  new Unavailable({ message, retryAfterMs: limits.busyRetryAfterMs, workMayHaveHappened: true })

const conversationErrors: Record<ConversationError["_tag"], true> = {
  Forbidden: true,
  NotFound: true,
  ModelNotFound: true,
  ModelUnsuited: true,
  InvalidRequest: true,
  Conflict: true,
  Busy: true,
  Unavailable: true,
  InternalError: true
}
const isConversationError = (error: ActorError): error is ConversationError => Object.hasOwn(conversationErrors, error._tag)
