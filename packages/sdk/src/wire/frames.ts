/** Guards of the socket's frames. */
import type { Accepted } from "@parley/domain/ConversationCommand"
import type { ListChange } from "@parley/domain/Notices"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import type { RunEvent } from "@parley/domain/RunEvent"
import type { ServerFrame } from "@parley/domain/SocketProtocol"
import type { Issue } from "../ParleyApiError.ts"
import { arrayOf, boolean, literal, nullOr, number, struct, tagged, text, textOrNull, texts } from "./guard.ts"
import type { Guard } from "./guard.ts"
import { conversation, member, message, runRef, runState, runTerminal, usage } from "./parts.ts"

export type FrameOf<Type extends ServerFrame["type"]> = Extract<ServerFrame, { readonly type: Type }>
type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>
type RoomEventOf<Type extends RoomEvent["type"]> = Extract<RoomEvent, { readonly type: Type }>

export const issue = struct<Issue>({ path: text, message: text })

const runEvents: { readonly [Type in RunEvent["type"]]: Guard<EventOf<Type>> } = {
  "run-start": struct<EventOf<"run-start">>({ type: text, messageId: text, model: text }),
  "text-delta": struct<EventOf<"text-delta">>({ type: text, text }),
  "reasoning-delta": struct<EventOf<"reasoning-delta">>({ type: text, text }, { signature: text }),
  "tool-call-delta": struct<EventOf<"tool-call-delta">>({ type: text, index: number, arguments: text }, { id: text, name: text }),
  "tool-call": struct<EventOf<"tool-call">>({ type: text, index: number, id: text, name: text, arguments: text }),
  "tool-result": struct<EventOf<"tool-result">>({ type: text, toolCallId: text, content: text, isError: boolean }),
  "provider-switch": struct<EventOf<"provider-switch">>(
    { type: text, from: text, to: text, reason: text },
    { restart: literal(true) }
  ),
  usage: struct<EventOf<"usage">>({ type: text, usage }),
  "run-complete": struct<EventOf<"run-complete">>({ type: text, finishReason: text }),
  "run-cancel": struct<EventOf<"run-cancel">>({ type: text }),
  "run-fail": struct<EventOf<"run-fail">>({ type: text, code: text, message: text })
}
const runEvent = tagged<RunEvent>(runEvents)
export const isKnownRunEvent = ({ type }: RunEvent): boolean => Object.hasOwn(runEvents, type)

const roomEvent = tagged<RoomEvent>({
  "message-added": struct<RoomEventOf<"message-added">>({ type: text, message }),
  "message-closed": struct<RoomEventOf<"message-closed">>({ type: text, message }),
  "run-started": struct<RoomEventOf<"run-started">>({ type: text, run: runRef }),
  "member-joined": struct<RoomEventOf<"member-joined">>({ type: text, member }),
  "member-left": struct<RoomEventOf<"member-left">>({ type: text, principalId: text }),
  "conversation-changed": struct<RoomEventOf<"conversation-changed">>({ type: text, conversation })
})

const listChange = tagged<ListChange>({
  moved: struct({ type: text, conversationId: text, atMs: number }),
  changed: struct({ type: text, conversationId: text }),
  folders: struct({ type: text }),
  all: struct({ type: text })
})

const acceptedRun = nullOr(struct<NonNullable<Accepted["run"]>>({ runId: text, messageId: text, epoch: text }))
export const accepted = struct<Accepted>({ messageId: text, run: acceptedRun, duplicate: boolean })

// Without spreads: for all that bundlers know, reading what is spread does something.
const frames: { readonly [Type in ServerFrame["type"]]: Guard<FrameOf<Type>> } = {
  welcome: struct<FrameOf<"welcome">>({ type: text, protocol: text, requestId: text, heartbeatMs: number }),
  accepted: struct<FrameOf<"accepted">>({ type: text, id: text, messageId: text, run: acceptedRun, duplicate: boolean }),
  done: struct<FrameOf<"done">>({ type: text, id: text }),
  cancelled: struct<FrameOf<"cancelled">>({ type: text, id: text, runId: text, status: text }),
  error: struct<FrameOf<"error">>(
    { type: text, code: text, message: text, requestId: text, retry: literal("never", "same-id", "later") },
    { id: text, retryAfterMs: number, issues: arrayOf(issue) }
  ),
  "go-away": struct<FrameOf<"go-away">>({ type: text, withinMs: number }),
  "room-gone": struct<FrameOf<"room-gone">>({ type: text, conversationId: text, reason: text }),
  "list-changed": struct<FrameOf<"list-changed">>({ type: text, change: listChange }),
  pong: struct<FrameOf<"pong">>({ type: text }, { at: number }),
  delta: struct<FrameOf<"delta">>({
    type: text,
    conversationId: text,
    runId: text,
    epoch: text,
    seq: number,
    count: number,
    events: arrayOf(runEvent)
  }),
  snapshot: struct<FrameOf<"snapshot">>({
    type: text,
    conversationId: text,
    runId: text,
    epoch: text,
    seq: number,
    state: runState
  }),
  closed: struct<FrameOf<"closed">>({ type: text, conversationId: text, runId: text, message, terminal: runTerminal }),
  gone: struct<FrameOf<"gone">>({ type: text, conversationId: text, runId: text }),
  "caught-up": struct<FrameOf<"caught-up">>({ type: text, conversationId: text, runId: text, epoch: textOrNull, seq: number }),
  room: struct<FrameOf<"room">>({ type: text, conversationId: text, seq: number, event: roomEvent }),
  "room-snapshot": struct<FrameOf<"room-snapshot">>({
    type: text,
    conversationId: text,
    seq: number,
    conversation,
    members: arrayOf(member),
    messages: arrayOf(message),
    activeRun: nullOr(runRef)
  }),
  presence: struct<FrameOf<"presence">>({ type: text, conversationId: text, online: texts, typing: texts })
}

export const serverFrame = tagged<ServerFrame>(frames)
export const isKnownFrame = (type: string): type is ServerFrame["type"] => Object.hasOwn(frames, type)
