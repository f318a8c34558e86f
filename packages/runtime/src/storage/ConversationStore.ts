/**
 * What conversations are made of at rest: one method per transaction. Every method runs as the tenant of its key, under row-level
 * security; a conversation of another tenant is the same as none.
 *
 * Authors and tenants come from the verified caller. Who may see a conversation (its members) is decided by the actor, not here.
 */
import { Context } from "effect"
import type { Effect, Option } from "effect"
import type { AssistantPart } from "@parley/domain/Content"
import type { Accepted, Edit, Regenerate, Send } from "@parley/domain/ConversationCommand"
import type { CreateConversation, MessagesRequest, Page } from "@parley/domain/Conversations"
import type { Conflict, InvalidRequest, NotFound, Unavailable } from "@parley/domain/Errors"
import type { ConversationId, Epoch, MessageId, PrincipalId, RequestId, RunId, TenantId } from "@parley/domain/Ids"
import type { Conversation, Member, Message } from "@parley/domain/Message"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { ModelParameters } from "@parley/domain/ModelRequest"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import type { RunStatus, RunTerminal } from "@parley/domain/RunEvent"
import type { Usage } from "@parley/domain/Usage"

/** The address of a conversation. */
export interface ConversationKey {
  readonly tenantId: TenantId
  readonly conversationId: ConversationId
}

/** A run as stored. */
export interface StoredRun {
  readonly runId: RunId
  readonly messageId: MessageId
  readonly conversationId: ConversationId
  /** Who asked; null is never stored. */
  readonly principalId: PrincipalId
  /** `provider/model`, as it was resolved when the run was accepted. */
  readonly model: string
  readonly parameters: ModelParameters
  readonly epoch: Epoch
  /** Of the request that asked; null for a run that an older version stored. */
  readonly requestId: RequestId | null
  readonly status: RunStatus
  readonly terminal: RunTerminal | null
  readonly startedAtMs: number
  readonly endedAtMs: number | null
}

export interface StoredRoomEvent {
  readonly seq: number
  readonly event: RoomEvent
}

/** All that an actor needs to answer; messages are read when they are asked for. */
export interface LoadedConversation {
  readonly conversation: Conversation
  readonly members: ReadonlyArray<Member>
  /** The last room `seq`; 0 before the first. */
  readonly roomSeq: number
  /** Runs without a terminal: at most one, unless a process died between two. */
  readonly openRuns: ReadonlyArray<StoredRun>
}

/** What the actor chose before the transaction, so that a retry of the transaction stores the same. */
export interface AcceptContext {
  readonly authorId: PrincipalId
  /** For the person's message; unused by a regeneration. */
  readonly messageId: MessageId
  /** Null when no model answers (`reply: false`). */
  readonly run: {
    readonly runId: RunId
    /** The answer's message. */
    readonly messageId: MessageId
    readonly epoch: Epoch
    readonly model: string
    readonly parameters: ModelParameters
    readonly requestId: RequestId
  } | null
}

export interface AcceptResult {
  /** For a duplicate, the first acceptance's answer with `duplicate: true`; nothing else was stored then. */
  readonly accepted: Accepted
  /** Empty for a duplicate. */
  readonly roomEvents: ReadonlyArray<StoredRoomEvent>
}

export interface CloseRun {
  readonly runId: RunId
  /** The close is refused (None) when the stored epoch is another: a newer owner has it. */
  readonly epoch: Epoch
  readonly terminal: RunTerminal
  readonly content: ReadonlyArray<AssistantPart>
  readonly usage: Usage | null
  /** Null unless the run completed. */
  readonly finishReason: FinishReason | null
  readonly model: string
  /** Who gave the answer, where that is known to be another than `model`, which a route's name may be. */
  readonly answeredBy: string | null
  /** Last `seq` of the run's log, the terminal's. */
  readonly lastSeq: number
}

/** A run that has ended, as `closed` frames tell it. */
export interface ClosedRun {
  readonly message: Message
  readonly terminal: RunTerminal
}

type Store<A, E = never> = Effect.Effect<A, E | Unavailable>

export class ConversationStore extends Context.Service<
  ConversationStore,
  {
    /** Stores the conversation with its creator as the room's owner. */
    readonly create: (
      key: ConversationKey,
      createdBy: PrincipalId,
      input: CreateConversation & { readonly model: string }
    ) => Store<Conversation>
    /**
     * The same under an id that the client made: once however often. The creator, as long as a member, is given it as it is; Conflict when it is
     * anybody else's, or was deleted and is still remembered (as long as client message ids are).
     */
    readonly createOnce: (
      key: ConversationKey,
      createdBy: PrincipalId,
      input: CreateConversation & { readonly model: string }
    ) => Store<Conversation, Conflict>
    readonly load: (key: ConversationKey) => Store<Option.Option<LoadedConversation>>
    readonly update: (
      key: ConversationKey,
      change: CreateConversation
    ) => Store<{ readonly conversation: Conversation; readonly roomEvents: ReadonlyArray<StoredRoomEvent> }, NotFound>
    /** It was removed, so short a while ago that its id is remembered. */
    readonly isRemoved: (key: ConversationKey) => Store<boolean>
    /** Removes it with all that belongs to it; its id is remembered for `createOnce`. */
    readonly remove: (key: ConversationKey) => Store<void, NotFound>
    /** NotFound when the principal is not of the tenant; adding twice changes nothing and tells no event. */
    readonly addMember: (
      key: ConversationKey,
      principalId: PrincipalId
    ) => Store<{ readonly member: Member; readonly roomEvents: ReadonlyArray<StoredRoomEvent> }, NotFound>
    readonly removeMember: (
      key: ConversationKey,
      principalId: PrincipalId
    ) => Store<{ readonly roomEvents: ReadonlyArray<StoredRoomEvent> }, NotFound>

    /**
     * One transaction: the client message id (deduplicated for 24 h per tenant, conversation and author), the person's message, the answer's
     * empty message (`streaming`), the run, and the room's events. Conflict: another run is open. NotFound: no such parent.
     */
    readonly acceptSend: (key: ConversationKey, command: Send, context: AcceptContext) => Store<AcceptResult, NotFound | Conflict>
    /** A sibling answer to `command.messageId`, which must be an assistant's. */
    readonly acceptRegenerate: (
      key: ConversationKey,
      command: Regenerate,
      context: AcceptContext
    ) => Store<AcceptResult, NotFound | Conflict | InvalidRequest>
    /** A sibling of one's own message `command.messageId`. */
    readonly acceptEdit: (
      key: ConversationKey,
      command: Edit,
      context: AcceptContext
    ) => Store<AcceptResult, NotFound | Conflict | InvalidRequest>
    /**
     * One transaction: the answer's message, the run's terminal, `message-closed`. None when the epoch is not the stored one or the run is closed.
     */
    readonly closeRun: (
      key: ConversationKey,
      close: CloseRun
    ) => Store<Option.Option<{ readonly message: Message; readonly roomEvents: ReadonlyArray<StoredRoomEvent> }>>
    /** Gives an open run another epoch, which shuts out its former owner; false when it is closed, or no more of the epoch that was read. */
    readonly takeOverRun: (
      key: ConversationKey,
      runId: RunId,
      epochs: { readonly from: Epoch; readonly to: Epoch }
    ) => Store<boolean>

    readonly run: (key: ConversationKey, runId: RunId) => Store<Option.Option<StoredRun>>
    readonly closedRun: (key: ConversationKey, runId: RunId) => Store<Option.Option<ClosedRun>>
    /** From the root to `messageId`, for the prompt; the newest `limit` of that path. */
    readonly path: (key: ConversationKey, messageId: MessageId, limit: number) => Store<ReadonlyArray<Message>>
    /** Oldest first, so that children follow their parents; with `before` from there toward the beginning, page by page. */
    readonly messages: (key: ConversationKey, page: MessagesRequest) => Store<Page<Message>, InvalidRequest>
    /** The newest `limit`, oldest first. */
    readonly latestMessages: (key: ConversationKey, limit: number) => Store<ReadonlyArray<Message>>
    /** None when events after `afterSeq` are no longer all held, or are more than `limit`. */
    readonly roomEventsAfter: (
      key: ConversationKey,
      afterSeq: number,
      limit: number
    ) => Store<Option.Option<ReadonlyArray<StoredRoomEvent>>>
    /** Runs without a terminal of every tenant, for the take-over after a crash; oldest first. */
    readonly openRuns: (
      limit: number
    ) => Store<ReadonlyArray<{ readonly key: ConversationKey; readonly runId: RunId; readonly startedAtMs: number }>>
  }
>()("@parley/runtime/storage/ConversationStore") {}
