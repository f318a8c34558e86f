/** Files that people show to models and to each other. They belong to a conversation; a message refers to them by a part of type `file`. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { Busy, Conflict, InvalidRequest, NotFound, PayloadTooLarge, Unavailable } from "./Errors.ts"
import { AttachmentId, ConversationId, PrincipalId } from "./Ids.ts"
import { TimestampMs } from "./Message.ts"

export const maxAttachmentBytes = 8_388_608
/** Files of one conversation. */
export const maxAttachmentsPerConversation = 1_000

/** What a file is, by its first bytes and not by its name. Others are refused, and a text whose name says that it is one of the other types. */
export const AttachmentType = Schema.Literals([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "text/plain",
  "application/pdf"
])
export type AttachmentType = typeof AttachmentType.Type

export const Attachment = Schema.Struct({
  id: AttachmentId,
  conversationId: ConversationId,
  createdBy: PrincipalId,
  name: Schema.String,
  contentType: AttachmentType,
  bytes: Schema.Int,
  createdAtMs: TimestampMs
})
export type Attachment = typeof Attachment.Type

export interface StoredFile {
  readonly attachment: Attachment
  readonly content: Uint8Array
}

export class Attachments extends Context.Service<
  Attachments,
  {
    /** By a member. What no message refers to a day later is swept. Of a PDF the text is read here and now: one without any is refused. */
    readonly upload: (
      id: ConversationId,
      name: string,
      content: Uint8Array
    ) => Effect.Effect<Attachment, NotFound | Conflict | InvalidRequest | PayloadTooLarge | Busy | Unavailable, Caller>
    /** For members of its conversation. */
    readonly download: (id: AttachmentId) => Effect.Effect<StoredFile, NotFound | Unavailable, Caller>
  }
>()("@parley/domain/Attachments") {}
