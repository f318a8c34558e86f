/** The conversations that are followed in this gateway process: each is watched once, for as long as somebody here follows it. */
import { Cause, Deferred, Effect, FiberSet, Option, Stream } from "effect"
import { ConversationActor, conversationEntityId } from "@parley/domain/actors/ConversationActor"
import type { ConversationKey } from "../storage/ConversationStore.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import { ConversationMirror } from "./ConversationMirror.ts"
import { EventLoop } from "./EventLoop.ts"
import type { LocalFollower } from "./LocalFollower.ts"
import { toConversationError } from "./askActor.ts"

/** A watch without any batch for so many signs of life is asked for again. */
const missedHeartbeats = 3

type Client = ReturnType<Effect.Success<typeof ConversationActor.client>>

export interface WatchedConversation {
  readonly key: ConversationKey
  readonly mirror: ConversationMirror
  readonly client: Client
  /** Called when who follows the room here has changed. */
  readonly presenceChanged: () => void
}

/** Requires `Sharding`. `onGap`: a follower lacks room events and could take them now. */
export const makeConversationMirrors = (onGap: (watched: WatchedConversation, follower: LocalFollower) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const limits = yield* ConversationLimits
    const loop = yield* EventLoop
    const clientOf = yield* ConversationActor.client
    const fibers = yield* FiberSet.make<void>()
    const runFork = yield* FiberSet.runtime(fibers)<never>()
    const all = new Map<string, WatchedConversation>()

    const watch = (key: ConversationKey): WatchedConversation => {
      const entityId = conversationEntityId(key.tenantId, key.conversationId)
      const known = all.get(entityId)
      if (known !== undefined) return known
      const watcher = crypto.randomUUID()
      const client = clientOf(entityId)
      const unfollowed = Deferred.makeUnsafe<void>()
      let isPresenceAsked = false
      /** Who is here, as the owner was told last in this watch: each begins with nobody. */
      let told = { present: "" }

      const forget = (): void => {
        if (all.get(entityId) === watched) all.delete(entityId)
        Deferred.doneUnsafe(unfollowed, Effect.void)
      }
      const tellPresence = Effect.suspend(() => {
        const principals = mirror.present()
        const present = principals.toSorted().join(" ")
        const before = told
        if (before.present === present) return Effect.void
        return Effect.andThen(
          client.Present({ watcher, principals }),
          Effect.sync(() => {
            before.present = present
          })
        )
      }).pipe(
        Effect.timeout(limits.commandTimeoutMs),
        Effect.catchCause((cause) => Effect.logDebug("Presence could not be told", cause))
      )
      const forgetIfUnfollowed = (): void => {
        if (mirror.followers.size === 0) forget()
      }

      const mirror = new ConversationMirror(key.conversationId, limits, loop, (follower) => {
        runFork(onGap(watched, follower))
      })
      const watched: WatchedConversation = {
        key,
        mirror,
        client,
        presenceChanged: () => {
          if (mirror.followers.size === 0) loop.after(limits.watchLingerMs, forgetIfUnfollowed)
          if (isPresenceAsked) return
          isPresenceAsked = true
          // Not at once: whoever opens a conversation to write into it shall not wait for others to be told of it.
          loop.after(limits.presenceWindowMs, () => {
            isPresenceAsked = false
            runFork(tellPresence)
          })
        }
      }

      /**
       * One question. When its owner is lost, effect/cluster asks the next owner the same question again, with a cursor that is old by now: runs
       * that have ended since would not be told. So a second beginning ends this question, and the next one has the cursor of now.
       */
      const watchOnce = Effect.suspend(() => {
        let hasBegun = false
        return Stream.suspend(() => client.Watch(mirror.cursor(watcher))).pipe(
          Stream.timeout(limits.watchHeartbeatMs * missedHeartbeats),
          Stream.runForEachWhile((batch) =>
            Effect.sync(() => {
              if (batch.roomSeq !== undefined) {
                if (hasBegun) return false
                hasBegun = true
                told = { present: "" }
                watched.presenceChanged()
              }
              return mirror.receive(batch)
            })
          ),
          Effect.exit
        )
      })
      /** True when there is nothing to watch any more. */
      const again = Effect.flatMap(watchOnce, (exit) => {
        if (exit._tag === "Success") return Effect.as(Effect.sleep(limits.watchRetryMs), false)
        const error = Option.map(Cause.findErrorOption(exit.cause), (failure) => toConversationError(limits, failure))
        if (Option.isSome(error) && error.value._tag === "NotFound") {
          mirror.close("The conversation is no more")
          return Effect.succeed(true)
        }
        return Effect.logDebug("A conversation is watched again", exit.cause).pipe(
          Effect.annotateLogs({ ...key }),
          Effect.andThen(Effect.sleep(limits.watchRetryMs)),
          Effect.as(false)
        )
      })
      all.set(entityId, watched)
      runFork(
        Effect.repeat(again, { until: (isOver) => isOver }).pipe(
          Effect.raceFirst(Deferred.await(unfollowed)),
          Effect.ensuring(Effect.sync(forget)),
          Effect.asVoid
        )
      )
      return watched
    }

    return {
      watch,
      has: (entityId: string): boolean => all.has(entityId),
      fork: (effect: Effect.Effect<void>): void => {
        runFork(effect)
      }
    }
  })
