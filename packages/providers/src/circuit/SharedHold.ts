/**
 * That a target asked to be left alone (`Retry-After`), told to the other processes by the store that they share for their breakers: a hold is a
 * circuit of its own there, which nobody calls through, open for as long as the target asked. When the store is away each process knows its own.
 */
import { Duration, Effect, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"

export interface SharedHold {
  readonly tell: (ms: number) => Effect.Effect<void>
  /** Milliseconds that are left of it; 0: there is none. */
  readonly leftMs: Effect.Effect<number>
}

export const makeSharedHold = (target: string, store: CircuitBreaker.CircuitBreakerStore["Service"]): SharedHold => {
  // No provider's name has a colon, so no breaker has this key.
  const key = `held:${target}`
  const opened = (ms: number) =>
    Effect.scopedWith(
      Effect.fnUntraced(function* (scope: Scope.Scope) {
        const { generation } = yield* Scope.provide(store.admit(key), scope)
        const openFor = Duration.millis(ms)
        yield* store.record({ key, generation, outcome: "Failure", tripPolicy: CircuitBreaker.consecutive(1), openFor })
      })
    )
  return {
    // Refused: it is held already.
    tell: (ms) => Effect.ignore(opened(ms)),
    leftMs: Effect.match(store.state(key), {
      onFailure: () => 0,
      onSuccess: (state) => (state._tag === "Open" ? Duration.toMillis(state.retryAfter) : 0)
    })
  }
}
