/** Pub/sub over one connection for all channels: subscribed while somebody listens. */
import { Effect, Semaphore } from "effect"
import type { Scope } from "effect"
import * as Redis from "effect/persistence/Redis"
import type { RedisConnection } from "./RedisConnection.ts"

type Listener = (message: Redis.RedisMessage) => void

export const channelHub = (subscriber: RedisConnection) => {
  const listeners = new Map<string, Set<Listener>>()
  // Subscribing and unsubscribing take turns, or a late unsubscribe would undo a new subscription.
  const turns = Semaphore.makeUnsafe(1)

  subscriber.on("message", (channel: string, message: string) => {
    for (const listener of listeners.get(channel) ?? []) listener({ channel, message })
  })

  const attempt = (act: () => Promise<unknown>) =>
    Effect.tryPromise({ try: act, catch: (cause) => new Redis.RedisError({ cause }) })

  /** While it reconnects by itself `connect` refuses, and so does whoever wants to listen meanwhile. */
  const open = Effect.suspend(() => (subscriber.status === "ready" ? Effect.void : attempt(() => subscriber.connect())))

  const join = (channel: string, listener: Listener) =>
    Effect.gen(function* () {
      yield* open
      const present = listeners.get(channel)
      if (present !== undefined) {
        present.add(listener)
        return
      }
      listeners.set(channel, new Set([listener]))
      yield* Effect.onError(
        attempt(() => subscriber.subscribe(channel)),
        () => Effect.sync(() => listeners.delete(channel))
      )
    })

  const leave = (channel: string, listener: Listener) =>
    Effect.suspend(() => {
      const present = listeners.get(channel)
      present?.delete(listener)
      if (present === undefined || present.size > 0) return Effect.void
      listeners.delete(channel)
      return Effect.ignore(attempt(() => subscriber.unsubscribe(channel)))
    })

  return {
    /** Until the scope closes. */
    listen: (channel: string, listener: Listener): Effect.Effect<void, Redis.RedisError, Scope.Scope> =>
      Effect.asVoid(
        Effect.acquireRelease(turns.withPermits(1)(join(channel, listener)), () => turns.withPermits(1)(leave(channel, listener)))
      )
  }
}
