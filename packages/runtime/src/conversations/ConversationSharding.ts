/** The bottom layer of the actors in one process: effect/cluster without tables, ports or remote runners. */
import { Effect, Layer } from "effect"
import { MessageStorage, RunnerHealth, Runners, RunnerStorage, Sharding, ShardingConfig } from "effect/cluster"
import { ConversationLimits } from "./ConversationLimits.ts"

/** How long an actor that must leave waits for the commands that it has begun. */
const terminationTimeoutMs = 5_000

const config = Layer.unwrap(
  Effect.map(ConversationLimits, (limits) =>
    ShardingConfig.layer({
      simulateRemoteSerialization: false,
      maxResidentEntities: limits.maxResidentConversations,
      entityTerminationTimeout: terminationTimeoutMs
    })
  )
)

export const layerSingleProcess: Layer.Layer<Sharding.Sharding> = Sharding.layer.pipe(
  Layer.provide(Runners.layerNoop),
  Layer.provide(MessageStorage.layerNoop),
  Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
  Layer.provide(config)
)
