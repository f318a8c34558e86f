/** Knows whether the peer still lives: says `ping` when nothing was heard for a heartbeat, and gives up when no answer comes. */
import type { Platform } from "../Platform.ts"

export interface HeartbeatOptions {
  readonly platform: Platform
  readonly pongTimeoutMs: number
  /** Of a check that has a reason to expect none. */
  readonly doubtedPongTimeoutMs: number
  readonly ping: () => void
  /** Every heartbeat of an open connection. */
  readonly beat: () => void
  readonly silent: () => void
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  #everyMs = 0
  #heardAtMs = 0
  #stopTick: (() => void) | undefined
  #stopPong: (() => void) | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  start(everyMs: number): void {
    this.stop()
    this.#everyMs = everyMs
    this.heard()
    this.#tickLater()
  }

  stop(): void {
    this.#stopTick?.()
    this.#stopTick = undefined
    this.#expectNothing()
  }

  heard(): void {
    this.#heardAtMs = this.#options.platform.nowMs()
    this.#expectNothing()
  }

  /** Is it still there? After a sleep longer than the server would wait for us the answer is known. */
  check(isDoubted = false): void {
    if (this.#stopTick === undefined) return
    const { doubtedPongTimeoutMs, ping, platform, pongTimeoutMs, silent } = this.#options
    if (platform.nowMs() - this.#heardAtMs > 2 * this.#everyMs + pongTimeoutMs) return silent()
    if (this.#stopPong !== undefined && !isDoubted) return
    this.#expectNothing()
    this.#stopPong = platform.after(isDoubted ? doubtedPongTimeoutMs : pongTimeoutMs, silent)
    ping()
  }

  #tickLater(): void {
    this.#stopTick = this.#options.platform.after(this.#everyMs, () => {
      this.#options.beat()
      this.#tickLater()
      this.check()
    })
  }

  #expectNothing(): void {
    this.#stopPong?.()
    this.#stopPong = undefined
  }
}
