/** One conversation: what is shown of it, and what can be done in it. */
import type { UserContent } from "@parley/domain/Content"
import type { Send } from "@parley/domain/ConversationCommand"
import type { MessageId } from "@parley/domain/Ids"
import type { CallOptions } from "../http/HttpCaller.ts"
import type { Beginning } from "../outbox/OutboxStorage.ts"
import type { Plain } from "../Plain.ts"
import type { Run } from "../run/Run.ts"
import type { Store } from "../Store.ts"
import type { ChatState } from "./ChatState.ts"

/** `content`: a text, or parts. */
export type Content = string | Plain<UserContent>

export interface AskOptions {
  /** The conversation's own when absent. */
  readonly model?: string | undefined
  readonly parameters?: Plain<NonNullable<Send["parameters"]>> | undefined
}
export interface SendOptions extends AskOptions {
  /** What it follows; the end of the branch that is shown when absent, the root when null. */
  readonly parentId?: string | null | undefined
  /** False: to the people in the room only; no model answers. */
  readonly reply?: boolean | undefined
}

/** What was sent. It is shown at once, kept in the outbox, and goes out by itself as soon as it can. */
export interface Sent {
  /** The `key` of its message in `chat.messages`. */
  readonly key: string
  /** When the server has stored it; `run` is the answer to it, null when no model answers. Rejects with a `SendError` when it failed, and with why there
   * is no connection when none comes by itself: it was refused, or the client closed. The message waits then, and may be asked after again. */
  readonly accepted: (options?: CallOptions) => Promise<{ readonly messageId: MessageId; readonly run: Run | null }>
  /** Another try of one that failed. */
  readonly retry: () => void
  /** Gives it up; false when it is under way or accepted. */
  readonly discard: () => boolean
}

export interface Chat extends Store<ChatState> {
  readonly id: string
  /** Of the snapshot. */
  readonly messages: ChatState["messages"]
  /** As long as there is a `beginning`: it is made with this instead, with another model, say. */
  readonly beginWith: (beginning: Beginning) => void
  /** Throws `ParleyOutboxError` when too many messages wait. */
  readonly send: (content: Content, options?: SendOptions) => Sent
  /** A new version of one's own message, which begins another branch. */
  readonly edit: (messageId: string, content: Content, options?: AskOptions) => Sent
  /** Another answer to the same question, beside this one. */
  readonly regenerate: (messageId: string, options?: AskOptions) => Sent
  /** What was sent under this `key`, while it is not yet stored. */
  readonly sent: (key: string) => Sent | undefined
  /** Stops the answer that is being written; resolves when it has ended. */
  readonly cancel: () => Promise<void>
  /** Follows a run of this conversation, or gives the one that is followed already. */
  readonly run: (runId: string) => Run
  /** Shows the branch through this message; nothing happens when it is not here. */
  readonly selectBranch: (messageId: string) => void
  /**
   * The same, brought from wherever in the conversation it is; the messages between it and the newest are not, as `hasNewer` says. False when there
   * is no such message in this conversation.
   */
  readonly show: (messageId: string, options?: CallOptions) => Promise<boolean>
  /** Shows the newest branch to its end. */
  readonly showNewest: () => void
  /** Brings messages from before the oldest that is shown; true when there are more. */
  readonly loadOlder: (options?: CallOptions) => Promise<boolean>
  /** Brings messages that follow the newest that is shown, where `hasNewer`; true when there are more. */
  readonly loadNewer: (options?: CallOptions) => Promise<boolean>
  /** Tells the others whether one is writing. */
  readonly setTyping: (typing: boolean) => void
  /** Forgets it; `client.conversation(id)` begins anew. Its runs go on, and what waits to be sent still goes out. */
  readonly close: () => void
}
