/** One message as it is shown. */
import type { MessageId } from "@parley/domain/Ids"
import type { Message, MessageStatus } from "@parley/domain/Message"
import type { RunStatus } from "@parley/domain/RunEvent"
import type { Plain } from "../Plain.ts"
import type { Sending } from "../outbox/Sending.ts"
import type { RunSnapshot } from "../run/RunSnapshot.ts"
import type { ChatMessage, Delivery } from "./ChatState.ts"

const statuses: Record<RunStatus, MessageStatus> = {
  running: "streaming",
  complete: "complete",
  cancelled: "cancelled",
  failed: "failed"
}

/** A stored one; while its answer is written, as far as its run has come. */
export const storedMessage = (
  message: Message,
  key: string,
  run: RunSnapshot | null,
  siblings: ReadonlyArray<MessageId>
): ChatMessage => {
  const live = message.status === "streaming" && run !== null && run.state !== null && run.seq > 0 ? run.state : null
  const failure = live?.terminal?.type === "run-fail" ? { code: live.terminal.code, message: live.terminal.message } : null
  return {
    key,
    id: message.id,
    parentId: message.parentId,
    role: message.role,
    authorId: message.authorId,
    content: live?.content ?? message.content,
    delivery: "accepted",
    sendError: null,
    status: live === null ? message.status : statuses[live.status],
    model: live === null || live.model === "" ? (message.answeredBy ?? message.model) : live.model,
    askedModel: live !== null && live.model !== "" && live.model !== message.model ? message.model : (message.askedModel ?? null),
    finishReason: live?.terminal?.type === "run-complete" ? live.terminal.finishReason : message.finishReason,
    usage: live?.usage ?? message.usage,
    error: failure ?? message.error,
    createdAtMs: message.createdAtMs,
    run,
    siblingIndex: siblings.indexOf(message.id),
    siblings,
    stored: message
  }
}

const deliveries: Record<Sending["status"], Delivery> = {
  storing: "pending",
  waiting: "pending",
  sending: "pending",
  accepted: "accepted",
  failed: "failed"
}

/** One that the room has not told yet; a regeneration shows as the answer that is to come. */
export const pendingMessage = (sending: Sending, parentId: MessageId | null): ChatMessage => {
  const { accepted, error, item, key, status } = sending
  const { command, createdAtMs } = item
  const isAnswer = command.type === "regenerate"
  return {
    key,
    id: isAnswer ? (accepted?.run?.messageId ?? null) : (accepted?.messageId ?? null),
    parentId,
    role: isAnswer ? "assistant" : "user",
    authorId: null,
    content: isAnswer ? [] : command.content,
    delivery: deliveries[status],
    sendError: error,
    status: isAnswer ? "streaming" : "complete",
    model: isAnswer ? (command.model ?? null) : null,
    askedModel: null,
    finishReason: null,
    usage: null,
    error: null,
    createdAtMs,
    run: null,
    siblingIndex: 0,
    siblings: [],
    stored: null
  }
}

/** True when the room's message is what was sent, as far as can be told before the server's answer says so. */
export const isLikely = (sending: Sending, message: Message): boolean => {
  const { command } = sending.item
  if (sending.status !== "sending") return false
  return command.type === "regenerate"
    ? message.role === "assistant"
    : message.role === "user" && isSame(command.content, message.content)
}

const isSame = (a: Plain<Message["content"]>, b: Message["content"]): boolean =>
  a.length === b.length &&
  a.every((part, index) => {
    const other = b[index]
    return part.type === "text"
      ? other?.type === "text" && other.text === part.text
      : JSON.stringify(other) === JSON.stringify(part)
  })
