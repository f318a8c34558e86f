/** What processes share and may lose: states of breakers. In this process's memory, or in Redis. Each of its scripts has one key, so it is at home on a cluster. */
import type { Layer } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type * as Redis from "effect/persistence/Redis"

type Stores = CircuitBreaker.CircuitBreakerStore

/** So that several installations may share a Redis with other programs. */
const prefix = "parley:"

const layerMemory: Layer.Layer<Stores> = CircuitBreaker.layerStoreMemory()

const layerRedis: Layer.Layer<Stores, never, Redis.Redis> = CircuitBreaker.layerStoreRedis({ prefix: `${prefix}breaker:` })

export const SharedStores = { layerMemory, layerRedis }
