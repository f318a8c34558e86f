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

  /** Whether a call may be made: asked before a target is chosen for it, and spent only when there is one. */
  get hasCall(): boolean {
    return this.#saved >= 1
  }

  spend(): void {
    this.#saved--
  }
}
