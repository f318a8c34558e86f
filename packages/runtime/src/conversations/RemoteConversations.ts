/**
 * `Conversations` of a gateway, whose actors live in other processes: commands are asked over the cluster, and followers are served from this
 * process's mirror of their conversation.
 */
import { Deferred, Effect, Layer, Option, Schedule } from "effect"
import type { Scope } from "effect"
import type { RoomSlice } from "@parley/domain/actors/ConversationActor"
import type { CallerInfo } from "@parley/domain/Caller"
import type { RunCursor } from "@parley/domain/ConversationCommand"
import { Conversations } from "@parley/domain/Conversations"
import type { Follower, FollowerPort } from "@parley/domain/Conversations"
import { Busy, Unavailable } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import type { RunId } from "@parley/domain/Ids"
import { ConversationStore } from "../storage/ConversationStore.ts"
import { askActor } from "./askActor.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import { makeConversationMirrors } from "./ConversationMirrors.ts"
import type { WatchedConversation } from "./ConversationMirrors.ts"
import { EventLoop } from "./EventLoop.ts"
import { LocalFollower } from "./LocalFollower.ts"
import { makeConversations } from "./makeConversations.ts"
import { caughtUpFrame, closedFrame, goneFrame } from "./runFrames.ts"

/** Rounds of asking for room events until a follower has what the watch has told meanwhile. */
const maxRoomRounds = 10
/** How often a follower's missing room events are asked for while their conversation is moving. */
const roomRetries = 20
/** A run that is stored as running is looked for again in the store, should the watch say nothing. */
const runLookMs = 250

export const layer = Layer.effect(
  Conversations,
  Effect.gen(function* () {
    const store = yield* ConversationStore
    const limits = yield* ConversationLimits
    const loop = yield* EventLoop
    const callers = new WeakMap<LocalFollower, CallerInfo>()
    const asking = new WeakSet<LocalFollower>()

    const roomSince = (watched: WatchedConversation, caller: CallerInfo, afterSeq: number | undefined) =>
      askActor(limits, watched.client.RoomSince(afterSeq === undefined ? { caller } : { caller, afterSeq }))

    /** Asks until the follower has all that the watch has told. */
    const catchUpRoom = (watched: WatchedConversation, follower: LocalFollower): Effect.Effect<void, ConversationError> =>
      Effect.gen(function* () {
        const caller = callers.get(follower)
        for (let round = 0; round < maxRoomRounds; round++) {
          const from = follower.roomSeq
          if (from === null || caller === undefined || follower.isDetached || follower.isRoomFull) return
          if (!follower.isBehindRoom && from >= (watched.mirror.roomSeq ?? 0)) return
          tellSlice(follower, yield* roomSince(watched, caller, from))
        }
      })

    const tellSlice = (follower: LocalFollower, slice: RoomSlice): void => {
      if (follower.isDetached) return
      follower.isBehindRoom = false
      follower.roomSeq = Math.max(follower.roomSeq ?? 0, slice.seq)
      for (const frame of slice.frames) follower.port.send(frame)
    }

    /** One at a time for a follower. */
    const resync = (watched: WatchedConversation, follower: LocalFollower): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (asking.has(follower)) return Effect.void
        asking.add(follower)
        return catchUpRoom(watched, follower).pipe(
          Effect.retry({ schedule: Schedule.spaced(limits.watchRetryMs), times: roomRetries }),
          Effect.ignore,
          Effect.ensuring(Effect.sync(() => asking.delete(follower)))
        )
      })

    const mirrors = yield* makeConversationMirrors(resync)

    const attach = (
      caller: CallerInfo,
      watched: WatchedConversation,
      port: FollowerPort
    ): Effect.Effect<Follower, ConversationError, Scope.Scope> =>
      Effect.gen(function* () {
        const { mirror } = watched
        const busy = (message: string) => new Busy({ message, retryAfterMs: limits.busyRetryAfterMs })
        if (mirror.followers.size >= limits.maxFollowersPerConversation) {
          return yield* busy("The conversation has all the followers it can have here")
        }
        const follower = yield* Effect.acquireRelease(
          Effect.sync(() => {
            const added = new LocalFollower(caller.principalId, port, limits, loop)
            callers.set(added, caller)
            mirror.followers.add(added)
            return added
          }),
          (added) =>
            Effect.sync(() => {
              added.detach()
              mirror.followers.delete(added)
              watched.presenceChanged()
            })
        )

        const subscribe = (runId: RunId, cursor: RunCursor): Effect.Effect<void, ConversationError> =>
          Effect.gen(function* () {
            const { conversationId } = watched.key
            for (;;) {
              const log = mirror.logOf(runId)
              if (log !== undefined) {
                const subscriber = follower.subscribe(log)
                if (subscriber === undefined) return yield* busy("Too many runs are followed here")
                return subscriber.start(cursor)
              }
              const next = Deferred.makeUnsafe<void>()
              const forget = mirror.onNext(() => Deferred.doneUnsafe(next, Effect.void))
              const closed = yield* store.closedRun(watched.key, runId)
              if (Option.isSome(closed)) {
                forget()
                port.send(closedFrame(conversationId, runId, closed.value))
                return port.send(caughtUpFrame(conversationId, runId, closed.value.message.lastSeq ?? 0))
              }
              if (Option.isNone(yield* store.run(watched.key, runId))) {
                forget()
                port.send(goneFrame(conversationId, runId))
                return port.send(caughtUpFrame(conversationId, runId, 0))
              }
              // Its owner has it, and the watch will tell it.
              yield* Deferred.await(next).pipe(Effect.timeoutOption(runLookMs), Effect.ensuring(Effect.sync(forget)))
            }
          }).pipe(
            Effect.timeoutOrElse({
              duration: limits.commandTimeoutMs,
              orElse: () =>
                Effect.fail(
                  new Unavailable({
                    message: "The run has no owner at the moment",
                    retryAfterMs: limits.busyRetryAfterMs,
                    workMayHaveHappened: false
                  })
                )
            })
          )

        return {
          subscribe,
          unsubscribe: (runId) => follower.unsubscribe(runId),
          subscribeRoom: (afterSeq) =>
            Effect.gen(function* () {
              const before = mirror.runIds()
              const slice = yield* roomSince(watched, caller, afterSeq)
              if (follower.isDetached) return
              follower.roomSeq = null
              follower.forgetPresence()
              tellSlice(follower, slice)
              if (mirror.presence !== undefined) follower.tellPresence(mirror.presence)
              // Runs that began while the room was read are subscribed like those that begin from now on.
              for (const runId of mirror.runIds()) {
                const log = before.has(runId) ? undefined : mirror.logOf(runId)
                if (log !== undefined) follower.subscribe(log)?.startLive()
              }
              watched.presenceChanged()
              yield* catchUpRoom(watched, follower)
            }),
          ack: (runId, seq) => follower.subscription(runId)?.ack(seq),
          drained: () => {
            follower.drained()
            if (follower.isBehindRoom && !follower.isRoomFull) mirrors.fork(resync(watched, follower))
          },
          setTyping: (isTyping) => {
            if (!follower.isDetached) mirrors.fork(Effect.ignore(askActor(limits, watched.client.Typing({ caller, isTyping }))))
          }
        }
      })

    return yield* makeConversations({
      isKnown: mirrors.has,
      attach: (caller, conversationId, port) =>
        Effect.suspend(() => attach(caller, mirrors.watch({ tenantId: caller.tenantId, conversationId }), port))
    })
  })
)
