/** Frames about a run that no log tells any more, encoded. */
import type { ConversationId, RunId } from "@parley/domain/Ids"
import type { CaughtUpFrame, ClosedFrame, GoneFrame } from "@parley/domain/RunFrame"
import type { ClosedRun } from "../storage/ConversationStore.ts"

export const closedFrame = (conversationId: ConversationId, runId: RunId, closed: ClosedRun): string => {
  const frame: ClosedFrame = { type: "closed", conversationId, runId, ...closed }
  return JSON.stringify(frame)
}

export const goneFrame = (conversationId: ConversationId, runId: RunId): string => {
  const frame: GoneFrame = { type: "gone", conversationId, runId }
  return JSON.stringify(frame)
}

/** After `closed` or `gone`: nothing is live. */
export const caughtUpFrame = (conversationId: ConversationId, runId: RunId, seq: number): string => {
  const frame: CaughtUpFrame = { type: "caught-up", conversationId, runId, epoch: null, seq }
  return JSON.stringify(frame)
}
