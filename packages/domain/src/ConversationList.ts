/** A person's own view of their conversations: folders, pins, the archive, search. What one keeps in order here, the others of a room do not see. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { Page, PageRequest } from "./Conversations.ts"
import type { Conflict, InvalidRequest, NotFound, Unavailable } from "./Errors.ts"
import { ConversationId, FolderId, MessageId } from "./Ids.ts"
import { Conversation, TimestampMs } from "./Message.ts"
import { DisplayName } from "./Names.ts"

/** Folders that one person has. */
export const maxFolders = 200
/** Longest search, in UTF-16 code units; of its words the first `maxSearchWords` count. */
export const maxSearchLength = 256
export const maxSearchWords = 8
/** UTF-16 code units of a found message that are told. */
export const maxExcerptLength = 240

/** A conversation, and where the caller keeps it. */
export const ListedConversation = Schema.Struct({
  ...Conversation.fields,
  folderId: Schema.NullOr(FolderId),
  isPinned: Schema.Boolean,
  isArchived: Schema.Boolean,
  role: Schema.Literals(["owner", "member"]),
  memberCount: Schema.Int
})
export type ListedConversation = typeof ListedConversation.Type

export interface ListRequest extends PageRequest {
  /** Those of one folder, or those of none; all when absent. */
  readonly folder?: FolderId | "none"
  /** Archived ones instead of the others; false when absent. */
  readonly archived?: boolean
  /** Only pinned ones, or only the others; both when absent. */
  readonly pinned?: boolean
}

/** Absent fields keep what they are. */
export const Marks = Schema.Struct({
  folderId: Schema.optionalKey(Schema.NullOr(FolderId)),
  isPinned: Schema.optionalKey(Schema.Boolean),
  isArchived: Schema.optionalKey(Schema.Boolean)
})
export type Marks = typeof Marks.Type

export const FolderInput = Schema.Struct({ name: DisplayName })
export const Folder = Schema.Struct({ id: FolderId, name: Schema.String, createdAtMs: TimestampMs })
export type Folder = typeof Folder.Type

/** UTF-16 code units of the text beside it, `end` excluded. */
export const Highlight = Schema.Struct({ start: Schema.Int, end: Schema.Int })
export type Highlight = typeof Highlight.Type

export const FoundConversation = Schema.Struct({ conversation: ListedConversation, highlights: Schema.Array(Highlight) })
export const FoundMessage = Schema.Struct({
  conversationId: ConversationId,
  title: Schema.String,
  messageId: MessageId,
  role: Schema.Literals(["user", "assistant", "system"]),
  createdAtMs: TimestampMs,
  /** Plain text around the first hit; never markup. */
  excerpt: Schema.String,
  highlights: Schema.Array(Highlight)
})
export type FoundMessage = typeof FoundMessage.Type

export const Found = Schema.Struct({
  /** By their titles; on the first page only. */
  conversations: Schema.Array(FoundConversation),
  /** Newest first. */
  messages: Schema.Array(FoundMessage),
  nextCursor: Schema.NullOr(Schema.String)
})
export type Found = typeof Found.Type

export interface SearchRequest extends PageRequest {
  /** Words, of which each must begin one of the text. */
  readonly query: string
}

type Ask<A, E = never> = Effect.Effect<A, E | Unavailable, Caller>

export class ConversationList extends Context.Service<
  ConversationList,
  {
    /** Of the caller's conversations, most recently changed first. */
    readonly list: (request: ListRequest) => Ask<Page<ListedConversation>, InvalidRequest>
    /** One of them. */
    readonly listed: (id: ConversationId) => Ask<ListedConversation, NotFound>
    /** How one of them is kept. */
    readonly mark: (id: ConversationId, marks: Marks) => Ask<ListedConversation, NotFound>
    readonly search: (request: SearchRequest) => Ask<Found, InvalidRequest>
    /** By name. */
    readonly folders: Ask<ReadonlyArray<Folder>>
    readonly createFolder: (name: string) => Ask<Folder, Conflict>
    readonly renameFolder: (id: FolderId, name: string) => Ask<Folder, NotFound | Conflict>
    /** Its conversations are in none then. */
    readonly removeFolder: (id: FolderId) => Ask<void, NotFound>
  }
>()("@parley/domain/ConversationList") {}
