/** One socket's place in one conversation: its follower, and what it was asked to follow. */
import { Effect, Exit, Scope } from "effect"
import type { Caller } from "@parley/domain/Caller"
import type { Follower, FollowerPort } from "@parley/domain/Conversations"
import type { ConversationError } from "@parley/domain/Errors"
import { Busy, NotFound } from "@parley/domain/Errors"
import type { ConversationId, RunId } from "@parley/domain/Ids"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { endedRun } from "./endedRun.ts"
import { busyRetryAfterMs, socketLimits } from "./socketLimits.ts"
import type { SocketSession } from "./SocketSession.ts"
import { roomGoneFrame } from "./writeFrame.ts"

export class ConversationLink {
  readonly id: ConversationId
  readonly follower: Follower
  readonly #scope: Scope.Closeable
  hasRoom = false
  /** Subscribed to by `subscribe`, and not known to be over. */
  readonly runs: Set<RunId>

  constructor(id: ConversationId, follower: Follower, scope: Scope.Closeable, runs: Set<RunId>) {
    this.id = id
    this.follower = follower
    this.#scope = scope
    this.runs = runs
  }

  get isIdle(): boolean {
    return !this.hasRoom && this.runs.size === 0
  }

  release(session: SocketSession): void {
    session.host.closeScope(this.#scope)
  }
}

/** The socket's link to a conversation, opened when it has none. */
export const openLink = (
  session: SocketSession,
  id: ConversationId
): Effect.Effect<ConversationLink, ConversationError, Caller> =>
  Effect.suspend(() => {
    const open = session.links?.get(id)
    if (open !== undefined) return Effect.succeed(open)
    if (session.links !== undefined && session.links.size >= socketLimits.conversations) {
      return Effect.fail(
        new Busy({
          message: `a socket follows at most ${socketLimits.conversations} conversations`,
          retryAfterMs: busyRetryAfterMs
        })
      )
    }
    const scope = Scope.makeUnsafe()
    const runs = new Set<RunId>()
    let isGone = false
    const port = new LinkPort(session, runs, (code, reason) => {
      if (code !== CloseCode.gone) return session.close(code, reason)
      isGone = true
      session.post(roomGoneFrame(id, reason))
      session.dropLink(id)
    })
    return Effect.uninterruptibleMask((restore) =>
      restore(session.host.conversations.follow(id, port).pipe(Scope.provide(scope))).pipe(
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
        Effect.flatMap((follower) => {
          // It may have gone while the follower was made.
          if (isGone) return Effect.andThen(Scope.close(scope, Exit.void), Effect.fail(gone))
          const link = new ConversationLink(id, follower, scope, runs)
          return session.addLink(link) ? Effect.succeed(link) : Effect.andThen(Scope.close(scope, Exit.void), Effect.interrupt)
        })
      )
    )
  })

const gone = new NotFound({ message: "no such conversation", resource: "conversation" })

/** A class with methods, since every frame passes here. */
class LinkPort implements FollowerPort {
  readonly close: FollowerPort["close"]
  readonly #session: SocketSession
  readonly #runs: Set<RunId>

  constructor(session: SocketSession, runs: Set<RunId>, close: FollowerPort["close"]) {
    this.#session = session
    this.#runs = runs
    this.close = close
  }

  send(frame: string): void {
    if (this.#runs.size > 0) {
      const over = endedRun(frame)
      if (over !== undefined) this.#runs.delete(over)
    }
    this.#session.post(frame)
  }

  bufferedBytes(): number {
    return this.#session.bufferedBytes()
  }
}
