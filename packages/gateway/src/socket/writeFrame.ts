/** The server's own frames, encoded. Those of runs and rooms come encoded from their log. */
import type { Accepted } from "@parley/domain/ConversationCommand"
import type { RunInfo } from "@parley/domain/Conversations"
import type { ParleyError } from "@parley/domain/Errors"
import { traitsOf } from "@parley/domain/ErrorTraits"
import type { ConversationId, RequestId } from "@parley/domain/Ids"
import type { ListChange } from "@parley/domain/Notices"
import type {
  Accept,
  Cancelled,
  Done,
  ErrorFrame,
  GoAway,
  ListChanged,
  Pong,
  RoomGone,
  Welcome
} from "@parley/domain/SocketProtocol"
import { subprotocol } from "@parley/domain/SocketProtocol"

export const welcomeFrame = (requestId: RequestId, heartbeatMs: number): string =>
  JSON.stringify({ type: "welcome", protocol: subprotocol, requestId, heartbeatMs } satisfies typeof Welcome.Type)

export const acceptedFrame = (id: string, accepted: Accepted): string =>
  JSON.stringify({
    type: "accepted",
    id,
    messageId: accepted.messageId,
    run: accepted.run,
    duplicate: accepted.duplicate
  } satisfies typeof Accept.Type)

export const doneFrame = (id: string): string => JSON.stringify({ type: "done", id } satisfies typeof Done.Type)

export const cancelledFrame = (id: string, run: RunInfo): string =>
  JSON.stringify({ type: "cancelled", id, runId: run.runId, status: run.status } satisfies typeof Cancelled.Type)

export const goAwayFrame = (withinMs: number): string =>
  JSON.stringify({ type: "go-away", withinMs } satisfies typeof GoAway.Type)

export const roomGoneFrame = (conversationId: ConversationId, reason: string): string =>
  JSON.stringify({ type: "room-gone", conversationId, reason } satisfies typeof RoomGone.Type)

export const listChangedFrame = (change: ListChange): string =>
  JSON.stringify({ type: "list-changed", change } satisfies typeof ListChanged.Type)

export const pongFrame = (at: number | undefined): string =>
  JSON.stringify({ type: "pong", ...(at === undefined ? {} : { at }) } satisfies typeof Pong.Type)

export const errorFrame = (id: string | undefined, error: ParleyError, requestId: RequestId): string => {
  const traits = traitsOf(error)
  return JSON.stringify({
    type: "error",
    ...(id === undefined ? {} : { id }),
    code: traits.code,
    message: error.message,
    requestId,
    // What says of itself that nothing was done may simply be tried again.
    retry: "workMayHaveHappened" in error && !error.workMayHaveHappened ? "later" : traits.retry,
    ...("retryAfterMs" in error && error.retryAfterMs !== undefined ? { retryAfterMs: error.retryAfterMs } : {}),
    ...(error._tag === "InvalidRequest" ? { issues: error.issues } : {})
  } satisfies typeof ErrorFrame.Type)
}
