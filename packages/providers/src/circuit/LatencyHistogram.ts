/**
 * How long things took, in eight bins an octave: a percentile is told as the upper bound of its bin, so at most
 * 9 % too long. What is older than the window is forgotten, a slot of it at a time. Fixed in size, and nothing is allocated by `record`.
 */

/** Slots of the window. */
export const windowSlots = 6

const binsPerOctave = 8
/** Up to 2 ^ 18 ms: four minutes; all that is longer is in the last bin. */
const bins = 18 * binsPerOctave

export class LatencyHistogram {
  readonly #slots = Array.from({ length: windowSlots }, () => new Uint32Array(bins))
  readonly #all = new Uint32Array(bins)
  #count = 0

  get count(): number {
    return this.#count
  }

  record(slot: number, ms: number): void {
    const bin = binOf(ms)
    const counts = this.#slots[slot]
    if (counts === undefined) return
    counts[bin] = (counts[bin] ?? 0) + 1
    this.#all[bin] = (this.#all[bin] ?? 0) + 1
    this.#count++
  }

  clear(slot: number): void {
    const counts = this.#slots[slot]
    if (counts === undefined) return
    for (let bin = 0; bin < bins; bin++) {
      const gone = counts[bin] ?? 0
      if (gone === 0) continue
      this.#all[bin] = (this.#all[bin] ?? 0) - gone
      this.#count -= gone
      counts[bin] = 0
    }
  }

  /** Milliseconds that this part of all stayed within; undefined when there is nothing. */
  percentile(part: number): number | undefined {
    if (this.#count === 0) return undefined
    let left = Math.ceil(this.#count * part)
    for (let bin = 0; bin < bins; bin++) {
      left -= this.#all[bin] ?? 0
      if (left <= 0) return Math.ceil(2 ** (bin / binsPerOctave))
    }
    return undefined
  }
}

const binOf = (ms: number): number => (ms <= 1 ? 0 : Math.min(bins - 1, Math.ceil(Math.log2(ms) * binsPerOctave)))
