/** An event loop that a test drives: turns and time pass when it says so. */
import { Layer } from "effect"
import { EventLoop } from "../../src/conversations/EventLoop.ts"
import type { EventLoopPort } from "../../src/conversations/EventLoop.ts"

export class ManualLoop implements EventLoopPort {
  private timeMs = 0
  private turns: Array<() => void> = []
  private timers: Array<{ readonly atMs: number; readonly run: () => void }> = []

  readonly nowMs = (): number => this.timeMs

  readonly afterTurn = (run: () => void): void => {
    this.turns.push(run)
  }

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { atMs: this.timeMs + delayMs, run }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  /** Ends the turn: what waited for it runs, and what that asks for too. */
  turn(): void {
    while (this.turns.length > 0) {
      const due = this.turns
      this.turns = []
      for (const run of due) run()
    }
  }

  /** Time passes, timers in their order, each in a turn of its own. */
  advance(durationMs: number): void {
    const untilMs = this.timeMs + durationMs
    this.turn()
    for (;;) {
      const next = this.timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.timers = this.timers.filter((timer) => timer !== next)
      this.timeMs = Math.max(this.timeMs, next.atMs)
      next.run()
      this.turn()
    }
    this.timeMs = untilMs
  }

  get pendingTimers(): number {
    return this.timers.length
  }

  get layer(): Layer.Layer<never> {
    return Layer.succeed(EventLoop, this)
  }
}
