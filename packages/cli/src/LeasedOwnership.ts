/** A conversation is a runner's while Postgres says that the lease is: see `ConversationOwnership`. */
import { ConversationActor } from "@parley/domain/actors/ConversationActor"
import { Unavailable } from "@parley/domain/Errors"
import { ConversationOwnership } from "@parley/runtime/conversations/ConversationOwnership"
import { Effect, Layer, Option } from "effect"
import { EntityId, Sharding, ShardingConfig } from "effect/cluster"
import { RunnerRegistry } from "./RunnerRegistry.ts"

/** The database has this long to say so. */
const askTimeoutMs = 2_000
const retryAfterMs = 1_000

export const layerLeasedOwnership = Layer.effect(
  ConversationOwnership,
  Effect.gen(function* () {
    const registry = yield* RunnerRegistry
    const sharding = yield* Sharding.Sharding
    const own = Option.getOrUndefined((yield* ShardingConfig.ShardingConfig).runnerAddress)
    return {
      owns: (text: string) => {
        const entityId = EntityId.make(text)
        const shard = sharding.getShardId(entityId, ConversationActor.getShardGroup(entityId))
        if (own === undefined) return Effect.succeed(false)
        return registry.holds(own, shard).pipe(
          Effect.timeout(askTimeoutMs),
          Effect.catch((cause) =>
            Effect.andThen(
              Effect.logWarning("Whose conversation this is cannot be asked now", cause),
              new Unavailable({ message: "the database is not available", retryAfterMs, workMayHaveHappened: false })
            )
          )
        )
      }
    }
  })
)
