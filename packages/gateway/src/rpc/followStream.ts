/** A follower as a stream of frames. The reader's pace is the follower's: one that is behind gets a snapshot instead of what it missed. */
import { Cause, Effect, Schema, Stream } from "effect"
import type { Caller } from "@parley/domain/Caller"
import type { Follower } from "@parley/domain/Conversations"
import { Conversations } from "@parley/domain/Conversations"
import type { ConversationError } from "@parley/domain/Errors"
import { Busy, NotFound } from "@parley/domain/Errors"
import type { ConversationId } from "@parley/domain/Ids"
import { RoomFrame } from "@parley/domain/RoomFrame"
import { isTerminal } from "@parley/domain/RunEvent"
import { RunFrame } from "@parley/domain/RunFrame"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { PushBuffer } from "./PushBuffer.ts"

/** When to follow again after having been too slow, in milliseconds. */
const retryAfterMs = 1_000

/** Frames that may wait for a reader, in UTF-16 code units. Runs are conflated long before; past it the stream ends as busy. */
const maxWaiting = 4_194_304

const readRunFrame = Schema.decodeUnknownSync(Schema.fromJsonString(RunFrame))
const readFrame = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Union([...RoomFrame.members, ...RunFrame.members])))

/** The frames of a run, until its terminal is told and the replay is over. */
export const followRun = (id: ConversationId, start: (follower: Follower) => Effect.Effect<void, ConversationError>) => {
  let isOver = false
  let isLive = false
  return followFrames(id, start, readRunFrame).pipe(
    Stream.takeUntil((frame) => {
      isOver ||= isLast(frame)
      isLive ||= frame.type === "caught-up"
      return isOver && isLive
    })
  )
}

export const followRoom = (id: ConversationId, start: (follower: Follower) => Effect.Effect<void, ConversationError>) =>
  followFrames(id, start, readFrame)

const isLast = (frame: RunFrame): boolean => {
  switch (frame.type) {
    case "closed":
    case "gone":
      return true
    case "snapshot":
      return frame.state.terminal !== null
    case "delta":
      return frame.events.some(isTerminal)
    case "caught-up":
      return false
  }
}

const followFrames = <Frame>(
  id: ConversationId,
  start: (follower: Follower) => Effect.Effect<void, ConversationError>,
  read: (frame: string) => Frame
): Stream.Stream<Frame, ConversationError, Caller | Conversations> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const conversations = yield* Conversations
      // In UTF-16 code units; frames are mostly ASCII.
      let waitingBytes = 0
      const frames = new PushBuffer<string, ConversationError>(() => {
        waitingBytes = 0
        // Frames come only from this follower, so it is there when some have been taken.
        follower.drained()
      })
      const follower: Follower = yield* conversations.follow(id, {
        acknowledges: false,
        send: (frame) => {
          waitingBytes += frame.length
          if (waitingBytes <= maxWaiting) frames.push(frame)
          else frames.failCause(Cause.fail(closedBecause(CloseCode.tooSlow, "too far behind")))
        },
        bufferedBytes: () => waitingBytes,
        close: (code, reason) => frames.failCause(Cause.fail(closedBecause(code, reason)))
      })
      yield* start(follower)
      return Stream.map(Stream.fromPull(Effect.succeed(frames.pull)), read)
    })
  )

const closedBecause = (code: number, reason: string): ConversationError =>
  code === CloseCode.gone
    ? new NotFound({ message: reason, resource: "conversation" })
    : new Busy({ message: reason, retryAfterMs })
