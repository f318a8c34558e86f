/** At the start of a process: the conversations with runs that a lost process left open are woken, which takes those over; a few at once. */
import { Effect, Layer } from "effect"
import { ConversationActor, conversationEntityId } from "@parley/domain/actors/ConversationActor"
import { ConversationStore } from "../storage/ConversationStore.ts"
import { ConversationLimits } from "./ConversationLimits.ts"

/** Between two tries while the store is away. */
const retryMs = 2_000

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const store = yield* ConversationStore
    const limits = yield* ConversationLimits
    const clientOf = yield* ConversationActor.client

    const sweep = Effect.gen(function* () {
      const open = yield* store.openRuns(limits.maxTakeOvers)
      const entityIds = new Set(open.map(({ key }) => conversationEntityId(key.tenantId, key.conversationId)))
      if (entityIds.size === 0) return
      yield* Effect.logInfo(`Taking over the open answers of ${entityIds.size} conversations`)
      yield* Effect.forEach(
        entityIds,
        (entityId) =>
          clientOf(entityId)
            .Wake()
            .pipe(
              Effect.catchCause((cause) =>
                Effect.logWarning("A conversation with an open answer could not be woken", cause).pipe(
                  Effect.annotateLogs({ entityId })
                )
              )
            ),
        { concurrency: limits.takeOversAtOnce, discard: true }
      )
    })
    yield* sweep.pipe(
      Effect.catchTag("Unavailable", (error) =>
        Effect.logWarning("Open answers cannot be looked for yet", error).pipe(
          Effect.andThen(Effect.sleep(retryMs)),
          Effect.andThen(Effect.fail(error))
        )
      ),
      Effect.retry({ times: 1_000 }),
      Effect.catchCause((cause) => Effect.logError("Open answers were not taken over", cause)),
      Effect.forkScoped
    )
  })
)
