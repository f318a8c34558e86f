/** A branch of a conversation, shown to whoever has the link: read only, as it was when it was shared, with nobody's ids. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { StoredFile } from "./Attachments.ts"
import { FilePart, ImagePart, TextPart } from "./Content.ts"
import type { PageRequest } from "./Conversations.ts"
import type { Conflict, Forbidden, InvalidRequest, NotFound, Unavailable } from "./Errors.ts"
import type { AttachmentId } from "./Ids.ts"
import { ConversationId, MessageId, PrincipalId, ShareId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"

/** Messages of a shared branch, the newest. */
export const maxSharedMessages = 1_000
/** Links of one conversation that are still good. */
export const maxSharesPerConversation = 50
/** Longest that a link may be good for, in milliseconds, when it is limited at all: a year. */
export const maxShareMs = 31_536_000_000

export const ShareInput = Schema.Struct({
  /** The last message that is shown; all before it on its branch are shown too. The newest when absent. */
  messageId: Schema.optionalKey(MessageId),
  /** Until it is revoked when absent. */
  expiresInMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 60_000, maximum: maxShareMs })))
})
export type ShareInput = typeof ShareInput.Type

export const Share = Schema.Struct({
  id: ShareId,
  conversationId: ConversationId,
  messageId: MessageId,
  createdBy: PrincipalId,
  /** As it was then. */
  title: Schema.String,
  messageCount: Schema.Int,
  createdAtMs: TimestampMs,
  expiresAtMs: Schema.NullOr(TimestampMs),
  revokedAtMs: Schema.NullOr(TimestampMs)
})
export type Share = typeof Share.Type

/** The only time that the token is told. */
export const IssuedShare = Schema.Struct({ share: Share, token: Schema.String })
export type IssuedShare = typeof IssuedShare.Type

/** Text, images and files. What models thought and what tools were asked and answered is not shown. */
export const SharedPart = Schema.Union([TextPart, ImagePart, FilePart])

export const SharedMessage = Schema.Struct({
  role: Schema.Literals(["user", "assistant", "system"]),
  /** Tells the people of a room apart: 1 for the first who spoke, 2 … Null for an assistant's. */
  author: Schema.NullOr(Schema.Int),
  content: Schema.Array(SharedPart),
  model: Schema.NullOr(Schema.String),
  createdAtMs: TimestampMs
})
export type SharedMessage = typeof SharedMessage.Type

export const SharedConversation = Schema.Struct({
  title: Schema.String,
  sharedAtMs: TimestampMs,
  messageCount: Schema.Int,
  /** One page, oldest first. */
  messages: Schema.Array(SharedMessage),
  nextCursor: Schema.NullOr(Schema.String)
})
export type SharedConversation = typeof SharedConversation.Type

export class Shares extends Context.Service<
  Shares,
  {
    /** By a member who is no guest. Conflict: the last message is still being written, or there are too many links. */
    readonly create: (
      id: ConversationId,
      input: ShareInput
    ) => Effect.Effect<IssuedShare, NotFound | Forbidden | Conflict | Unavailable, Caller>
    /** Of a conversation of the caller's, newest first. */
    readonly list: (id: ConversationId) => Effect.Effect<ReadonlyArray<Share>, NotFound | Unavailable, Caller>
    /** By who made it, or the conversation's owner. */
    readonly revoke: (id: ShareId) => Effect.Effect<Share, NotFound | Unavailable, Caller>
    /** By anybody. Whether a link is wrong, revoked or expired, or its conversation gone, is not told apart. */
    readonly read: (
      token: string,
      page: PageRequest
    ) => Effect.Effect<SharedConversation, NotFound | InvalidRequest | Unavailable>
    /** By anybody: a file of one of the messages that the link shows. */
    readonly file: (token: string, id: AttachmentId) => Effect.Effect<StoredFile, NotFound | Unavailable>
  }
>()("@parley/domain/Shares") {}
