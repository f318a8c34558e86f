/** `Conversations` where the actors live in the same process: a follower's port is attached to the actor's log as plain callbacks. */
import { Effect, Layer } from "effect"
import { conversationEntityId } from "@parley/domain/actors/ConversationActor"
import { Conversations } from "@parley/domain/Conversations"
import { Unavailable } from "@parley/domain/Errors"
import * as ConversationEntity from "./ConversationEntity.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import * as ConversationSharding from "./ConversationSharding.ts"
import { FlushScheduler } from "./FlushScheduler.ts"
import { attachFollower } from "./followConversation.ts"
import { JournalWriter } from "./JournalWriter.ts"
import { makeConversations } from "./makeConversations.ts"
import { ResidentConversations } from "./ResidentConversations.ts"
import { RunningRuns } from "./RunningRuns.ts"
import * as RunRecovery from "./RunRecovery.ts"

const service = Layer.effect(
  Conversations,
  Effect.gen(function* () {
    const residents = yield* ResidentConversations
    const limits = yield* ConversationLimits
    return yield* makeConversations({
      isKnown: (entityId) => residents.get(entityId) !== undefined,
      attach: (caller, id, port) => {
        const host = residents.get(conversationEntityId(caller.tenantId, id))
        return host === undefined
          ? Effect.fail(
              new Unavailable({
                message: "The conversation is moving",
                retryAfterMs: limits.busyRetryAfterMs,
                workMayHaveHappened: true
              })
            )
          : attachFollower(host, caller, port)
      }
    })
  })
)

/** All of one process: needs `ConversationStore`, `RunJournal`, `TenantModels` and `Tenants`. */
export const layer = Layer.mergeAll(service, RunRecovery.layer).pipe(
  Layer.provide(ConversationEntity.layer),
  Layer.provide(ConversationSharding.layerSingleProcess),
  Layer.provide([FlushScheduler.layer, JournalWriter.layer, ResidentConversations.layer]),
  Layer.provideMerge(RunningRuns.layer)
)
