/** What holds of one server holds of a Redis Cluster of three masters, whichever of them has a key. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Queue, Redacted } from "effect"
import { CircuitBreaker } from "effect/persistence"
import * as Redis from "effect/persistence/Redis"
import { RedisClient, RedisHealth } from "../../src/redis/RedisClient.ts"
import { parseRedisAddress } from "../../src/redis/RedisConnection.ts"
import { SharedStores } from "../../src/redis/SharedStores.ts"
import { until } from "../storage/support/until.ts"
import { startRedisCluster } from "./support/startRedisCluster.ts"

const clusterStarted = Effect.acquireRelease(Effect.promise(startRedisCluster), ({ end }) => Effect.promise(end)).pipe(
  Effect.map(({ value }) => value)
)

/** Enough that each of three masters has some. */
const names = Array.from({ length: 60 }, (_, index) => `key-${index}`)

describe("a Redis Cluster of three masters", () => {
  it.live("serves every key, script, channel and breaker, and goes on without one of them", () =>
    Effect.gen(function* () {
      const cluster = yield* clusterStarted
      const client = RedisClient.layer({ url: Redacted.make(cluster.url) })
      const context = yield* Layer.build(SharedStores.layerRedis.pipe(Layer.provideMerge(client)))
      yield* Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const health = yield* RedisHealth
        assert.isTrue(yield* health.check)
        for (const name of names) yield* redis.send("SET", name, `of ${name}`)
        for (const name of names) assert.strictEqual(yield* redis.send("GET", name), `of ${name}`)

        const increment = Redis.script((name: string, by: number) => [name, by], {
          lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
          numberOfKeys: 1
        }).withReturnType<number>()
        for (const name of names) assert.strictEqual(yield* redis.eval(increment)(`count-${name}`, 2), 2)
        yield* redis.send("SCRIPT", "FLUSH")
        for (const name of names) assert.strictEqual(yield* redis.eval(increment)(`count-${name}`, 3), 5)

        const queue = yield* redis.subscribe("channel")
        const heard = Effect.andThen(redis.send("PUBLISH", "channel", "hello"), Queue.size(queue))
        yield* until(Effect.map(heard, (size) => size > 0))
        assert.deepStrictEqual(yield* Queue.take(queue), { channel: "channel", message: "hello" })

        const own = yield* redis.reserve
        yield* redis.send("RPUSH", "list", "item")
        assert.deepStrictEqual(yield* own.send("BLPOP", "list", "0"), ["list", "item"])

        const breaker = yield* CircuitBreaker.make({ tripPolicy: CircuitBreaker.consecutive(1), openDuration: "1 minute" })
        for (const name of names) {
          yield* Effect.exit(breaker.execute(Effect.fail("down"), { key: name }))
          const refused = yield* Effect.flip(breaker.execute(Effect.void, { key: name }))
          assert.include(JSON.stringify(refused), "CircuitOpen")
        }

        cluster.kill(0)
        const read = (name: string) => Effect.exit(redis.send("GET", name))
        // Together: each that fails takes a second.
        const all = Effect.forEach(names, read, { concurrency: "unbounded" })
        yield* until(Effect.map(all, (read) => read.some(Exit.isFailure) && read.some(Exit.isSuccess)))
        yield* until(Effect.map(health.check, (isWhole) => !isWhole))
      }).pipe(Effect.provide(context))
    }).pipe(Effect.scoped)
  )
})

describe("addresses of Redis", () => {
  it("are one server's, or a cluster's with several nodes, credentials once", () => {
    assert.deepStrictEqual(parseRedisAddress("redis://host:1"), Option.some({ _tag: "Server", url: "redis://host:1" }))
    assert.deepStrictEqual(
      parseRedisAddress("rediss+cluster://me:p%40ss@a:1,b,[::1]:3"),
      Option.some({
        _tag: "Cluster",
        nodes: [
          { host: "a", port: 1 },
          { host: "b", port: 6379 },
          { host: "::1", port: 3 }
        ],
        options: { username: "me", password: "p@ss", tls: {} }
      })
    )
  })

  it("are refused when they are anything else", () => {
    for (const wrong of [
      "",
      "http://host",
      "redis+cluster://",
      "redis+cluster://a:port",
      "redis+cluster://a:1,,b:2",
      "redis+cluster://me:%zz@a:1"
    ]) {
      assert.isTrue(Option.isNone(parseRedisAddress(wrong)), wrong)
    }
  })
})
