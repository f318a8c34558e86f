import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Queue, Redacted, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import * as Redis from "effect/persistence/Redis"
import { inject } from "vitest"
import { ProviderRateLimited } from "@parley/domain/ProviderError"
import { Providers } from "@parley/providers/Providers"
import { makeFake, makeHeld } from "../../../providers/test/circuit/fakes.ts"
import { ask } from "../../../providers/test/support/requests.ts"
import { RedisClient, RedisHealth } from "../../src/redis/RedisClient.ts"
import { SharedStores } from "../../src/redis/SharedStores.ts"
import { startTcpRelay } from "../storage/support/tcpRelay.ts"
import { until } from "../storage/support/until.ts"

const url = Redacted.make(inject("redisUrl"))
const Live = RedisClient.layer({ url })

/** The server is shared with other tests. */
const key = (name: string) => `${crypto.randomUUID()}:${name}`

layer(Live, { timeout: "60 seconds", excludeTestServices: true })("RedisClient", (it) => {
  it.effect("sends commands and answers with what Redis said", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.Redis
      const health = yield* RedisHealth
      const name = key("value")
      assert.strictEqual(yield* redis.send("SET", name, "a value"), "OK")
      assert.strictEqual(yield* redis.send("GET", name), "a value")
      assert.strictEqual(yield* redis.send("GET", key("nothing")), null)
      assert.strictEqual(yield* redis.send("DEL", name), 1)
      assert.isTrue(yield* health.check)
    })
  )

  it.effect("fails a command that Redis refuses, and goes on", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.Redis
      const error = yield* Effect.flip(redis.send("NONSENSE"))
      assert.strictEqual(error._tag, "RedisError")
      assert.strictEqual(yield* redis.send("PING"), "PONG")
    })
  )

  it.effect("runs scripts, and loads them again when Redis has forgotten them", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.Redis
      const script = Redis.script((name: string, by: number) => [name, by], {
        lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
        numberOfKeys: 1
      }).withReturnType<number>()
      const name = key("counter")
      assert.strictEqual(yield* redis.eval(script)(name, 2), 2)
      yield* redis.send("SCRIPT", "FLUSH")
      assert.strictEqual(yield* redis.eval(script)(name, 3), 5)
    })
  )

  it.effect("delivers messages to every listener of a channel, and to none that has left", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.Redis
      const channel = key("channel")
      const staying = yield* redis.subscribe(channel)
      const scope = yield* Scope.make()
      const leaving = yield* Scope.provide(redis.subscribe(channel), scope)
      const other = yield* redis.subscribe(key("other"))
      yield* until(Effect.map(redis.send("PUBLISH", channel, "ready?"), (listeners) => listeners === 1))
      yield* redis.send("PUBLISH", channel, "one")
      const next = (queue: Queue.Dequeue<Redis.RedisMessage, Redis.RedisError>, message: string) =>
        Effect.repeat(Queue.take(queue), { until: (taken) => taken.message === message })
      assert.deepStrictEqual(yield* next(staying, "one"), { channel, message: "one" })
      assert.deepStrictEqual(yield* next(leaving, "one"), { channel, message: "one" })
      yield* Scope.close(scope, Exit.void)
      yield* redis.send("PUBLISH", channel, "two")
      yield* next(staying, "two")
      assert.strictEqual(yield* Queue.size(other), 0)
    }).pipe(Effect.scoped)
  )

  it.effect("keeps a blocking command off everybody else's connection", () =>
    Effect.gen(function* () {
      const redis = yield* Redis.Redis
      const list = key("list")
      const reserved = yield* Deferred.make<void>()
      const blocked = yield* Effect.forkChild(
        Effect.scoped(
          Effect.gen(function* () {
            const own = yield* redis.reserve
            yield* Deferred.succeed(reserved, undefined)
            return yield* own.send("BLPOP", list, "0")
          })
        )
      )
      yield* Deferred.await(reserved)
      assert.strictEqual(yield* redis.send("PING"), "PONG")
      yield* redis.send("RPUSH", list, "item")
      assert.deepStrictEqual(yield* Fiber.join(blocked), [list, "item"])
    })
  )
})

describe("Redis away", () => {
  it.live("fails commands at once instead of queueing them, and comes back by itself", () =>
    Effect.gen(function* () {
      const relay = yield* startTcpRelay(url)
      const context = yield* Layer.build(RedisClient.layer({ url: relay.url, connectTimeoutMs: 500 }))
      yield* Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const health = yield* RedisHealth
        const channel = key("channel")
        const queue = yield* redis.subscribe(channel)
        assert.isTrue(yield* health.check)
        relay.refuse()
        yield* until(Effect.map(health.check, (isWell) => !isWell))
        assert.strictEqual((yield* Effect.flip(redis.send("PING")))._tag, "RedisError")
        const late = yield* redis.subscribe(key("late"))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(Queue.take(late))))
        relay.accept()
        yield* until(health.check)
        // Listening is resumed without being asked for.
        yield* until(Effect.map(redis.send("PUBLISH", channel, "back"), (listeners) => listeners === 1))
        assert.strictEqual((yield* Queue.take(queue)).message, "back")
      }).pipe(Effect.provide(context))
    }).pipe(Effect.scoped)
  )

  it.live("does not keep the program from starting", () =>
    Effect.gen(function* () {
      const relay = yield* startTcpRelay(url)
      relay.refuse()
      const context = yield* Layer.build(RedisClient.layer({ url: relay.url, connectTimeoutMs: 500 }))
      const health = yield* Effect.provide(RedisHealth, context)
      assert.isFalse(yield* health.check)
      relay.accept()
      yield* until(health.check)
    }).pipe(Effect.scoped)
  )

  it.live("refuses an address that is not Redis', without repeating it", () =>
    Effect.gen(function* () {
      for (const wrong of ["http://user:hunter2@host", "hunter2"]) {
        const error = yield* Effect.flip(Effect.scoped(Layer.build(RedisClient.layer({ url: Redacted.make(wrong) }))))
        assert.notInclude(String(error.cause), "hunter2")
      }
    })
  )
})

/** What a process tells is told beside its calls. */
const marked = (mark: string) =>
  Effect.flatMap(CircuitBreaker.CircuitBreakerStore, (store) =>
    until(Effect.map(Effect.orDie(store.state(mark)), ({ _tag }) => _tag === "Open"))
  )

const stores = {
  memory: SharedStores.layerMemory,
  redis: SharedStores.layerRedis.pipe(Layer.provide(Live))
}

for (const [name, store] of Object.entries(stores)) {
  layer(store, { timeout: "60 seconds", excludeTestServices: true })(`SharedStores in ${name}`, (it) => {
    it.effect("hold a breaker's state, which opens after consecutive failures", () =>
      Effect.gen(function* () {
        const breaker = yield* CircuitBreaker.make({ tripPolicy: CircuitBreaker.consecutive(2), openDuration: "1 minute" })
        const target = key("target")
        const call = Effect.exit(breaker.execute(Effect.fail("down"), { key: target }))
        yield* call
        yield* call
        const refused = yield* Effect.flip(breaker.execute(Effect.void, { key: target }))
        assert.include(JSON.stringify(refused), "CircuitOpen")
      })
    )

    it.effect("tell the other processes that a target asked to be left alone, and of which until when", () =>
      Effect.gen(function* () {
        const [mine, theirs] = [makeFake("one"), makeFake("one")]
        const model = key("model").replaceAll(":", "-")
        const processOf = Effect.fnUntraced(function* ({ provider }: ReturnType<typeof makeFake>) {
          const config = { extra: [provider], limits: { probeEveryMs: 0 } }
          const context = yield* Layer.build(Layer.fresh(Providers.layerWithStore(config)))
          return yield* Effect.orDie(Context.get(context, Providers).resolve(`one/${model}`))
        })
        const [here, there] = [yield* processOf(mine), yield* processOf(theirs)]
        const limited = new ProviderRateLimited({ provider: "one", model, message: "slow down", retryAfterMs: 20_000 })
        mine.does(Effect.fail(limited))
        yield* Effect.flip(here.complete(ask("Hi")))
        yield* marked(`held:one/${model}`)
        const refused = yield* Effect.flip(there.complete(ask("Hi")))
        assert.strictEqual(refused._tag, "ProviderRateLimited")
        assert.isAtMost(refused.retryAfterMs ?? 0, 20_000)
        assert.isAbove(refused.retryAfterMs ?? 0, 10_000)
        assert.strictEqual(theirs.calls(), 0)
      })
    )

    it.effect("tell the other processes that a target refused calls, and each lowers its own limit by the same part", () =>
      Effect.gen(function* () {
        const [mine, theirs] = [makeHeld("one"), makeHeld("one")]
        const model = key("model").replaceAll(":", "-")
        const processOf = Effect.fnUntraced(function* ({ calls, provider }: ReturnType<typeof makeHeld>, inFlight: number) {
          const config = { extra: [provider], limits: { probeEveryMs: 0, limitBurstMs: 60_000, minConcurrent: 1 } }
          const context = yield* Layer.build(Layer.fresh(Providers.layerWithStore(config)))
          const { health, resolve } = Context.get(context, Providers)
          const { complete } = yield* Effect.orDie(resolve(`one/${model}`))
          const limit = Effect.map(health, ([found]) => found?.maxConcurrent)
          for (let n = 0; n < inFlight; n++) yield* Effect.forkChild(complete(ask("Hi")), { startImmediately: true })
          yield* until(Effect.sync(() => calls.length === inFlight))
          return { complete, limit }
        })
        const [here, there] = [yield* processOf(mine, 20), yield* processOf(theirs, 10)]
        yield* Deferred.fail(mine.calls[0]!.end, new ProviderRateLimited({ provider: "one", model, message: "too many" }))
        yield* marked(`lowered:one/${model}`)
        assert.strictEqual(yield* here.limit, 14)
        // A process looks again a quarter of a second after it last did; its calls until then go.
        yield* until(
          Effect.andThen(
            Effect.forkChild(there.complete(ask("Hi"))),
            Effect.map(there.limit, (limit) => (limit ?? 0) < 2_000)
          )
        )
        const [limit = 0, inFlight] = [yield* there.limit, theirs.calls.length]
        assert.isAtLeast(limit, Math.floor(10 * 0.7))
        assert.isAtMost(limit, Math.floor((inFlight + 1) * 0.7))
        assert.strictEqual((yield* Effect.flip(there.complete(ask("Hi"))))._tag, "ProviderUnavailable")
      })
    )
  })
}
