/**
 * Whether a conversation is this process's by what the others go by, not by its own memory: a runner that was frozen and declared dead still
 * believes in its leases until it renews them. Asked before an open run is taken over, which would call its provider again.
 */
import { Context, Effect } from "effect"
import type { Unavailable } from "@parley/domain/Errors"

/** A process alone owns all. */
export const ConversationOwnership = Context.Reference<{
  readonly owns: (entityId: string) => Effect.Effect<boolean, Unavailable>
}>("@parley/runtime/conversations/ConversationOwnership", {
  defaultValue: () => ({ owns: () => Effect.succeed(true) })
})
