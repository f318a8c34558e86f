/**
 * The contract of a conversation's actor, entity id `tenant/conversation`. All messages are volatile: a caller that got no answer asks
 * again under the same `clientMessageId`, run id or cursor. The caller in a payload was verified by a door.
 */
import { Schema } from "effect"
import { ClusterSchema, Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { CallerInfo } from "../Caller.ts"
import { Accepted, Edit, Regenerate, Send } from "../ConversationCommand.ts"
import { ConversationError } from "../Errors.ts"
import { ConversationId, MessageId, PrincipalId, RunId, TenantId } from "../Ids.ts"
import { Conversation, Member, TimestampMs } from "../Message.ts"
import { ModelParameters } from "../ModelRequest.ts"
import { RunStatus } from "../RunEvent.ts"

/** Where a run stands: `RunInfo` of `Conversations.ts`, as a schema. */
export const RunStanding = Schema.Struct({
  runId: RunId,
  messageId: MessageId,
  conversationId: ConversationId,
  model: Schema.String,
  status: RunStatus,
  startedAtMs: TimestampMs,
  endedAtMs: Schema.NullOr(TimestampMs)
})
export type RunStanding = typeof RunStanding.Type

/** `CreateConversation` of `Conversations.ts`, as a schema. */
export const ConversationChange = Schema.Struct({
  title: Schema.optionalKey(Schema.String),
  model: Schema.optionalKey(Schema.String),
  systemPrompt: Schema.optionalKey(Schema.NullOr(Schema.String)),
  parameters: Schema.optionalKey(ModelParameters)
})

const caller = { caller: CallerInfo }
const error = ConversationError

export const ConversationActor = Entity.make("Conversation", [
  Rpc.make("Send", { payload: { ...caller, command: Send }, success: Accepted, error }),
  Rpc.make("Regenerate", { payload: { ...caller, command: Regenerate }, success: Accepted, error }),
  Rpc.make("Edit", { payload: { ...caller, command: Edit }, success: Accepted, error }),
  /** Answers once the run's terminal is stored. */
  Rpc.make("Cancel", { payload: { ...caller, runId: RunId }, success: RunStanding, error }),
  Rpc.make("Update", { payload: { ...caller, change: ConversationChange }, success: Conversation, error }),
  Rpc.make("Remove", { payload: caller, error }),
  Rpc.make("AddMember", { payload: { ...caller, principalId: PrincipalId }, success: Member, error }),
  Rpc.make("RemoveMember", { payload: { ...caller, principalId: PrincipalId }, error }),
  /** The actor is awake and the caller is a member: a follower may be attached where it lives. */
  Rpc.make("Open", { payload: caller, error }),
  /** Loads the conversation, which takes over the runs that a former owner left open. */
  Rpc.make("Wake", { error }),
  /**
   * Held open by the actor itself while it has followers or a run, since only an open request keeps it from being passivated; no reason
   * to delay its end.
   */
  Rpc.make("Reside").annotate(ClusterSchema.InterruptOnTermination, true)
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
