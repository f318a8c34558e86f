/**
 * Effect's `Redis` service over ioredis. It reconnects for ever at bounded distances; meanwhile commands fail at once instead of
 * queueing, so that whoever shares something through Redis can go on without it.
 *
 * Redis being away does not stop the program from starting: that is logged, and `RedisHealth` says so.
 */
import { Context, Effect, Layer, Option, Redacted } from "effect"
import type { Scope } from "effect"
import * as Redis from "effect/persistence/Redis"
import { channelHub } from "./ChannelHub.ts"
import { answersWhole, callOnAll, makeConnection, parseRedisAddress } from "./RedisConnection.ts"
import type { ConnectionOptions, RedisAddress, RedisConnection } from "./RedisConnection.ts"

export interface RedisClientOptions {
  /** `redis://…` (`rediss://…` with TLS), or `redis+cluster://host:port,host:port…` for a Redis Cluster. */
  readonly url: Redacted.Redacted<string>
  /** 2 s when absent. */
  readonly connectTimeoutMs?: number
  /** A command that is not answered in this time fails; 2 s when absent. */
  readonly commandTimeoutMs?: number
  /** Connections for blocking commands at most; 10 when absent. */
  readonly maxReservedConnections?: number
}

const defaultTimeoutMs = 2_000
const defaultMaxReserved = 10
const reserveTimeoutMs = 5_000
const reconnectBaseMs = 50
const reconnectMaxMs = 2_000
/** Spread over this, so that processes do not come back in step. */
const reconnectJitterMs = 200

export class RedisHealth extends Context.Service<
  RedisHealth,
  {
    /** Whether all of it is there, every master of a cluster. Never fails, and answers within the command timeout. */
    readonly check: Effect.Effect<boolean>
  }
>()("@parley/runtime/redis/RedisHealth") {}

const layer = (options: RedisClientOptions): Layer.Layer<Redis.Redis | RedisHealth, Redis.RedisError> =>
  Layer.effectContext(make(options))

export const RedisClient = { layer }

const failed = (cause: unknown) => new Redis.RedisError({ cause })

const parse = (url: string): Effect.Effect<RedisAddress, Redis.RedisError> =>
  Option.match(parseRedisAddress(url), {
    // Without the address, which may hold a password.
    onNone: () => Effect.fail(failed(new Error("REDIS_URL is not a redis://, rediss:// or redis+cluster:// address"))),
    onSome: Effect.succeed
  })

const sendOn =
  (client: RedisConnection) =>
  <A>(command: string, ...args: ReadonlyArray<string>): Effect.Effect<A, Redis.RedisError> =>
    Effect.tryPromise({
      // What a command answers is the caller's to say: `Redis.send` is typed that way.
      try: () => (command === "SCRIPT" ? callOnAll(client, command, args) : client.call(command, ...args)) as Promise<A>,
      catch: failed
    })

/** Connects now, within a bounded time; a first failure is only told. */
const opened = (client: RedisConnection, timeoutMs: number) =>
  Effect.tryPromise({ try: () => client.connect(), catch: failed }).pipe(
    Effect.timeoutOrElse({
      duration: timeoutMs,
      orElse: () => Effect.fail(failed(new Error(`Redis was not reached within ${timeoutMs} ms`)))
    })
  )

const make = Effect.fnUntraced(function* (
  options: RedisClientOptions
): Effect.fn.Return<Context.Context<Redis.Redis | RedisHealth>, Redis.RedisError, Scope.Scope> {
  const address = yield* parse(Redacted.value(options.url))
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const connectTimeoutMs = options.connectTimeoutMs ?? defaultTimeoutMs
  const settings: ConnectionOptions = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: connectTimeoutMs,
    commandTimeout: options.commandTimeoutMs ?? defaultTimeoutMs,
    connectionName: "parley",
    retryStrategy: (times) =>
      Math.min(reconnectBaseMs * 2 ** times, reconnectMaxMs) + Math.floor(Math.random() * reconnectJitterMs)
  }

  /** Without a listener an `error` event would end the process. One line a state, not one an attempt. */
  const connection = (override: Partial<ConnectionOptions>) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const client = makeConnection(address, { ...settings, ...override })
        let isAway = false
        client.on("error", (cause: Error) => {
          if (!isAway) runFork(Effect.logWarning("Redis is away; reconnecting", cause))
          isAway = true
        })
        client.on("ready", () => {
          if (isAway) runFork(Effect.logInfo("Redis is back"))
          isAway = false
        })
        return client
      }),
      (client) => Effect.sync(() => client.disconnect())
    )

  const client = yield* connection({})
  yield* Effect.ignore(opened(client, connectTimeoutMs))

  const subscriber = yield* connection({ connectionName: "parley subscriber", autoResubscribe: true })
  const hub = channelHub(subscriber)

  const redis = yield* Redis.make({
    send: sendOn(client),
    // Once the shared connection is made it reconnects by itself, so listening never ends by itself either.
    subscribe: (channel, onMessage) => Effect.as(hub.listen(channel, onMessage), Effect.never),
    // Each reservation is a connection of its own. It does not reconnect: a dropped one leaves the pool.
    connect: Effect.suspend(() => {
      const own = makeConnection(address, { ...settings, retryStrategy: () => null, commandTimeout: undefined })
      own.on("error", (cause: Error) => runFork(Effect.logDebug("A reserved Redis connection failed", cause)))
      return Effect.as(opened(own, connectTimeoutMs), {
        send: sendOn(own),
        close: Effect.sync(() => own.disconnect())
      })
    }),
    pool: { maxConnections: options.maxReservedConnections ?? defaultMaxReserved, acquireTimeout: reserveTimeoutMs }
  })

  const check = Effect.tryPromise({ try: () => answersWhole(client), catch: failed }).pipe(Effect.orElseSucceed(() => false))
  return Context.make(Redis.Redis, redis).pipe(Context.add(RedisHealth, { check }))
})
