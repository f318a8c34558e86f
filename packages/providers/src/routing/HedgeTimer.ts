/**
 * The clock of a route's hedges: calls are put down with the time from which they are slow, and one fiber sleeps until the first of them. Nearly all
 * calls have spoken by then and are taken off again, which costs no timer and no fiber each. When no call is left it sleeps on once, and ends.
 */
import { Clock, Effect } from "effect"
import type { Fiber } from "effect"

export interface Hedge {
  readonly atMs: number
  readonly slow: () => void
}

export class HedgeTimer {
  readonly #hedges = new Set<Hedge>()
  /** When the next sleeper wakes; one that another came before only finds nothing due. */
  #wakesAtMs = Number.POSITIVE_INFINITY

  arm(caller: Fiber.Fiber<unknown, unknown>, delayMs: number, slow: () => void): Hedge {
    const nowMs = caller.getRef(Clock.Clock).currentTimeMillisUnsafe()
    const hedge = { atMs: nowMs + delayMs, slow }
    this.#hedges.add(hedge)
    if (hedge.atMs < this.#wakesAtMs) Effect.runForkWith(caller.context)(this.#sleep(nowMs, hedge.atMs))
    return hedge
  }

  disarm(hedge: Hedge): void {
    this.#hedges.delete(hedge)
  }

  #sleep(nowMs: number, untilMs: number): Effect.Effect<void> {
    this.#wakesAtMs = untilMs
    return Effect.flatMap(Effect.andThen(Effect.sleep(untilMs - nowMs), Clock.currentTimeMillis), (wokenMs) => {
      const due: Array<Hedge> = []
      let nextMs = Number.POSITIVE_INFINITY
      for (const hedge of this.#hedges) {
        if (hedge.atMs <= wokenMs) due.push(hedge)
        else nextMs = Math.min(nextMs, hedge.atMs)
      }
      for (const hedge of due) this.#hedges.delete(hedge)
      const isNext = untilMs === this.#wakesAtMs
      if (isNext) this.#wakesAtMs = nextMs
      return Effect.andThen(
        Effect.sync(() => {
          for (const hedge of due) hedge.slow()
        }),
        isNext && nextMs < Number.POSITIVE_INFINITY ? this.#sleep(wokenMs, nextMs) : Effect.void
      )
    })
  }
}
