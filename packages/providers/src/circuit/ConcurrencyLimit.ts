/**
 * How many calls a target may hold at once. It begins at the most; a 429 lowers it to a part of the most that were in flight lately, for the call
 * that is refused may be the only one left of many, or one of a caller who asks one at a time and met a limit on tokens. Each answer to a call
 * that began since raises it again, and so a round of as many answers as it allows doubles it.
 */
import type { ProviderLimits } from "../ProviderLimits.ts"
import { RecentHigh } from "./RecentHigh.ts"

type Limits = Pick<
  ProviderLimits,
  "maxConcurrent" | "minConcurrent" | "limitDecrease" | "limitIncrease" | "limitWindowMs" | "limitBurstMs" | "limitForgottenMs"
>

export class ConcurrencyLimit {
  readonly #limits: Limits
  readonly #inFlight: RecentHigh
  #limit: number
  #loweredAtMs = Number.NEGATIVE_INFINITY

  constructor(limits: Limits) {
    this.#limits = limits
    this.#inFlight = new RecentHigh(limits.limitWindowMs)
    this.#limit = limits.maxConcurrent
  }

  at(nowMs: number): number {
    if (this.#limit === this.#limits.maxConcurrent) return this.#limit
    if (nowMs - this.#loweredAtMs >= this.#limits.limitForgottenMs) this.#limit = this.#limits.maxConcurrent
    return Math.floor(this.#limit)
  }

  /** Calls in flight, as one begins or before one ends. */
  see(inFlight: number, nowMs: number): void {
    this.#inFlight.see(inFlight, nowMs)
  }

  /** False: it is one of a burst that has lowered it. */
  lower(nowMs: number): boolean {
    const { limitBurstMs, limitDecrease, maxConcurrent, minConcurrent } = this.#limits
    if (nowMs - this.#loweredAtMs < limitBurstMs) return false
    this.#loweredAtMs = nowMs
    const lowered = Math.min(this.#limit, this.#inFlight.at(nowMs)) * limitDecrease
    this.#limit = Math.min(maxConcurrent, Math.max(minConcurrent, lowered))
    return true
  }

  /**
   * Another process was refused: all lower theirs to the same part of what they had in flight, and so the sum of them. What was seen counts the
   * call that learnt of it; a process that had no other had no part in it.
   */
  lowerToo(nowMs: number): void {
    if (this.#inFlight.at(nowMs) > 1) this.lower(nowMs)
  }

  /** Only a call that began since tells of what the target takes now: many answers of before may still come. */
  raise(startedMs: number): void {
    if (startedMs >= this.#loweredAtMs)
      this.#limit = Math.min(this.#limits.maxConcurrent, this.#limit + this.#limits.limitIncrease)
  }
}
