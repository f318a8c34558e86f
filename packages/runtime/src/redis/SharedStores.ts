/** What processes share and may lose: states of breakers, buckets of rate limiters. In this process's memory, or in Redis. */
import { Layer } from "effect"
import { CircuitBreaker, RateLimiter } from "effect/persistence"
import type * as Redis from "effect/persistence/Redis"

type Stores = CircuitBreaker.CircuitBreakerStore | RateLimiter.RateLimiterStore

/** So that several installations may share a Redis with other programs. */
const prefix = "parley:"

const layerMemory: Layer.Layer<Stores> = Layer.mergeAll(CircuitBreaker.layerStoreMemory(), RateLimiter.layerStoreMemory)

const layerRedis: Layer.Layer<Stores, never, Redis.Redis> = Layer.mergeAll(
  CircuitBreaker.layerStoreRedis({ prefix: `${prefix}breaker:` }),
  RateLimiter.layerStoreRedis({ prefix: `${prefix}limit:` })
)

export const SharedStores = { layerMemory, layerRedis }
