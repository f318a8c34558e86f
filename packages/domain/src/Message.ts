/** Conversations and their messages. Messages form a tree by `parentId`: an edit or a regeneration is a sibling. */
import { Schema } from "effect"
import { Part } from "./Content.ts"
import { ConversationId, MessageId, PrincipalId, RunId } from "./Ids.ts"
import { ModelParameters } from "./ModelRequest.ts"
import { FinishReason } from "./ModelEvent.ts"
import { Usage } from "./Usage.ts"

/** Unix milliseconds. */
export const TimestampMs = Schema.Int

export const MessageStatus = Schema.Literals(["streaming", "complete", "cancelled", "failed"])
export type MessageStatus = typeof MessageStatus.Type

export const Message = Schema.Struct({
  id: MessageId,
  conversationId: ConversationId,
  /** Null for the first of a branch from the root. */
  parentId: Schema.NullOr(MessageId),
  role: Schema.Literals(["user", "assistant", "system"]),
  /** Null for an assistant's. */
  authorId: Schema.NullOr(PrincipalId),
  content: Schema.Array(Part),
  status: MessageStatus,
  /** The run that made it; null for a person's. */
  runId: Schema.NullOr(RunId),
  model: Schema.NullOr(Schema.String),
  /** `provider/model` that gave the answer, where `model` is a route's name; null where that is not known, or the same. */
  answeredBy: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** The model that was asked, where another one finished the answer. */
  askedModel: Schema.optionalKey(Schema.NullOr(Schema.String)),
  finishReason: Schema.NullOr(FinishReason),
  usage: Schema.NullOr(Usage),
  /** Code and text of the failure, when `status` is `failed`. */
  error: Schema.NullOr(Schema.Struct({ code: Schema.String, message: Schema.String })),
  /** The last `seq` of its run; a client that holds it has every byte. Null for a person's. */
  lastSeq: Schema.NullOr(Schema.Int),
  createdAtMs: TimestampMs
})
export type Message = typeof Message.Type

export const Conversation = Schema.Struct({
  id: ConversationId,
  title: Schema.String,
  /** Asked when a send names no model. */
  model: Schema.String,
  systemPrompt: Schema.NullOr(Schema.String),
  parameters: ModelParameters,
  createdBy: PrincipalId,
  createdAtMs: TimestampMs,
  updatedAtMs: TimestampMs
})
export type Conversation = typeof Conversation.Type

/** A member of a room. */
export const Member = Schema.Struct({
  principalId: PrincipalId,
  displayName: Schema.String,
  role: Schema.Literals(["owner", "member"]),
  joinedAtMs: TimestampMs
})
export type Member = typeof Member.Type
