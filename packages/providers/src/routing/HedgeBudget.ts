/** How many extra calls a route may make: each request earns a part of one, and no more than a few are saved up. */
export class HedgeBudget {
  readonly #part: number
  readonly #burst: number
  #saved: number

  constructor(part: number, burst: number) {
    this.#part = part
    this.#burst = burst
    this.#saved = burst
  }

  earn(): void {
    this.#saved = Math.min(this.#burst, this.#saved + this.#part)
  }

  take(): boolean {
    if (this.#saved < 1) return false
    this.#saved--
    return true
  }
}
