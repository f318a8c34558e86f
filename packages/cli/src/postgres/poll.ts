import { Clock, Effect } from "effect"

/** Asks until there is an answer; undefined when the time is up. */
export const poll = Effect.fnUntraced(function* <A, E, R>(
  ask: Effect.Effect<A | undefined, E, R>,
  options: { readonly everyMs: number; readonly timeoutMs: number }
) {
  const deadline = (yield* Clock.currentTimeMillis) + options.timeoutMs
  while (true) {
    const answer = yield* ask
    if (answer !== undefined || (yield* Clock.currentTimeMillis) >= deadline) return answer
    yield* Effect.sleep(options.everyMs)
  }
})
