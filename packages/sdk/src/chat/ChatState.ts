/** What a chat shows: plain, frozen-by-convention data. Whatever did not change is the same object as before. */
import type { Part } from "@parley/domain/Content"
import type { MessageId, PrincipalId } from "@parley/domain/Ids"
import type { Conversation, Member, Message } from "@parley/domain/Message"
import type { Beginning } from "../outbox/OutboxStorage.ts"
import type { ParleyApiError } from "../ParleyApiError.ts"
import type { ParleyConnectionError } from "../ParleyConnectionError.ts"
import type { ParleyOutboxError } from "../ParleyOutboxError.ts"
import type { ActiveRun, RunSnapshot } from "../run/RunSnapshot.ts"

export type SendError = ParleyApiError | ParleyConnectionError | ParleyOutboxError

/** `pending`: kept, and not yet accepted. `accepted`: stored by the server. `failed`: see `sendError`; `chat.retry(key)` tries again. */
export type Delivery = "pending" | "accepted" | "failed"

export interface ChatMessage {
  /** The same for as long as the message is shown, also when a pending one is accepted: for lists and React's `key`. */
  readonly key: string
  /** Null until it is accepted. */
  readonly id: MessageId | null
  readonly parentId: MessageId | null
  readonly role: Message["role"]
  /** Null for a model's, and for one's own until it is accepted. */
  readonly authorId: PrincipalId | null
  /** Of an answer that is being written: as far as it has come. */
  readonly content: ReadonlyArray<Part>
  readonly delivery: Delivery
  readonly sendError: SendError | null
  readonly status: Message["status"]
  /** The model that answers, or answered: of a route, its name until the answer has ended. */
  readonly model: string | null
  /** The model that was asked, where another one went on with the answer. */
  readonly askedModel: string | null
  readonly finishReason: Message["finishReason"]
  readonly usage: Message["usage"]
  /** Why an answer failed. */
  readonly error: Message["error"]
  readonly createdAtMs: number
  /** The run of an answer that was followed here: switches of provider, tool calls, where it stands. */
  readonly run: RunSnapshot | null
  /** Its place among the versions that follow the same message, from 0; `chat.selectBranch(siblings[i])` shows another. */
  readonly siblingIndex: number
  readonly siblings: ReadonlyArray<MessageId>
  /** As the server stored it. */
  readonly stored: Message | null
}

export type ChatStatus =
  /** Nothing was heard of it yet. */
  | "loading"
  /** Up to date, and told what happens. */
  | "live"
  /** Shown as it was; what happened since comes when the connection is back. */
  | "away"
  /** It was deleted, or one was removed from it; see `error`. */
  | "gone"
  /** It cannot be followed; see `error`. */
  | "failed"

export interface ChatState {
  readonly status: ChatStatus
  readonly error: ParleyApiError | ParleyConnectionError | null
  readonly conversation: Conversation | null
  /** What it is made with before its first message goes out; null when the server has it. */
  readonly beginning: Beginning | null
  readonly members: ReadonlyArray<Member>
  readonly online: ReadonlyArray<PrincipalId>
  readonly typing: ReadonlyArray<PrincipalId>
  /** The branch that is selected, oldest first, then what waits to be sent. */
  readonly messages: ReadonlyArray<ChatMessage>
  /** The answer that is being written now; a stop button is for this. */
  readonly activeRun: ActiveRun | null
  /** There are older messages that `chat.loadOlder()` brings. */
  readonly hasOlder: boolean
  /** What is shown ends somewhere before the newest messages: `chat.loadNewer()` goes on from it, `chat.showNewest()` leaves it. */
  readonly hasNewer: boolean
}
