/**
 * Decides when what runs have to say is flushed, for the whole process: once per turn of the event loop while that is cheap; when the
 * socket writes a second or the loop's lag pass a limit, 50 and then 90 ms after the first that a flush tells, in slots of 5 ms, of which none gets
 * much more than the others, so that flushes do not come all at once. What must go at once (the first token, tool calls, terminals) does not come here.
 *
 * Plain callbacks: no fiber, queue or timer per token.
 */
import { Context, Effect, Layer } from "effect"
import { ConversationLimits } from "./ConversationLimits.ts"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import { EventLoop } from "./EventLoop.ts"
import type { EventLoopPort } from "./EventLoop.ts"

/** What the scheduler needs of a run; the fields are its own notes, kept there to spare a map. */
export interface Flushable {
  readonly followerCount: number
  /** Nearly always another one for each. */
  readonly markId: number
  isScheduled: boolean
  lastLook: number
  flush(): void
}

const slotMs = 5
/**
 * By level, how long the first token of a flush waits: 0 is once per turn. A window that begins with that token, and not by the clock, joins as many
 * as one can that makes nothing wait longer.
 */
const windowMsOf = [0, 50, 90] as const
type Level = 0 | 1 | 2
const raised: Record<Level, ReadonlyArray<1 | 2>> = { 0: [1, 2], 1: [2], 2: [] }
const lowered: Record<Level, Level> = { 0: 0, 1: 0, 2: 1 }

/** Followers wait for nothing in these, only the journal does. */
const idleLevel = 2
const slotCount = windowMsOf[idleLevel] / slotMs
/** A slot is full with so many times its share of all that wait, and so many more. Whoever comes then is flushed earlier than it need be. */
const fullAtShares = 1.5
const fullAtLeast = 16

/** How often the level is looked at; and how many looks in a row must agree before it is lowered. */
const measureMs = 250
const looksBeforeLower = 4
/** A level that must be raised again soon after it was lowered waits twice as long the next time, up to so many looks. */
const maxLooksBeforeLower = 64
/** Writes raised it: the demand must fall to this share of what it was then. */
const lowerAtShare = 0.7
/** A window is opened when it leaves at most the first share of the writes that there would be without one, and left above the second. */
const openAtShare = 0.7
const uselessAtShare = 0.8

const nobody = -1

export class FlushSchedule {
  private readonly limits: Pick<ConversationLimitsValues, "maxWritesPerSecond" | "maxLoopLagMs">
  private readonly loop: EventLoopPort

  private turn: Array<Flushable> = []
  private turnAskedAtMs = 0
  private readonly slots: Array<Array<Flushable>> = Array.from({ length: slotCount }, () => [])
  private inSlots = 0
  private slotTimerRuns = false
  private nextSlotTick = 0
  private currentLevel: Level = 0
  /** By level: the demand below which it is left. */
  private readonly lowerBelow: [number, number, number] = [0, 0, 0]
  private calmLooks = 0
  private looksNeeded = looksBeforeLower
  private looksSinceLower = maxLooksBeforeLower
  private measureFromMs: number
  /** Numbers the looks. */
  private lookNumber = 0
  /** Whoever was marked last, by its number: a reference to it would have to be told to the collector, for each token. */
  private lastMarked = nobody
  /** Since the last look, counted by followers: writes; how often there was something to say; the runs that had something to say. */
  private writes = 0
  private demand = 0
  private speakers = 0
  private lagSumMs = 0
  private lagCount = 0

  constructor(limits: Pick<ConversationLimitsValues, "maxWritesPerSecond" | "maxLoopLagMs">, loop: EventLoopPort) {
    this.limits = limits
    this.loop = loop
    this.measureFromMs = loop.nowMs()
  }

  /** Longest wait for a flush, in milliseconds; 0: once per turn. */
  get windowMs(): number {
    return windowMsOf[this.currentLevel]
  }

  /** The log has something new. */
  mark(log: Flushable): void {
    const followers = log.followerCount
    // What there is to say, measured alike at every level and however late the loop is. What comes in one piece is marked in a row.
    if (log.markId !== this.lastMarked) {
      this.lastMarked = log.markId
      this.demand += followers
      if (log.lastLook !== this.lookNumber) {
        log.lastLook = this.lookNumber
        this.speakers += followers
      }
    }
    if (log.isScheduled) return
    log.isScheduled = true
    this.writes += followers
    if (this.currentLevel === 0 && followers > 0) {
      this.turn.push(log)
      if (this.turn.length === 1) {
        this.turnAskedAtMs = this.loop.nowMs()
        this.loop.afterTurn(this.runTurn)
      }
      return
    }
    if (!this.slotTimerRuns) this.startSlots()
    this.slots[this.slotWithin(windowMsOf[followers === 0 ? idleLevel : this.currentLevel])]?.push(log)
    this.inSlots++
  }

  /** The last slot within the window that is not full; where all are, the last. */
  private slotWithin(windowMs: number): number {
    const count = windowMs / slotMs
    const full = fullAtLeast + (this.inSlots / count) * fullAtShares
    for (let ahead = count - 1; ahead >= 0; ahead--) {
      const slot = (this.nextSlotTick + ahead) % slotCount
      if ((this.slots[slot]?.length ?? 0) <= full) return slot
    }
    return (this.nextSlotTick + count - 1) % slotCount
  }

  private readonly runTurn = (): void => {
    const logs = this.turn
    this.turn = []
    const startedAtMs = this.loop.nowMs()
    flushAll(logs)
    const nowMs = this.loop.nowMs()
    this.noteLag(startedAtMs - this.turnAskedAtMs, nowMs)
  }

  private startSlots(): void {
    this.slotTimerRuns = true
    this.nextSlotTick = Math.floor(this.loop.nowMs() / slotMs) + 1
    this.awaitSlot()
  }

  private awaitSlot(): void {
    this.loop.after(Math.max(0, this.nextSlotTick * slotMs - this.loop.nowMs()), this.runSlots)
  }

  private readonly runSlots = (): void => {
    const startedAtMs = this.loop.nowMs()
    const lagMs = startedAtMs - this.nextSlotTick * slotMs
    const due = Math.max(this.nextSlotTick, Math.floor(startedAtMs / slotMs))
    const last = Math.min(due, this.nextSlotTick + slotCount - 1)
    for (let tick = this.nextSlotTick; tick <= last; tick++) {
      const slot = tick % slotCount
      const logs = this.slots[slot]
      if (logs === undefined || logs.length === 0) continue
      this.slots[slot] = []
      this.inSlots -= logs.length
      flushAll(logs)
    }
    this.nextSlotTick = due + 1
    this.noteLag(Math.max(0, lagMs), this.loop.nowMs())
    if (this.inSlots > 0) this.awaitSlot()
    else this.slotTimerRuns = false
  }

  private noteLag(lagMs: number, nowMs: number): void {
    this.lagSumMs += lagMs
    this.lagCount++
    const elapsedMs = nowMs - this.measureFromMs
    if (elapsedMs < measureMs) return
    // After a pause in which nothing was said there is nothing to conclude from.
    if (elapsedMs < 4 * measureMs) this.look(elapsedMs)
    this.measureFromMs = nowMs
    this.lookNumber++
    this.lastMarked = nobody
    this.writes = 0
    this.demand = 0
    this.speakers = 0
    this.lagSumMs = 0
    this.lagCount = 0
  }

  private look(elapsedMs: number): void {
    const writesPerSecond = (this.writes * 1000) / elapsedMs
    const demandPerSecond = (this.demand * 1000) / elapsedMs
    const lagMs = this.lagSumMs / this.lagCount
    const level = this.currentLevel
    const { maxLoopLagMs, maxWritesPerSecond } = this.limits
    this.looksSinceLower++
    if (level !== 0 && this.writesLeftBy(level, elapsedMs) > uselessAtShare) {
      this.calmLooks = 0
      this.looksSinceLower = 0
      this.currentLevel = 0
      return
    }
    if (writesPerSecond > maxWritesPerSecond || lagMs > maxLoopLagMs) {
      this.calmLooks = 0
      const next = raised[level].find((higher) => this.writesLeftBy(higher, elapsedMs) <= openAtShare)
      if (next === undefined) return
      this.currentLevel = next
      const isSoon = this.looksSinceLower <= this.looksNeeded
      this.looksNeeded = isSoon ? Math.min(this.looksNeeded * 2, maxLooksBeforeLower) : looksBeforeLower
      // What lag alone raised may have been a hiccup: it is left at any demand that once per turn can serve.
      const lowerBelow = writesPerSecond > maxWritesPerSecond ? demandPerSecond * lowerAtShare : maxWritesPerSecond
      this.lowerBelow[next] = lowerBelow
      if (level === 0) this.lowerBelow[1] = lowerBelow
      return
    }
    const isCalm = lagMs < maxLoopLagMs / 2 && demandPerSecond < this.lowerBelow[level]
    this.calmLooks = isCalm ? this.calmLooks + 1 : 0
    if (this.calmLooks < this.looksNeeded || level === 0) return
    this.calmLooks = 0
    this.looksSinceLower = 0
    this.currentLevel = lowered[level]
  }

  /** The share of the writes that a window leaves: each run that speaks is written once in it. */
  private writesLeftBy(level: 1 | 2, elapsedMs: number): number {
    return (this.speakers * elapsedMs) / windowMsOf[level] / Math.max(1, this.demand)
  }
}

const flushAll = (logs: ReadonlyArray<Flushable>): void => {
  for (const log of logs) {
    log.isScheduled = false
    log.flush()
  }
}

export class FlushScheduler extends Context.Service<FlushScheduler, FlushSchedule>()(
  "@parley/runtime/conversations/FlushScheduler"
) {
  static readonly layer = Layer.effect(
    FlushScheduler,
    Effect.gen(function* () {
      return new FlushSchedule(yield* ConversationLimits, yield* EventLoop)
    })
  )
}
