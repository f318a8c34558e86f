/** What every engine offers beside Effect's `HttpServer`, and how each of them stops. */
import { Deferred, Effect } from "effect"

export interface ServerConnections {
  readonly http: number
  readonly webSockets: number
  /** Requests that wait for their answer. */
  readonly inFlight: number
}

export interface ServerEngine {
  /** For the log: which server answers, and its version. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly connections: () => ServerConnections
  /** From now on answers tell the client to close, so that nobody has a connection left to reuse when no more are accepted. Idempotent. */
  readonly endKeepAlive: Effect.Effect<void>
  /** The same, and no new connections. Idempotent. */
  readonly stopAccepting: Effect.Effect<void>
  /** Stops accepting, waits a bounded time for what is in flight, then ends every connection. Runs once. */
  readonly drain: Effect.Effect<void>
}

/** After the last answer: for what is still on its way to slow clients. */
const flushGraceMs = 250
const pollMs = 10

/** Wakes who waits until no request is in flight. */
export class Flight {
  #landed: Deferred.Deferred<void> | undefined

  /** After each request that has ended, with how many are left. */
  ended(left: number): void {
    if (left > 0 || this.#landed === undefined) return
    Deferred.doneUnsafe(this.#landed, Effect.void)
    this.#landed = undefined
  }

  readonly landed = (inFlight: () => number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (inFlight() === 0) return Effect.void
      this.#landed ??= Deferred.makeUnsafe<void>()
      return Deferred.await(this.#landed)
    })
}

export const makeDrain = (engine: {
  readonly flight: Flight
  readonly drainTimeoutMs: number
  readonly connections: () => ServerConnections
  readonly stopAccepting: Effect.Effect<void>
  readonly endWebSockets: () => void
  readonly closeAll: () => void
}): Effect.Effect<Effect.Effect<void>> => {
  const flushed = Effect.gen(function* () {
    while (engine.connections().http > 0) yield* Effect.sleep(pollMs)
  })
  const landed = engine.flight.landed(() => engine.connections().inFlight)
  return Effect.cached(
    engine.stopAccepting.pipe(
      Effect.andThen(Effect.timeoutOption(landed, engine.drainTimeoutMs)),
      Effect.andThen(Effect.sync(engine.endWebSockets)),
      Effect.andThen(Effect.timeoutOption(flushed, flushGraceMs)),
      Effect.andThen(Effect.sync(engine.closeAll))
    )
  )
}
