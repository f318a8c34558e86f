/**
 * What one process learns of a target and the others should know for a while: that it asked to be left alone (`Retry-After`), that it refused calls
 * because there were too many. Told by the store that the processes share for their breakers: a mark is a circuit of its own there, which nobody
 * calls through, open for as long as the mark stands. When the store is away each process knows its own.
 */
import { Duration, Effect, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"

export interface SharedMark {
  /** The first of two that stand together is the one that counts. */
  readonly set: (ms: number) => Effect.Effect<void>
  /** Milliseconds that are left of it; 0: there is none. */
  readonly leftMs: Effect.Effect<number>
}

export interface SharedMarks {
  /** Leave it alone. */
  readonly held: SharedMark
  /** It was called too much. */
  readonly lowered: SharedMark
}

export const makeSharedMarks = (target: string, store: CircuitBreaker.CircuitBreakerStore["Service"]): SharedMarks => {
  const mark = (kind: string): SharedMark => {
    // No provider's name has a colon, so no breaker has this key.
    const key = `${kind}:${target}`
    const opened = (ms: number) =>
      Effect.scopedWith(
        Effect.fnUntraced(function* (scope: Scope.Scope) {
          const { generation } = yield* Scope.provide(store.admit(key), scope)
          const openFor = Duration.millis(ms)
          yield* store.record({ key, generation, outcome: "Failure", tripPolicy: CircuitBreaker.consecutive(1), openFor })
        })
      )
    return {
      // Refused: it stands already.
      set: (ms) => Effect.ignore(opened(ms)),
      leftMs: Effect.match(store.state(key), {
        onFailure: () => 0,
        onSuccess: (state) => (state._tag === "Open" ? Duration.toMillis(state.retryAfter) : 0)
      })
    }
  }
  return { held: mark("held"), lowered: mark("lowered") }
}
