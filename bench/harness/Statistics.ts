/** Medians of rounds, and latencies counted in fixed steps. */

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Field by field; the rounds have the same fields. */
export const medianOf = <A extends Record<string, number>>(rounds: ReadonlyArray<A>): A => {
  const first = rounds[0]
  if (first === undefined) throw new Error("no rounds")
  return Object.fromEntries(Object.keys(first).map((key) => [key, median(rounds.map((round) => round[key] ?? Number.NaN))])) as A
}

const stepMicros = 20
const steps = 500_000

/** Latencies up to 10 s in steps of 20 µs; longer ones count as 10 s. */
export class Histogram {
  readonly #counts = new Uint32Array(steps)
  #total = 0

  add(micros: number): void {
    const step = Math.min(steps - 1, Math.max(0, Math.floor(micros / stepMicros)))
    this.#counts[step] = (this.#counts[step] ?? 0) + 1
    this.#total++
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }

  get total(): number {
    return this.#total
  }

  /** In milliseconds; NaN when nothing was counted. */
  percentileMs(percent: number): number {
    if (this.#total === 0) return Number.NaN
    const wanted = Math.ceil((this.#total * percent) / 100)
    let seen = 0
    for (let step = 0; step < steps; step++) {
      seen += this.#counts[step] ?? 0
      if (seen >= wanted) return ((step + 1) * stepMicros) / 1000
    }
    return Number.NaN
  }
}
