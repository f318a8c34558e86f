/**
 * What the store of the circuits is told is told beside the calls that it is about: nobody who is failed over waits for Redis. It begins at once, so
 * that a store in memory knows before the call has ended, and one elsewhere hears of things in their order.
 */
import { Effect } from "effect"
import type { Scope } from "effect"

/** What one circuit may have under way to its store; past it the store is not told, for it does not listen. */
const maxUnderWay = 256

export type BesideCalls = (telling: Effect.Effect<void>) => Effect.Effect<void>

/** Lives as long as the scope: what has not reached the store by then does not. */
export const makeBesideCalls: Effect.Effect<BesideCalls, never, Scope.Scope> = Effect.map(Effect.scope, (scope) => {
  let underWay = 0
  return (telling) =>
    Effect.suspend(() => {
      if (underWay >= maxUnderWay) return Effect.void
      underWay++
      const counted = Effect.onExitPrimitive(telling, () => {
        underWay--
        return undefined
      })
      return Effect.asVoid(Effect.forkIn(counted, scope, { startImmediately: true }))
    })
})
