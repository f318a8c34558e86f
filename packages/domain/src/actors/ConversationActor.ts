/**
 * The contract of a conversation's actor, entity id `tenant/conversation`. All messages are volatile: a caller that got no answer asks
 * again under the same `clientMessageId`, run id or cursor. The caller in a payload was verified by a door.
 */
import { Schema } from "effect"
import { ClusterSchema, Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { CallerInfo } from "../Caller.ts"
import { Accepted, Edit, Regenerate, Send } from "../ConversationCommand.ts"
import { ConversationInput, RunInfo } from "../Conversations.ts"
import { ConversationError } from "../Errors.ts"
import { ConversationId, Epoch, PrincipalId, RunId, TenantId } from "../Ids.ts"
import { Conversation, Member } from "../Message.ts"

/** What a gateway process holds of a conversation when it asks to watch it: what it lacks is told first, then what happens. */
export const WatchCursor = Schema.Struct({
  /** Of the gateway's watch; `Present` names it. */
  watcher: Schema.String.check(Schema.isMaxLength(64)),
  /** The last room event it has; absent: it has none and wants what comes. */
  roomSeq: Schema.optionalKey(Schema.Int),
  /** Runs whose end it has not seen. */
  runs: Schema.Array(Schema.Struct({ runId: RunId, epoch: Epoch, seq: Schema.Int }))
})
export type WatchCursor = typeof WatchCursor.Type

/** Frames gathered over a few milliseconds; without any, a sign of life. */
export const WatchBatch = Schema.Struct({
  /** In a watch's first batch: the last room event before its frames. */
  roomSeq: Schema.optionalKey(Schema.Int),
  /** Encoded `RunFrame`s and `RoomFrame`s, as followers receive them. */
  frames: Schema.Array(Schema.String)
})
export type WatchBatch = typeof WatchBatch.Type

/** A room's events after the asked one, or the room as a whole; `seq` is that of the last. */
export const RoomSlice = Schema.Struct({ seq: Schema.Int, frames: Schema.Array(Schema.String) })
export type RoomSlice = typeof RoomSlice.Type

/** What `Cancel` answers with. */
export type RunStanding = RunInfo

const caller = { caller: CallerInfo }
const error = ConversationError

export const ConversationActor = Entity.make("Conversation", [
  Rpc.make("Send", { payload: { ...caller, command: Send }, success: Accepted, error }),
  Rpc.make("Regenerate", { payload: { ...caller, command: Regenerate }, success: Accepted, error }),
  Rpc.make("Edit", { payload: { ...caller, command: Edit }, success: Accepted, error }),
  /** Answers once the run's terminal is stored. */
  Rpc.make("Cancel", { payload: { ...caller, runId: RunId }, success: RunInfo, error }),
  Rpc.make("Update", { payload: { ...caller, change: ConversationInput }, success: Conversation, error }),
  Rpc.make("Remove", { payload: caller, error }),
  Rpc.make("AddMember", { payload: { ...caller, principalId: PrincipalId }, success: Member, error }),
  /** The caller itself becomes a member: a door has redeemed its invite. */
  Rpc.make("Join", { payload: caller, success: Member, error }),
  Rpc.make("RemoveMember", { payload: { ...caller, principalId: PrincipalId }, error }),
  /** The actor is awake and the caller is a member: a follower may be attached where it lives. */
  Rpc.make("Open", { payload: caller, error }),
  /** Loads the conversation, which takes over the runs that a former owner left open. */
  Rpc.make("Wake", { error }),
  /**
   * Held open by the actor itself while it has followers or a run, since only an open request keeps it from being passivated; no reason
   * to delay its end.
   */
  Rpc.make("Reside").annotate(ClusterSchema.InterruptOnTermination, true),
  /** One per conversation and gateway process, however many follow there. A stream that was sent again begins at its old cursor. */
  Rpc.make("Watch", { payload: WatchCursor, success: WatchBatch, error, stream: true }).annotate(
    ClusterSchema.InterruptOnTermination,
    true
  ),
  Rpc.make("RoomSince", { payload: { ...caller, afterSeq: Schema.optionalKey(Schema.Int) }, success: RoomSlice, error }),
  /** Who follows the room through this watch. */
  Rpc.make("Present", { payload: { watcher: Schema.String, principals: Schema.Array(PrincipalId) }, error }),
  Rpc.make("Typing", { payload: { ...caller, isTyping: Schema.Boolean }, error })
])

/** The address of a conversation's actor. */
export const conversationEntityId = (tenantId: TenantId, conversationId: ConversationId): string =>
  `${tenantId}/${conversationId}`

const isTenantId = Schema.is(TenantId)
const isConversationId = Schema.is(ConversationId)

/** The two parts of an address; undefined for what `conversationEntityId` never makes. */
export const parseConversationEntityId = (
  entityId: string
): { readonly tenantId: TenantId; readonly conversationId: ConversationId } | undefined => {
  const slash = entityId.indexOf("/")
  const tenantId = entityId.slice(0, slash)
  const conversationId = entityId.slice(slash + 1)
  return isTenantId(tenantId) && isConversationId(conversationId) ? { tenantId, conversationId } : undefined
}
