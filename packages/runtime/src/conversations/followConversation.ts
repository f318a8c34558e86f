/** Followers of a conversation: how they come, what they are told first, and how they go. */
import { Effect, Option } from "effect"
import type { Scope } from "effect"
import type { CallerInfo } from "@parley/domain/Caller"
import type { RunCursor } from "@parley/domain/ConversationCommand"
import type { Follower, FollowerPort } from "@parley/domain/Conversations"
import { Busy, Unavailable } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import type { RunId } from "@parley/domain/Ids"
import type { RoomEventFrame, RoomSnapshotFrame } from "@parley/domain/RoomFrame"
import type { StoredRoomEvent } from "../storage/ConversationStore.ts"
import type { ConversationHost } from "./ConversationHost.ts"
import type { LiveConversation } from "./LiveConversation.ts"
import { LocalFollower } from "./LocalFollower.ts"
import { requireMember } from "./requireMember.ts"
import { caughtUpFrame, closedFrame, goneFrame } from "./runFrames.ts"

/** Attaches `port` until the scope ends. */
export const attachFollower = (
  host: ConversationHost,
  caller: CallerInfo,
  port: FollowerPort
): Effect.Effect<Follower, ConversationError, Scope.Scope> =>
  Effect.gen(function* () {
    const { limits, loop } = host.services
    const { room } = host
    const busy = (message: string) => new Busy({ message, retryAfterMs: limits.busyRetryAfterMs })
    const follower = yield* Effect.acquireRelease(
      host.use((live) =>
        Effect.gen(function* () {
          yield* requireMember(live, caller)
          if (room.followers.size >= limits.maxFollowersPerConversation) {
            return yield* busy("The conversation has all the followers it can have")
          }
          const added = new LocalFollower(caller.principalId, port, limits, loop)
          room.followers.add(added)
          host.settleResidence()
          return added
        })
      ),
      (added) =>
        Effect.sync(() => {
          room.leave(added)
          host.settleResidence()
        })
    )
    return {
      subscribe: (runId, cursor) => subscribeRun(host, follower, runId, cursor, busy),
      unsubscribe: (runId) => follower.unsubscribe(runId),
      subscribeRoom: (afterSeq) =>
        host.write((live) =>
          Effect.tap(
            Effect.suspend(() => {
              follower.forgetPresence()
              return tellRoomSince(host, live, follower, afterSeq)
            }),
            () => Effect.sync(() => room.presenceChanged())
          )
        ),
      ack: (runId, seq) => follower.subscription(runId)?.ack(seq),
      drained: () => {
        follower.drained()
        if (follower.isBehindRoom && !follower.isRoomFull) {
          host.fork(Effect.ignore(host.write((live) => resyncRoom(host, live, follower))))
        }
      },
      setTyping: (isTyping) => {
        if (!follower.isDetached) room.setTyping(caller.principalId, isTyping)
      }
    }
  })

/** Tells a follower the room events that it lacks. */
export const resyncRoom = (
  host: ConversationHost,
  live: LiveConversation,
  follower: LocalFollower
): Effect.Effect<void, Unavailable> =>
  follower.roomSeq === null || follower.isDetached || follower.roomSeq === live.roomSeq
    ? Effect.sync(() => {
        follower.isBehindRoom = false
      })
    : tellRoomSince(host, live, follower, follower.roomSeq)

export const subscribeRun = (
  host: ConversationHost,
  follower: LocalFollower,
  runId: RunId,
  cursor: RunCursor,
  busy: (message: string) => Busy
): Effect.Effect<void, ConversationError> =>
  host.use((live) =>
    Effect.gen(function* () {
      const { conversationId } = host.key
      const { store } = host.services
      const log = live.logOf(runId)
      if (log !== undefined) {
        const subscriber = follower.subscribe(log)
        if (subscriber === undefined) return yield* busy("Too many runs are followed here")
        return subscriber.start(cursor)
      }
      const { port } = follower
      const closed = yield* store.closedRun(host.key, runId)
      if (Option.isSome(closed)) {
        port.send(closedFrame(conversationId, runId, closed.value))
        return port.send(caughtUpFrame(conversationId, runId, closed.value.message.lastSeq ?? 0))
      }
      if (Option.isSome(yield* store.run(host.key, runId))) {
        return yield* new Unavailable({
          message: "The run has no owner at the moment",
          retryAfterMs: host.services.limits.busyRetryAfterMs,
          workMayHaveHappened: false
        })
      }
      port.send(goneFrame(conversationId, runId))
      port.send(caughtUpFrame(conversationId, runId, 0))
    })
  )

/** As the conversation's only writer, so that no room event is told in between: those after `afterSeq`, or the room as a whole. */
export const tellRoomSince = (
  host: ConversationHost,
  live: LiveConversation,
  follower: LocalFollower,
  afterSeq: number | undefined
): Effect.Effect<void, Unavailable> =>
  Effect.gen(function* () {
    const { limits, store } = host.services
    const { port } = follower
    const missed: Option.Option<ReadonlyArray<StoredRoomEvent>> =
      afterSeq === undefined || afterSeq > live.roomSeq
        ? Option.none()
        : afterSeq === live.roomSeq
          ? Option.some([])
          : yield* store.roomEventsAfter(host.key, afterSeq, limits.maxRoomReplay)
    const snapshot = Option.isNone(missed) ? yield* roomSnapshot(host, live) : undefined
    if (follower.isDetached) return
    follower.isBehindRoom = false
    follower.roomSeq = live.roomSeq
    if (snapshot !== undefined) return port.send(snapshot)
    for (const { event, seq } of Option.getOrElse(missed, () => [])) {
      const frame: RoomEventFrame = { type: "room", conversationId: host.key.conversationId, seq, event }
      port.send(JSON.stringify(frame))
    }
  })

const roomSnapshot = (host: ConversationHost, live: LiveConversation): Effect.Effect<string, Unavailable> =>
  Effect.map(host.services.store.latestMessages(host.key, host.services.limits.roomSnapshotMessages), (messages) => {
    const frame: RoomSnapshotFrame = {
      type: "room-snapshot",
      conversationId: host.key.conversationId,
      seq: live.roomSeq,
      conversation: live.conversation,
      members: [...live.members.values()],
      messages,
      activeRun:
        live.run === null ? null : { runId: live.run.question.runId, messageId: live.run.question.messageId, status: "running" }
    }
    return JSON.stringify(frame)
  })
