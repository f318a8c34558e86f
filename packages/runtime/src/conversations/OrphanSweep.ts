/**
 * With several processes: open runs that nobody writes, because their owner was lost or their shard came from another process. Each process looks
 * for those of its own shards, and loads their conversations, which takes the runs over.
 */
import { Clock, Effect, Layer } from "effect"
import { EntityId, Sharding } from "effect/cluster"
import { ConversationActor, conversationEntityId } from "@parley/domain/actors/ConversationActor"
import type { RunId } from "@parley/domain/Ids"
import { ConversationStore } from "../storage/ConversationStore.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import { ResidentConversations } from "./ResidentConversations.ts"

/** A run this young may be stored and not yet registered by its owner. */
const minAgeMs = 2_000

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const store = yield* ConversationStore
    const residents = yield* ResidentConversations
    const limits = yield* ConversationLimits
    const sharding = yield* Sharding.Sharding
    const clientOf = yield* ConversationActor.client

    const isOwn = (text: string): boolean => {
      const entityId = EntityId.make(text)
      return sharding.hasShardId(sharding.getShardId(entityId, ConversationActor.getShardGroup(entityId)))
    }

    /** Not loaded here yet; or loaded before the run was stored by another process, which was lost since. */
    const adopt = (entityId: string, runId: RunId, isYoung: boolean): Effect.Effect<void, unknown> => {
      const host = residents.get(entityId)
      if (host === undefined) return clientOf(entityId).Wake()
      if (isYoung) return Effect.void
      const doubt = host.write((live) =>
        Effect.sync(() => {
          const isForeign = live.logOf(runId) === undefined
          if (isForeign) host.doubt(live)
          return isForeign
        })
      )
      return Effect.flatMap(doubt, (isForeign) => (isForeign ? host.use(() => Effect.void) : Effect.void))
    }

    const sweep = Effect.gen(function* () {
      const open = yield* store.openRuns(limits.maxTakeOvers)
      const nowMs = yield* Clock.currentTimeMillis
      yield* Effect.forEach(
        open,
        ({ key, runId, startedAtMs }) => {
          const entityId = conversationEntityId(key.tenantId, key.conversationId)
          if (!isOwn(entityId)) return Effect.void
          return adopt(entityId, runId, nowMs - startedAtMs < minAgeMs).pipe(
            Effect.timeout(limits.commandTimeoutMs),
            Effect.catchCause((cause) =>
              Effect.logWarning("A conversation with an open answer could not be woken", cause).pipe(
                Effect.annotateLogs({ entityId })
              )
            )
          )
        },
        { concurrency: limits.takeOversAtOnce, discard: true }
      )
    })
    yield* sweep.pipe(
      Effect.catchCause((cause) => Effect.logWarning("Open answers cannot be looked for now", cause)),
      Effect.andThen(Effect.sleep(limits.orphanSweepMs)),
      Effect.forever,
      Effect.forkScoped
    )
  })
)
