/** The room itself: its messages and members, with a log of its own over a database sequence. */
import { Schema } from "effect"
import { ConversationId, PrincipalId } from "./Ids.ts"
import { Conversation, Member, Message } from "./Message.ts"
import { RunRef } from "./RunEvent.ts"

export const RoomEvent = Schema.Union([
  Schema.Struct({ type: Schema.Literal("message-added"), message: Message }),
  /** A run's terminal: the stored message, final. */
  Schema.Struct({ type: Schema.Literal("message-closed"), message: Message }),
  Schema.Struct({ type: Schema.Literal("run-started"), run: RunRef }),
  Schema.Struct({ type: Schema.Literal("member-joined"), member: Member }),
  Schema.Struct({ type: Schema.Literal("member-left"), principalId: PrincipalId }),
  Schema.Struct({ type: Schema.Literal("conversation-changed"), conversation: Conversation })
])
export type RoomEvent = typeof RoomEvent.Type

/** One durable event; `seq` is contiguous within the conversation. */
export const RoomEventFrame = Schema.Struct({
  type: Schema.Literal("room"),
  conversationId: ConversationId,
  seq: Schema.Int,
  event: RoomEvent
})
export type RoomEventFrame = typeof RoomEventFrame.Type

/** Replaces the client's room: sent on the first subscription and when the gap is no longer held. */
export const RoomSnapshotFrame = Schema.Struct({
  type: Schema.Literal("room-snapshot"),
  conversationId: ConversationId,
  seq: Schema.Int,
  conversation: Conversation,
  members: Schema.Array(Member),
  /** The latest ones, oldest first; older ones are read over HTTP. */
  messages: Schema.Array(Message),
  activeRun: Schema.NullOr(RunRef)
})
export type RoomSnapshotFrame = typeof RoomSnapshotFrame.Type

/** Not logged: what is true now. */
export const PresenceFrame = Schema.Struct({
  type: Schema.Literal("presence"),
  conversationId: ConversationId,
  online: Schema.Array(PrincipalId),
  typing: Schema.Array(PrincipalId)
})
export type PresenceFrame = typeof PresenceFrame.Type

export const RoomFrame = Schema.Union([RoomEventFrame, RoomSnapshotFrame, PresenceFrame])
export type RoomFrame = typeof RoomFrame.Type
