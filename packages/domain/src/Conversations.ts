/** The door's view of conversations: what the edge may ask, whichever process the conversation's actor lives in. */
import { Context, Schema } from "effect"
import type { Effect, Scope } from "effect"
import type { Caller } from "./Caller.ts"
import type { Accepted, Edit, Regenerate, RunCursor, Send } from "./ConversationCommand.ts"
import type { ConversationError } from "./Errors.ts"
import { ConversationId, MessageId, RunId } from "./Ids.ts"
import type { PrincipalId } from "./Ids.ts"
import type { Conversation, Member, Message } from "./Message.ts"
import { TimestampMs } from "./Message.ts"
import { ModelParameters } from "./ModelRequest.ts"
import { RunStatus } from "./RunEvent.ts"

type Ask<A> = Effect.Effect<A, ConversationError, Caller>

/** The title of a conversation that nobody gave one; its first message does. */
export const untitled = "New conversation"
/** Longest title and longest name of a model, in UTF-16 code units. */
const maxNameLength = 256
/** In UTF-16 code units. */
const maxSystemPromptLength = 100_000

/** What may be said of a conversation, on every door; absent fields keep what they are, or get their defaults. */
export const ConversationInput = Schema.Struct({
  title: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(maxNameLength))),
  model: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(maxNameLength))),
  systemPrompt: Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.isMaxLength(maxSystemPromptLength)))),
  parameters: Schema.optionalKey(ModelParameters)
})
export type CreateConversation = typeof ConversationInput.Type

/**
 * A conversation to be made. With an `id` of the client's own it is made once however often it is asked for: whoever made it is given it as it is;
 * `Conflict` when the id is anybody else's, or of a conversation that was deleted in the last 24 hours.
 */
export const NewConversation = Schema.Struct({ ...ConversationInput.fields, id: Schema.optionalKey(ConversationId) })
export type NewConversation = typeof NewConversation.Type

/** Most items of one page. */
export const maxPageItems = 200
/** Longest cursor that a client may send, in UTF-16 code units. */
export const maxCursorLength = 512

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** Pass as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null
}

export interface PageRequest {
  readonly cursor?: string
  /** 1 to 200; 50 when absent. */
  readonly limit?: number
}

/**
 * `before`: the newest page of what came before this message; its `nextCursor` goes on toward the beginning. `from`: the page that begins with this
 * message. Of both `before` counts. A message that is not in the conversation has no page.
 */
export interface MessagesRequest extends PageRequest {
  readonly before?: MessageId
  readonly from?: MessageId
}

/** Where a run stands. */
export const RunInfo = Schema.Struct({
  runId: RunId,
  messageId: MessageId,
  conversationId: ConversationId,
  model: Schema.String,
  status: RunStatus,
  startedAtMs: TimestampMs,
  endedAtMs: Schema.NullOr(TimestampMs)
})
export type RunInfo = typeof RunInfo.Type

/** One socket's or one SSE response's end of the line. All calls are synchronous and must not throw. */
export interface FollowerPort {
  /** One encoded JSON frame (`RunFrame` or `RoomFrame`). The string is shared between followers. */
  send(frame: string): void
  /** Bytes given to the transport and not yet taken by the peer. */
  bufferedBytes(): number
  /** The follower is too far behind, or the conversation is gone; codes as in docs/websocket.md. */
  close(code: number, reason: string): void
  /** False when the peer has no way to acknowledge (SSE): then only `bufferedBytes` tells how far behind it is. True when absent. */
  readonly acknowledges?: boolean
}

/** A follower of one conversation; released with its scope. */
export interface Follower {
  /** Answers through the port: `delta | snapshot | closed | gone`, then `caught-up`, then live frames. */
  readonly subscribe: (runId: RunId, cursor: RunCursor) => Effect.Effect<void, ConversationError>
  readonly unsubscribe: (runId: RunId) => void
  /** `room-snapshot`, or the missed room events after `afterSeq`; then live. New runs are then subscribed by themselves. */
  readonly subscribeRoom: (afterSeq?: number) => Effect.Effect<void, ConversationError>
  /** Cumulative: every event up to `seq` has been applied. */
  readonly ack: (runId: RunId, seq: number) => void
  /** The transport has drained. */
  readonly drained: () => void
  readonly setTyping: (typing: boolean) => void
}

export class Conversations extends Context.Service<
  Conversations,
  {
    readonly create: (input: NewConversation) => Ask<Conversation>
    readonly get: (id: ConversationId) => Ask<Conversation>
    readonly update: (id: ConversationId, change: CreateConversation) => Ask<Conversation>
    readonly remove: (id: ConversationId) => Ask<void>
    /** The whole tree, by page, each oldest first; children follow their parents. */
    readonly messages: (id: ConversationId, page: MessagesRequest) => Ask<Page<Message>>
    readonly members: (id: ConversationId) => Ask<ReadonlyArray<Member>>
    readonly addMember: (id: ConversationId, principalId: PrincipalId) => Ask<Member>
    /** The caller becomes a member; the door has redeemed an invite of that room for them. */
    readonly join: (id: ConversationId) => Ask<Member>
    readonly removeMember: (id: ConversationId, principalId: PrincipalId) => Ask<void>
    readonly send: (id: ConversationId, command: Send) => Ask<Accepted>
    readonly regenerate: (id: ConversationId, command: Regenerate) => Ask<Accepted>
    readonly edit: (id: ConversationId, command: Edit) => Ask<Accepted>
    /** Idempotent, from anywhere; answers with where the run stands afterwards. */
    readonly cancel: (id: ConversationId, runId: RunId) => Ask<RunInfo>
    readonly run: (id: ConversationId, runId: RunId) => Ask<RunInfo>
    readonly follow: (id: ConversationId, port: FollowerPort) => Effect.Effect<Follower, ConversationError, Caller | Scope.Scope>
  }
>()("@parley/domain/Conversations") {}
