/**
 * A call that a second target races where the first is slow, within the route's budget of extra calls: the same of answers and of vectors. Without
 * hedging it is the call itself.
 */
import { Cause, Clock, Effect, Exit } from "effect"
import type { Context } from "effect"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { Plan } from "./Plan.ts"
import { race } from "./race.ts"
import type { Racer } from "./race.ts"
import type { RouteSettings } from "./Router.ts"
import type { RouteTarget } from "./RouteTarget.ts"

export interface HedgedCall<Attempted> {
  readonly target: RouteTarget
  /** Absent where nobody races it. */
  readonly racer?: Racer
  readonly began?: (attempted: Attempted) => void
  /** The target whose place this one takes when it is faster. */
  readonly instead?: RouteTarget
}

export interface Dropped<Attempted> {
  readonly lost: Attempted
  readonly other: Attempted | undefined
  /** How it failed; undefined: it was slower. */
  readonly error: ProviderError | undefined
  readonly context: Context.Context<never>
}

export interface HedgeOptions<A, Attempted> {
  readonly settings: RouteSettings
  readonly plan: Plan
  readonly target: RouteTarget
  readonly isStream: boolean
  readonly call: (call: HedgedCall<Attempted>) => Effect.Effect<A, ProviderError>
  /** A racer that lost, or failed while the other went on. */
  readonly dropped: (dropped: Dropped<Attempted>) => void
}

export const hedged = <A, Attempted>(options: HedgeOptions<A, Attempted>): Effect.Effect<A, ProviderError> => {
  const { call, dropped, isStream, plan, settings, target } = options
  const { budget, hedge, timer } = settings
  if (hedge === undefined) return call({ target })
  budget.earn()
  return Effect.withFiber((fiber) => {
    const { context } = fiber
    const clock = fiber.getRef(Clock.Clock)
    const nowMs = clock.currentTimeMillisUnsafe()
    const { statistics } = target.circuit()
    const known = isStream ? statistics.firstTokenMs(nowMs, 0.95) : statistics.wholeMs(nowMs, 0.95)
    const racing: { first?: Attempted; second?: Attempted } = {}
    return race<A>({
      timer,
      delayMs: Math.max(hedge.minMs, known ?? hedge.defaultMs),
      first: (racer) => call({ target, racer, began: (attempted) => (racing.first = attempted) }),
      second: () => {
        // Whoever is taken of the plan is not there any more when the first fails.
        const other = budget.hasCall ? plan.take(clock.currentTimeMillisUnsafe()) : undefined
        if (other === undefined) return undefined
        budget.spend()
        other.circuit().statistics.hedges++
        return (racer) => call({ target: other, racer, began: (attempted) => (racing.second = attempted), instead: target })
      },
      dropped: (place, exit) => {
        const lost = racing[place]
        if (lost === undefined) return
        const found = exit === undefined || Exit.isSuccess(exit) ? undefined : Cause.findErrorOption(exit.cause)
        const error = found?._tag === "Some" ? found.value : undefined
        dropped({ lost, other: place === "first" ? racing.second : racing.first, error, context })
      }
    })
  })
}
