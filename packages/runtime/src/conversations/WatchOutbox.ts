/**
 * What waits to leave for a gateway: frames go in one by one as synchronous calls, and leave in batches. It is a follower's port, whose peer is
 * the stream between the processes: what the stream has not taken counts as buffered, so that a slow gateway gets snapshots instead of deltas.
 */
import { Effect } from "effect"
import type { WatchBatch } from "@parley/domain/actors/ConversationActor"
import type { FollowerPort } from "@parley/domain/Conversations"
import { NotFound, Unavailable } from "@parley/domain/Errors"
import type { ConversationId } from "@parley/domain/Ids"
import { CloseCode } from "@parley/domain/SocketProtocol"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import type { EventLoopPort } from "./EventLoop.ts"

type Limits = Pick<
  ConversationLimitsValues,
  "watchWindowMs" | "watchBurst" | "watchGatherMs" | "watchHeartbeatMs" | "busyRetryAfterMs"
>

type Take = Effect.Effect<WatchBatch, NotFound | Unavailable>

export class WatchOutbox {
  readonly port: FollowerPort
  /** The next batch: at once while the burst lasts, else when its window is over; empty when there was no news for long. One taker at a time. */
  readonly take: Take = Effect.callback((resume) => {
    this.taker = resume
    if (this.hasNews) this.lookAfterTurn()
    else this.waitFor(this.limits.watchHeartbeatMs, () => this.leave())
    return Effect.sync(() => this.rest())
  })

  private readonly limits: Limits
  private readonly loop: EventLoopPort
  private readonly onTaken: () => void
  private taker: ((take: Take) => void) | undefined
  /** Ends the wait for more words, for the window or for news at all. */
  private endWait: (() => void) | undefined
  private isLooking = false
  private frames: Array<string> = []
  private bytes = 0
  private first: number | undefined
  private closed: NotFound | Unavailable | undefined
  private hasNews = false
  /** The last that there is to say is that a run has begun. */
  private isBeginning = false
  /** The batch was counted, and waits for its window or goes. */
  private isCounted = false
  /** Batches that may go at once, and when that was counted. */
  private atOnce: number
  private countedAtMs = 0

  /** `onTaken` is called when nothing is buffered any more. */
  constructor(conversationId: ConversationId, limits: Limits, loop: EventLoopPort, onTaken: () => void) {
    this.limits = limits
    this.loop = loop
    this.onTaken = onTaken
    this.atOnce = limits.watchBurst
    this.port = {
      acknowledges: false,
      send: (frame) => {
        this.frames.push(frame)
        this.bytes += Buffer.byteLength(frame)
        const areFirstWords = this.isBeginning && frame.startsWith(deltaMark)
        this.isBeginning = isBeginningOfRun(frame)
        this.hasNews = true
        // What is gathered waited for these. The end of a short answer can come in the same turn, and would go before them.
        if (areFirstWords && this.taker !== undefined && !this.isCounted && this.closed === undefined) this.count()
        else this.tell()
      },
      bufferedBytes: () => this.bytes,
      close: (code, reason) => {
        this.closed =
          code === CloseCode.gone
            ? new NotFound({ message: reason, resource: conversationId })
            : new Unavailable({ message: reason, retryAfterMs: limits.busyRetryAfterMs, workMayHaveHappened: false })
        this.tell()
      }
    }
  }

  /** The first batch says where it begins, also when it has no frames. */
  begin(roomSeq: number): void {
    this.first = roomSeq
    this.tell()
  }

  private tell(): void {
    this.hasNews = true
    if (this.taker !== undefined) this.lookAfterTurn()
  }

  /** The first frame of several wakes the taker; what else its turn has to say goes with it. */
  private lookAfterTurn(): void {
    if (this.isLooking) return
    this.isLooking = true
    this.loop.afterTurn(() => {
      this.isLooking = false
      this.look()
    })
  }

  private look(): void {
    if (this.taker === undefined || !this.hasNews) return
    if (this.closed !== undefined) return this.leave()
    if (this.isCounted) return
    // A batch is acknowledged before the next one leaves. Words that come at once would wait for that.
    if (this.isBeginning) return this.waitFor(this.limits.watchGatherMs, () => this.count())
    this.count()
  }

  private count(): void {
    this.isCounted = true
    const waitMs = this.nextWaitMs()
    if (waitMs === 0) this.leave()
    else this.waitFor(waitMs, () => this.leave())
  }

  /** How long the next batch has to wait. */
  private nextWaitMs(): number {
    const { watchBurst, watchWindowMs } = this.limits
    if (watchWindowMs === 0) return 0
    const nowMs = this.loop.nowMs()
    this.atOnce = Math.min(watchBurst, this.atOnce + (nowMs - this.countedAtMs) / watchWindowMs) - 1
    this.countedAtMs = nowMs
    return this.atOnce >= 0 ? 0 : Math.ceil(-this.atOnce * watchWindowMs)
  }

  private leave(): void {
    const { closed, first, frames, taker } = this
    this.rest()
    if (closed !== undefined && frames.length === 0) return taker?.(Effect.fail(closed))
    this.frames = []
    this.bytes = 0
    this.first = undefined
    this.hasNews = closed !== undefined
    this.onTaken()
    taker?.(Effect.succeed(first === undefined ? { frames } : { roomSeq: first, frames }))
  }

  private waitFor(delayMs: number, then: () => void): void {
    this.endWait?.()
    this.endWait = this.loop.after(delayMs, then)
  }

  /** Nobody waits for a batch. */
  private rest(): void {
    this.endWait?.()
    this.endWait = undefined
    this.taker = undefined
    this.isCounted = false
  }
}

/** The frame says only that a run has begun: its question and the place of its answer were told before it, its words come after. */
const isBeginningOfRun = (frame: string): boolean => frame.startsWith(deltaMark) && frame.includes(beginningMark)

const deltaMark = '{"type":"delta"'
/** As `RunLog` writes it. Inside a JSON string every quote is escaped, so it cannot come from what anybody wrote. */
const beginningMark = '"seq":1,"count":1,"events":[{"type":"run-start"'
