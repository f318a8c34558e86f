import { assert, describe, it } from "@effect/vitest"
import { FlushSchedule } from "../../src/conversations/FlushScheduler.ts"
import type { Flushable } from "../../src/conversations/FlushScheduler.ts"
import { ManualLoop } from "./ManualLoop.ts"

class FakeLog implements Flushable {
  isScheduled = false
  lastLook = -1
  flushedAtMs: Array<number> = []
  readonly followerCount: number
  readonly markId: number
  private readonly loop: ManualLoop

  constructor(loop: ManualLoop, markId: number, followerCount = 1) {
    this.loop = loop
    this.markId = markId
    this.followerCount = followerCount
  }

  flush(): void {
    this.flushedAtMs.push(this.loop.nowMs())
  }
}

const world = (limits = { maxWritesPerSecond: 1_000, maxLoopLagMs: 25 }) => {
  const loop = new ManualLoop()
  const schedule = new FlushSchedule(limits, loop)
  /** Every log has something new every millisecond. */
  const speak = (logs: ReadonlyArray<FakeLog>, durationMs: number, everyMs = 1) => {
    for (let t = 0; t < durationMs; t += everyMs) {
      for (const log of logs) schedule.mark(log)
      loop.advance(everyMs)
    }
  }
  return { loop, schedule, speak }
}

/** How many flushes came together, at the most. */
const mostAtOnce = (logs: ReadonlyArray<FakeLog>): number => {
  const at = new Map<number, number>()
  for (const ms of logs.flatMap((log) => log.flushedAtMs)) at.set(ms, (at.get(ms) ?? 0) + 1)
  return Math.max(...at.values())
}

const logs = (loop: ManualLoop, count: number, followers = 1) =>
  Array.from({ length: count }, (_, i) => new FakeLog(loop, i, followers))

describe("when flushes go out", () => {
  it("once per turn, however often a log had something new", () => {
    const { loop, schedule } = world()
    const [log] = logs(loop, 1)
    if (log === undefined) return assert.fail()
    schedule.mark(log)
    schedule.mark(log)
    assert.strictEqual(log.flushedAtMs.length, 0)
    loop.turn()
    assert.strictEqual(log.flushedAtMs.length, 1)
    loop.turn()
    assert.strictEqual(log.flushedAtMs.length, 1)
  })

  it("past the limit of writes 50 ms after what was said first, past it still 90 ms, and never all at once", () => {
    const { loop, schedule, speak } = world()
    const few = logs(loop, 30)
    speak(few, 1_000)
    assert.strictEqual(schedule.windowMs, 50)
    for (const log of few) log.flushedAtMs = []
    speak(few, 500)
    for (const log of few) assert.approximately(log.flushedAtMs.length, 10, 1)
    assert.isAtMost(mostAtOnce(few), 22)

    const many = logs(loop, 80)
    speak(many, 1_000)
    assert.strictEqual(schedule.windowMs, 90)
    for (const log of many) log.flushedAtMs = []
    speak(many, 900)
    for (const log of many) assert.approximately(log.flushedAtMs.length, 10, 1)
    assert.isAtMost(mostAtOnce(many), 25)
  })

  it("of what comes every 20 ms, a window of 90 ms tells five at a time", () => {
    const { loop, schedule, speak } = world()
    const many = logs(loop, 200)
    speak(many, 1_000, 20)
    assert.strictEqual(schedule.windowMs, 90)
    for (const log of many) log.flushedAtMs = []
    speak(many.slice(0, 10), 1_000, 20)
    for (const log of many.slice(0, 10)) assert.strictEqual(log.flushedAtMs.length, 10)
  })

  it("nothing waits longer than its window", () => {
    const { loop, schedule, speak } = world()
    const many = logs(loop, 100)
    speak(many, 1_000)
    const windowMs = schedule.windowMs
    const waits: Array<number> = []
    for (const log of many) {
      log.flushedAtMs = []
      const from = loop.nowMs()
      schedule.mark(log)
      loop.advance(windowMs + 5)
      waits.push((log.flushedAtMs.at(-1) ?? Infinity) - from)
    }
    assert.isAtMost(Math.max(...waits), windowMs)
  })

  it("goes back to once per turn when there is less to say", () => {
    const { loop, schedule, speak } = world()
    speak(logs(loop, 80), 2_000)
    assert.strictEqual(schedule.windowMs, 90)
    speak(logs(loop, 3), 10_000, 5)
    assert.strictEqual(schedule.windowMs, 0)
  })

  it("bursts count once per turn, so that they are not mistaken for writes", () => {
    const { loop, schedule } = world()
    const some = logs(loop, 40)
    for (let t = 0; t < 2_000; t += 80) {
      for (const log of some) for (let burst = 0; burst < 4; burst++) schedule.mark(log)
      loop.advance(80)
    }
    assert.strictEqual(schedule.windowMs, 0)
  })

  const lagging = () => {
    const loop = new ManualLoop()
    let stolenMs = 0
    const hiccup = { ms: 0 }
    const schedule = new FlushSchedule(
      { maxWritesPerSecond: 1_000, maxLoopLagMs: 25 },
      {
        nowMs: () => loop.nowMs() + stolenMs,
        afterTurn: (run) => {
          loop.afterTurn(() => {
            stolenMs += hiccup.ms
            run()
          })
        },
        after: loop.after
      }
    )
    const some = logs(loop, 9)
    const speak = (times: number, pieces = 1) => {
      for (let i = 0; i < times; i++) {
        for (const log of some) for (let piece = 0; piece < pieces; piece++) schedule.mark(log)
        loop.advance(10)
      }
    }
    return { hiccup, pause: (ms: number) => loop.advance(ms), schedule, speak }
  }

  it("a loop that lags is given windows, whatever is written, and once per turn again when it was a hiccup", () => {
    const { hiccup, schedule, speak } = lagging()
    hiccup.ms = 40
    speak(20)
    assert.isAbove(schedule.windowMs, 0)
    hiccup.ms = 0
    speak(1_000)
    assert.strictEqual(schedule.windowMs, 0)
  })

  it("lag opens no window that would join nothing, nor one for what comes in pieces", () => {
    const { hiccup, pause, schedule, speak } = lagging()
    hiccup.ms = 40
    for (let i = 0; i < 100; i++) {
      // Each log speaks once in 80 ms: 50 ms windows would write it as often as once per turn does.
      speak(1, 4)
      pause(70)
      assert.strictEqual(schedule.windowMs, 0)
    }
  })

  it("a window that joins nothing any more is left at the next look", () => {
    const { pause, schedule, speak, hiccup } = lagging()
    hiccup.ms = 40
    speak(50)
    assert.isAbove(schedule.windowMs, 0)
    for (let i = 0; i < 8; i++) {
      speak(1)
      pause(90)
    }
    assert.strictEqual(schedule.windowMs, 0)
  })

  it("a loop that lags whenever it is given no windows is tried less and less often", () => {
    const { hiccup, schedule, speak } = lagging()
    hiccup.ms = 40
    let tries = 0
    let wasPerTurn = true
    const triesIn = (times: number) => {
      tries = 0
      for (let i = 0; i < times; i++) {
        speak(1)
        const isPerTurn = schedule.windowMs === 0
        if (isPerTurn && !wasPerTurn) tries++
        wasPerTurn = isPerTurn
      }
      return tries
    }
    const first = triesIn(2_000)
    triesIn(8_000)
    assert.isBelow(triesIn(2_000), first)
  })

  it("a run that nobody follows is numbered within 100 ms, and wakes no loop when all is said", () => {
    const { loop, schedule } = world()
    const [log] = logs(loop, 1, 0)
    if (log === undefined) return assert.fail()
    schedule.mark(log)
    loop.turn()
    assert.strictEqual(log.flushedAtMs.length, 0)
    loop.advance(100)
    assert.strictEqual(log.flushedAtMs.length, 1)
    assert.strictEqual(loop.pendingTimers, 0)
  })

  it("after a stall every slot that was missed is served at once", () => {
    const { loop, schedule, speak } = world()
    const many = logs(loop, 80)
    speak(many, 1_000)
    for (const log of many) schedule.mark(log)
    for (const log of many) log.flushedAtMs = []
    loop.advance(1_000)
    for (const log of many) assert.strictEqual(log.flushedAtMs.length, 1)
  })
})
