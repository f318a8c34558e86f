/** Chance with a seed (mulberry32): a drill that failed can be run again as it was. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least)
  }

  pick<A>(from: ReadonlyArray<A>): A {
    const found = from[Math.floor(this.next() * from.length)]
    if (found === undefined) throw new Error("nothing to pick from")
    return found
  }
}
