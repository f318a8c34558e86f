/** The highest of the numbers of a while: what was seen within the window counts for sure, and nothing that is older by more than one slot. */

/** Parts of the window, and one for the part that is under way. */
const slots = 11

export class RecentHigh {
  readonly #slotMs: number
  readonly #highs = new Float64Array(slots)
  #tick = 0

  constructor(windowMs: number) {
    this.#slotMs = Math.max(1, windowMs / (slots - 1))
  }

  see(value: number, nowMs: number): void {
    const slot = this.#slot(nowMs)
    if (value > (this.#highs[slot] ?? 0)) this.#highs[slot] = value
  }

  /** 0: nothing was seen. */
  at(nowMs: number): number {
    this.#slot(nowMs)
    return Math.max(...this.#highs)
  }

  /** The slot of now; those that time has passed over are emptied. */
  #slot(nowMs: number): number {
    const tick = Math.floor(nowMs / this.#slotMs)
    if (tick > this.#tick) {
      for (let passed = Math.max(this.#tick + 1, tick - slots + 1); passed <= tick; passed++) this.#highs[passed % slots] = 0
      this.#tick = tick
    }
    return this.#tick % slots
  }
}
