/** What one who is not in yet may ask of a process: bounded for all of them together, since who they are is not known. */
import { Busy } from "@parley/domain/Errors"
import { Clock, Context, Effect, Layer } from "effect"

export interface VisitorLimitsValues {
  /** Requests a second, and how many may come at once after a quiet time. */
  readonly perSecond: number
  readonly burst: number
  /** Under way at the same time. */
  readonly concurrent: number
}

export const defaultVisitorLimits: VisitorLimitsValues = { perSecond: 50, burst: 200, concurrent: 16 }

const retryAfterMs = 1_000
const tooMany = new Busy({ message: "too many requests without a credential; come again", retryAfterMs })

const reference = Context.Reference<VisitorLimitsValues>("@parley/gateway/auth/VisitorLimits", {
  defaultValue: () => defaultVisitorLimits
})

export const VisitorLimits = Object.assign(reference, {
  layer: (change: Partial<VisitorLimitsValues>): Layer.Layer<never> =>
    Layer.succeed(reference, { ...defaultVisitorLimits, ...change })
})

export type Bounded = <A, E, R>(visit: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Busy, R>

/** A bucket of tokens and a count; no queue, so nothing waits. */
export const makeBounded: Effect.Effect<Bounded> = Effect.gen(function* () {
  const { burst, concurrent, perSecond } = yield* VisitorLimits
  const clock = yield* Clock.Clock
  let tokens = burst
  let filledAtMs = clock.currentTimeMillisUnsafe()
  let underWay = 0
  const take = (): boolean => {
    const nowMs = clock.currentTimeMillisUnsafe()
    tokens = Math.min(burst, tokens + (Math.max(0, nowMs - filledAtMs) * perSecond) / 1_000)
    filledAtMs = nowMs
    if (tokens < 1 || underWay >= concurrent) return false
    tokens--
    return true
  }
  return <A, E, R>(visit: Effect.Effect<A, E, R>) =>
    Effect.suspend((): Effect.Effect<A, E | Busy, R> => {
      if (!take()) return Effect.fail(tooMany)
      underWay++
      return Effect.ensuring(
        visit,
        Effect.sync(() => underWay--)
      )
    })
})
