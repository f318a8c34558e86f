/** The event loop as the hot path sees it: plain callbacks, no fibers. Tests drive one of their own. */
import { Context } from "effect"

export interface EventLoopPort {
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number
  /** Once, after the callbacks of this turn. */
  readonly afterTurn: (run: () => void) => void
  /** Once, after a delay; the answer takes it back. */
  readonly after: (delayMs: number, run: () => void) => () => void
}

const nodeEventLoop: EventLoopPort = {
  nowMs: () => performance.now(),
  afterTurn: (run) => {
    setImmediate(run)
  },
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  }
}

export const EventLoop = Context.Reference<EventLoopPort>("@parley/runtime/conversations/EventLoop", {
  defaultValue: () => nodeEventLoop
})
