/** The open sockets of this process: how many, and how they are told to go elsewhere. */
import { Context } from "effect"
import type { Effect } from "effect"

export class SocketSessions extends Context.Service<
  SocketSessions,
  {
    /** Open ones, and closed ones whose commands have not ended. */
    readonly count: Effect.Effect<number>
    /**
     * Refuses new sockets, sends `go-away` to all, and closes each with 4000 at a random time within `withinMs`. Ends when all are closed and
     * their commands have ended, or a bounded time later. Idempotent.
     */
    readonly drain: (withinMs: number) => Effect.Effect<void>
  }
>()("@parley/gateway/socket/SocketSessions") {}
