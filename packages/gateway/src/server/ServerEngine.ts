/** What every engine offers beside Effect's `HttpServer`. */
import type { Effect } from "effect"

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
  /** No new connections from now on; answers tell the client to close. Idempotent. */
  readonly stopAccepting: Effect.Effect<void>
  /** Stops accepting, waits a bounded time for what is in flight, then ends every connection. Runs once. */
  readonly drain: Effect.Effect<void>
}
