/**
 * The WebSocket protocol `parley.v1`: one JSON object per text frame. docs/websocket.md is its guide.
 * Server frames about runs and rooms are `RunFrame` and `RoomFrame`.
 */
import { Schema } from "effect"
import { Accepted, Edit, Regenerate, RunCursor, Send } from "./ConversationCommand.ts"
import { ConversationId, RequestId, RunId } from "./Ids.ts"
import { ListChange } from "./Notices.ts"
import { RoomFrame } from "./RoomFrame.ts"
import { RunFrame } from "./RunFrame.ts"
import { RunStatus } from "./RunEvent.ts"

export const subprotocol = "parley.v1"

/** Longest frame that a client may send. */
export const maxClientFrameBytes = 1_048_576
/** Malformed frames that one socket may send before it is closed with `CloseCode.protocolError`. */
export const maxMalformedFrames = 5

/** 4000–4499: reconnect; 4500–4999: do not. */
export const CloseCode = {
  /** The server is draining; reconnect, to any server. */
  goAway: 4000,
  /** Behind for too long; reconnect and subscribe again from the last `seq`. */
  tooSlow: 4001,
  /** A bound of the server is reached; reconnect with backoff. */
  busy: 4002,
  /** Too many malformed frames. */
  protocolError: 4500,
  /** The key was revoked or has expired. */
  unauthorized: 4501,
  /** The conversation was deleted, or the caller removed from it. Ends a follower (`FollowerPort.close`), never a socket: that gets `room-gone`. */
  gone: 4502
} as const

/** Chosen by the client; the answer to a command carries it back. */
const CommandId = Schema.String.check(Schema.isMaxLength(64))
const command = {
  id: CommandId,
  conversationId: ConversationId,
  /** W3C trace context that the command's span continues; one that cannot be read is ignored. */
  traceparent: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(256)))
}

export const ClientFrame = Schema.Union([
  Schema.Struct({ type: Schema.Literal("send"), ...command, ...Send.fields }),
  Schema.Struct({ type: Schema.Literal("regenerate"), ...command, ...Regenerate.fields }),
  Schema.Struct({ type: Schema.Literal("edit"), ...command, ...Edit.fields }),
  Schema.Struct({ type: Schema.Literal("cancel"), ...command, runId: RunId }),
  /** Follow the room; its new runs are followed too. */
  Schema.Struct({
    type: Schema.Literal("follow"),
    ...command,
    afterSeq: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
  }),
  Schema.Struct({ type: Schema.Literal("unfollow"), ...command }),
  Schema.Struct({
    type: Schema.Literal("subscribe"),
    ...command,
    runId: RunId,
    ...RunCursor.fields
  }),
  Schema.Struct({ type: Schema.Literal("unsubscribe"), ...command, runId: RunId }),
  /** At least once a second, and at least every 8 KiB received, while events arrive. Unanswered. */
  Schema.Struct({
    type: Schema.Literal("ack"),
    conversationId: ConversationId,
    runId: RunId,
    seq: Schema.Int
  }),
  Schema.Struct({
    type: Schema.Literal("typing"),
    conversationId: ConversationId,
    typing: Schema.Boolean
  }),
  /** From now on what changes in one's list of conversations is told, as `list-changed`, for as long as the socket is open. */
  Schema.Struct({ type: Schema.Literal("follow-list"), id: CommandId }),
  Schema.Struct({ type: Schema.Literal("ping"), at: Schema.optionalKey(Schema.Finite) })
])
export type ClientFrame = typeof ClientFrame.Type

/** First frame of a connection. */
export const Welcome = Schema.Struct({
  type: Schema.Literal("welcome"),
  protocol: Schema.Literal(subprotocol),
  requestId: RequestId,
  heartbeatMs: Schema.Int
})
export const Accept = Schema.Struct({
  type: Schema.Literal("accepted"),
  id: CommandId,
  ...Accepted.fields
})
/** A command without an answer of its own is done. */
export const Done = Schema.Struct({ type: Schema.Literal("done"), id: CommandId })
export const Cancelled = Schema.Struct({
  type: Schema.Literal("cancelled"),
  id: CommandId,
  runId: RunId,
  status: RunStatus
})
export const ErrorFrame = Schema.Struct({
  type: Schema.Literal("error"),
  /** Absent when the frame could not be read so far. */
  id: Schema.optionalKey(Schema.String),
  code: Schema.String,
  message: Schema.String,
  requestId: RequestId,
  retry: Schema.Literals(["never", "same-id", "later"]),
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  issues: Schema.optionalKey(Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String })))
})
export const GoAway = Schema.Struct({
  type: Schema.Literal("go-away"),
  /** Reconnect after a random time up to this. */
  withinMs: Schema.Int
})
/** The conversation was deleted, or the caller removed from it: nothing more comes of it. What else the socket follows goes on. */
export const RoomGone = Schema.Struct({
  type: Schema.Literal("room-gone"),
  conversationId: ConversationId,
  reason: Schema.String
})
export const ListChanged = Schema.Struct({ type: Schema.Literal("list-changed"), change: ListChange })
export const Pong = Schema.Struct({
  type: Schema.Literal("pong"),
  at: Schema.optionalKey(Schema.Finite)
})

export const ServerFrame = Schema.Union([
  Welcome,
  Accept,
  Done,
  Cancelled,
  ErrorFrame,
  GoAway,
  RoomGone,
  ListChanged,
  Pong,
  ...RunFrame.members,
  ...RoomFrame.members
])
export type ServerFrame = typeof ServerFrame.Type
