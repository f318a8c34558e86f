/** What a gateway asks of a conversation that it follows for its own clients. The membership of each of those is asked for by `Open`. */
import { Effect, Stream } from "effect"
import type { RoomSlice, WatchBatch, WatchCursor } from "@parley/domain/actors/ConversationActor"
import type { CallerInfo } from "@parley/domain/Caller"
import { Busy } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import type { PrincipalId } from "@parley/domain/Ids"
import type { ConversationHost } from "./ConversationHost.ts"
import { resyncRoom, subscribeRun, tellRoomSince } from "./followConversation.ts"
import { LocalFollower } from "./LocalFollower.ts"
import { requireMember } from "./requireMember.ts"
import { WatchOutbox } from "./WatchOutbox.ts"

/** Watches by their names: those of a conversation are as many as there are gateways. */
export type Watches = Map<string, LocalFollower>

/** What the cursor lacks, then the room and every run as they happen. */
export const watchConversation = (
  host: ConversationHost,
  watches: Watches,
  cursor: WatchCursor
): Stream.Stream<WatchBatch, ConversationError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { limits, loop } = host.services
      const { room } = host
      const busy = (message: string) => new Busy({ message, retryAfterMs: limits.busyRetryAfterMs })
      const resume = (): void => {
        follower.drained()
        if (follower.isBehindRoom) host.fork(Effect.ignore(host.write((live) => resyncRoom(host, live, follower))))
      }
      const outbox = new WatchOutbox(host.key.conversationId, limits, loop, () => resume())
      const follower = new LocalFollower(null, outbox.port, limits, loop)
      yield* Effect.acquireRelease(
        host.use(() =>
          Effect.gen(function* () {
            if (room.followers.size >= limits.maxFollowersPerConversation) {
              return yield* busy("The conversation has all the followers it can have")
            }
            room.followers.add(follower)
            watches.set(cursor.watcher, follower)
            host.settleResidence()
          })
        ),
        () =>
          Effect.sync(() => {
            if (watches.get(cursor.watcher) === follower) watches.delete(cursor.watcher)
            room.leave(follower)
            host.settleResidence()
          })
      )
      yield* host.write((live) =>
        Effect.gen(function* () {
          outbox.begin(cursor.roomSeq ?? live.roomSeq)
          if (cursor.roomSeq === undefined) follower.roomSeq = live.roomSeq
          else yield* tellRoomSince(host, live, follower, cursor.roomSeq)
          room.tellPresenceTo(follower)
          const { run } = live
          if (run !== null && !cursor.runs.some(({ runId }) => runId === run.question.runId)) {
            follower.subscribe(run.log)?.start({})
          }
        })
      )
      for (const { epoch, runId, seq } of cursor.runs) {
        yield* subscribeRun(host, follower, runId, { epoch, afterSeq: seq }, busy)
      }
      return Stream.fromEffectRepeat(outbox.take)
    })
  )

/** For one of a gateway's followers: the room's events that it lacks, or the room. */
export const roomSince = (
  host: ConversationHost,
  caller: CallerInfo,
  afterSeq: number | undefined
): Effect.Effect<RoomSlice, ConversationError> =>
  host.write((live) =>
    Effect.gen(function* () {
      yield* requireMember(live, caller)
      const frames: Array<string> = []
      const port = { send: (frame: string) => void frames.push(frame), bufferedBytes: () => 0, close: () => undefined }
      const reader = new LocalFollower(caller.principalId, port, host.services.limits, host.services.loop)
      yield* tellRoomSince(host, live, reader, afterSeq)
      return { seq: live.roomSeq, frames }
    })
  )

export const setPresent = (
  host: ConversationHost,
  watches: Watches,
  watcher: string,
  principals: ReadonlyArray<PrincipalId>
): Effect.Effect<void> =>
  Effect.sync(() => {
    const follower = watches.get(watcher)
    if (follower !== undefined) host.room.setPresent(follower, principals)
  })

export const setTyping = (
  host: ConversationHost,
  caller: CallerInfo,
  isTyping: boolean
): Effect.Effect<void, ConversationError> =>
  host.use((live) => Effect.map(requireMember(live, caller), () => host.room.setTyping(caller.principalId, isTyping)))
