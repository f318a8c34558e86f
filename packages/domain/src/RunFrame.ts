/**
 * What a follower of a run receives. A frame carries the events `seq … seq + count - 1` as a whole; adjacent text deltas may have
 * been joined, so a replay may be cut differently from the live frames, but never inside an event.
 *
 * A client applies a frame only when `seq == last + 1`; it drops a lower one, and on a higher one subscribes again.
 */
import { Schema } from "effect"
import { AssistantPart } from "./Content.ts"
import { ConversationId, Epoch, MessageId, RunId } from "./Ids.ts"
import { RunEvent, RunStatus, RunTerminal } from "./RunEvent.ts"
import { Message } from "./Message.ts"
import { Usage } from "./Usage.ts"

const run = { conversationId: ConversationId, runId: RunId }

/** Live or replayed events, in order. `count` is how many `seq` it spends: at least `events.length`. */
export const DeltaFrame = Schema.Struct({
  type: Schema.Literal("delta"),
  ...run,
  epoch: Epoch,
  seq: Schema.Int,
  count: Schema.Int,
  events: Schema.Array(RunEvent)
})
export type DeltaFrame = typeof DeltaFrame.Type

/** The folded state of a run after `seq`: replaces whatever the client had. */
export const RunState = Schema.Struct({
  messageId: MessageId,
  model: Schema.String,
  content: Schema.Array(AssistantPart),
  usage: Schema.NullOr(Usage),
  status: RunStatus,
  terminal: Schema.NullOr(RunTerminal)
})
export type RunState = typeof RunState.Type

export const SnapshotFrame = Schema.Struct({
  type: Schema.Literal("snapshot"),
  ...run,
  epoch: Epoch,
  seq: Schema.Int,
  state: RunState
})
export type SnapshotFrame = typeof SnapshotFrame.Type

/** The run has ended and its log is gone: the stored message is the answer, its terminal included. */
export const ClosedFrame = Schema.Struct({
  type: Schema.Literal("closed"),
  ...run,
  message: Message,
  terminal: RunTerminal
})
export type ClosedFrame = typeof ClosedFrame.Type

/** Unknown, or not yours: the two are never told apart. */
export const GoneFrame = Schema.Struct({ type: Schema.Literal("gone"), ...run })
export type GoneFrame = typeof GoneFrame.Type

/** The replay is over; from here on frames are live. */
export const CaughtUpFrame = Schema.Struct({
  type: Schema.Literal("caught-up"),
  ...run,
  epoch: Schema.NullOr(Epoch),
  seq: Schema.Int
})
export type CaughtUpFrame = typeof CaughtUpFrame.Type

export const RunFrame = Schema.Union([DeltaFrame, SnapshotFrame, ClosedFrame, GoneFrame, CaughtUpFrame])
export type RunFrame = typeof RunFrame.Type
