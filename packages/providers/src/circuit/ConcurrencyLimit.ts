/**
 * How many calls a target may hold at once. It begins at the most, a 429 lowers it to a part of what was in flight, and answers
 * raise it again, by one for each round of as many answers as it allows (additive increase, multiplicative decrease).
 */
import type { ProviderLimits } from "../ProviderLimits.ts"

type Limits = Pick<ProviderLimits, "maxConcurrent" | "minConcurrent" | "limitDecrease" | "limitBurstMs" | "limitForgottenMs">

export class ConcurrencyLimit {
  readonly #limits: Limits
  #limit: number
  #loweredAtMs = Number.NEGATIVE_INFINITY

  constructor(limits: Limits) {
    this.#limits = limits
    this.#limit = limits.maxConcurrent
  }

  at(nowMs: number): number {
    if (this.#limit === this.#limits.maxConcurrent) return this.#limit
    if (nowMs - this.#loweredAtMs >= this.#limits.limitForgottenMs) this.#limit = this.#limits.maxConcurrent
    return Math.floor(this.#limit)
  }

  /** `inFlight` counts the refused call too. False: it is one of a burst that has lowered it. */
  lower(inFlight: number, nowMs: number): boolean {
    const { limitBurstMs, limitDecrease, minConcurrent } = this.#limits
    if (nowMs - this.#loweredAtMs < limitBurstMs) return false
    this.#loweredAtMs = nowMs
    this.#limit = Math.max(minConcurrent, Math.min(this.#limit, inFlight) * limitDecrease)
    return true
  }

  /**
   * Another process was refused: all lower theirs to the same part of what they have in flight, and so the sum of them. `inFlight` counts the call that
   * learnt of it; a process that has no other had no part in it.
   */
  lowerToo(inFlight: number, nowMs: number): void {
    if (inFlight > 1) this.lower(inFlight, nowMs)
  }

  /** Only a limit that is made use of is known to be too low. */
  raise(inFlight: number): void {
    const { maxConcurrent } = this.#limits
    if (this.#limit >= maxConcurrent || inFlight * 2 < this.#limit) return
    this.#limit = Math.min(maxConcurrent, this.#limit + 1 / this.#limit)
  }
}
