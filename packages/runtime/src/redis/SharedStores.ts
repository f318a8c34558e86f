/** What processes share and may lose: states of breakers, buckets of rate limiters. In this process's memory, or in Redis. */
import { Effect, Layer } from "effect"
import { CircuitBreaker, RateLimiter } from "effect/persistence"
import type * as Redis from "effect/persistence/Redis"

type Stores = CircuitBreaker.CircuitBreakerStore | RateLimiter.RateLimiterStore

/** So that several installations may share a Redis with other programs. */
const prefix = "parley:"

const layerMemory: Layer.Layer<Stores> = Layer.mergeAll(CircuitBreaker.layerStoreMemory(), RateLimiter.layerStoreMemory)

const layerRedis: Layer.Layer<Stores, never, Redis.Redis> = Layer.mergeAll(
  CircuitBreaker.layerStoreRedis({ prefix: `${prefix}breaker:` }),
  Layer.effect(RateLimiter.RateLimiterStore, Effect.map(RateLimiter.makeStoreRedis({ prefix: `${prefix}limit:` }), inOneSlot))
)

/** A bucket is two keys that one script reads: on a Redis Cluster both must hash to the same slot, which the braces say. */
function inOneSlot(store: RateLimiter.RateLimiterStore["Service"]): RateLimiter.RateLimiterStore["Service"] {
  const tagged = <Options extends { readonly key: string }>(options: Options): Options => ({
    ...options,
    key: `{${options.key}}`
  })
  return RateLimiter.RateLimiterStore.of({
    fixedWindow: (options) => store.fixedWindow(tagged(options)),
    tokenBucket: (options) => store.tokenBucket(tagged(options)),
    adaptiveConsume: (options) => store.adaptiveConsume(tagged(options)),
    adaptiveFeedback: (options) => store.adaptiveFeedback(tagged(options))
  })
}

export const SharedStores = { layerMemory, layerRedis }
