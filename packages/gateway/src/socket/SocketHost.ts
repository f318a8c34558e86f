/** What the sessions of a process share: the services of their commands, and one write to the network per socket and turn. */
import { Effect, Exit, Scope } from "effect"
import type { Clock, Context, Fiber } from "effect"
import type { Authenticator } from "@parley/domain/Administration"
import type { Conversations } from "@parley/domain/Conversations"
import { FollowedLists } from "./FollowedLists.ts"
import type { SocketSession } from "./SocketSession.ts"

export class SocketHost {
  readonly conversations: Conversations["Service"]
  readonly authenticator: Authenticator["Service"]
  readonly sessions = new Set<SocketSession>()
  readonly lists = new FollowedLists()
  /** On all sockets, closed ones included whose commands have not ended. */
  commandsUnderWay = 0
  isDraining = false
  readonly #context: Context.Context<never>
  readonly #clock: Clock.Clock
  /** Sessions with frames of this turn; empty between turns. */
  #dirty: Array<SocketSession> = []

  constructor(
    services: { readonly conversations: Conversations["Service"]; readonly authenticator: Authenticator["Service"] },
    context: Context.Context<never>,
    clock: Clock.Clock
  ) {
    this.conversations = services.conversations
    this.authenticator = services.authenticator
    this.#context = context
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.currentTimeMillisUnsafe()
  }

  /** Runs at once, up to where it first waits. */
  fork<A>(effect: Effect.Effect<A>): Fiber.Fiber<A> {
    return Effect.runForkWith(this.#context)(effect)
  }

  closeScope(scope: Scope.Closeable): void {
    Effect.runForkWith(this.#context)(Scope.close(scope, Exit.void))
  }

  /** Its frames go out when this turn's work is done. */
  flushLater(session: SocketSession): void {
    if (this.#dirty.push(session) === 1) queueMicrotask(this.#flush)
  }

  readonly #flush = (): void => {
    const dirty = this.#dirty
    this.#dirty = []
    for (const session of dirty) session.flush()
  }
}
