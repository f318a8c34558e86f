/** Pauses between questions to a server that did not answer, in milliseconds: each twice as long as the one before, up to the longest. */
const shortestPauseMs = 1_000
const longestPauseMs = 30_000

/** By itself, after a pause or when there is a network again: whoever waits for a server that starts has nothing to do. */
export class AskAgain {
  readonly #ask: () => void
  #pauseMs = shortestPauseMs
  #stop = (): void => {}

  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** Once; what was to come before does not. */
  later(): void {
    this.stop()
    const ask = (): void => {
      this.stop()
      this.#ask()
    }
    const timer = setTimeout(ask, this.#pauseMs)
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs)
    addEventListener("online", ask)
    this.#stop = () => {
      clearTimeout(timer)
      removeEventListener("online", ask)
    }
  }

  stop(): void {
    this.#stop()
  }
}
