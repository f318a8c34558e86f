/** What the actor of a conversation keeps in memory of it: all of it can be read again from the store. */
import type { Part } from "@parley/domain/Content"
import type { PrincipalId, RunId } from "@parley/domain/Ids"
import type { Conversation, Member, Message } from "@parley/domain/Message"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import type { LoadedConversation, StoredRoomEvent } from "../storage/ConversationStore.ts"
import type { ActiveRun } from "./ActiveRun.ts"
import type { RunLog } from "./RunLog.ts"

export class LiveConversation {
  conversation: Conversation
  readonly members: Map<PrincipalId, Member>
  /** The last room event that is known. */
  roomSeq: number
  run: ActiveRun | null = null
  /** Logs of runs that have just ended, until the stored message answers for them. */
  readonly endedLogs = new Map<RunId, RunLog>()

  /** The path that was answered last, from the root to the answer; empty when it is not known. */
  private knownPath: ReadonlyArray<Message> = []

  constructor(loaded: LoadedConversation) {
    this.conversation = loaded.conversation
    this.members = new Map(loaded.members.map((member) => [member.principalId, member]))
    this.roomSeq = loaded.roomSeq
  }

  logOf(runId: RunId): RunLog | undefined {
    return this.run?.question.runId === runId ? this.run.log : this.endedLogs.get(runId)
  }

  /** From the root to `message`, if what leads to it is in memory. */
  pathTo(message: Message): ReadonlyArray<Message> | undefined {
    if (message.parentId === null) return [message]
    return this.knownPath[this.knownPath.length - 1]?.id === message.parentId ? [...this.knownPath, message] : undefined
  }

  /** The path to an answer that is final; kept if it is short. */
  know(path: ReadonlyArray<Message>, maxChars: number): void {
    let chars = 0
    for (const message of path) for (const part of message.content) chars += charsOf(part)
    this.knownPath = chars > maxChars ? [] : path
  }

  apply(events: ReadonlyArray<StoredRoomEvent>): void {
    for (const { event, seq } of events) {
      this.applyOne(event)
      if (seq > this.roomSeq) this.roomSeq = seq
    }
  }

  private applyOne(event: RoomEvent): void {
    switch (event.type) {
      case "member-joined":
        this.members.set(event.member.principalId, event.member)
        break
      case "member-left":
        this.members.delete(event.principalId)
        break
      case "conversation-changed":
        this.conversation = event.conversation
        break
      case "message-added":
      case "message-closed":
      case "run-started":
        break
    }
  }
}

const charsOf = (part: Part): number => {
  switch (part.type) {
    case "text":
    case "reasoning":
      return part.text.length
    case "image":
      return part.url.length
    // What it refers to is not remembered.
    case "file":
      return part.name.length
    case "tool-call":
      return part.arguments.length
    case "tool-result":
      return part.content.length
  }
}
