/**
 * What waits to leave for a gateway: frames go in one by one as synchronous calls, and leave in batches. It is a follower's port, whose peer is
 * the stream between the processes: what the stream has not taken counts as buffered, so that a slow gateway gets snapshots instead of deltas.
 */
import { Clock, Effect, Latch } from "effect"
import type { WatchBatch } from "@parley/domain/actors/ConversationActor"
import type { FollowerPort } from "@parley/domain/Conversations"
import { NotFound, Unavailable } from "@parley/domain/Errors"
import type { ConversationId } from "@parley/domain/Ids"
import { CloseCode } from "@parley/domain/SocketProtocol"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"

type Limits = Pick<
  ConversationLimitsValues,
  "watchWindowMs" | "watchBurst" | "watchGatherMs" | "watchHeartbeatMs" | "busyRetryAfterMs"
>

export class WatchOutbox {
  readonly port: FollowerPort
  /** The next batch: at once while the burst lasts, else when its window is over; empty when there was no news for long. */
  readonly take: Effect.Effect<WatchBatch, NotFound | Unavailable>

  private frames: Array<string> = []
  private bytes = 0
  private first: number | undefined
  private closed: NotFound | Unavailable | undefined
  private readonly hasNews = Latch.makeUnsafe(false)
  /** Closed while the last that there is to say is that a run has begun. */
  private readonly isWorthIt = Latch.makeUnsafe(true)

  /** `onTaken` is called when nothing is buffered any more. */
  constructor(conversationId: ConversationId, limits: Limits, onTaken: () => void) {
    this.port = {
      acknowledges: false,
      send: (frame) => {
        this.frames.push(frame)
        this.bytes += Buffer.byteLength(frame)
        this.hasNews.openUnsafe()
        if (isBeginningOfRun(frame)) this.isWorthIt.closeUnsafe()
        else this.isWorthIt.openUnsafe()
      },
      bufferedBytes: () => this.bytes,
      close: (code, reason) => {
        this.closed =
          code === CloseCode.gone
            ? new NotFound({ message: reason, resource: conversationId })
            : new Unavailable({ message: reason, retryAfterMs: limits.busyRetryAfterMs, workMayHaveHappened: false })
        this.hasNews.openUnsafe()
        this.isWorthIt.openUnsafe()
      }
    }
    let atOnce = limits.watchBurst
    let countedAtMs = 0
    /** Milliseconds that the next batch has to wait. */
    const nextWaitMs = (nowMs: number): number => {
      if (limits.watchWindowMs === 0) return 0
      atOnce = Math.min(limits.watchBurst, atOnce + (nowMs - countedAtMs) / limits.watchWindowMs)
      countedAtMs = nowMs
      atOnce -= 1
      return atOnce >= 0 ? 0 : Math.ceil(-atOnce * limits.watchWindowMs)
    }
    this.take = Effect.gen({ self: this }, function* () {
      yield* this.hasNews.await.pipe(Effect.timeoutOption(limits.watchHeartbeatMs))
      // The first frame of several wakes this at once; what else its turn has to say goes with it.
      yield* Effect.yieldNow
      // A batch is acknowledged before the next one leaves. Words that come at once would wait for that.
      yield* this.isWorthIt.await.pipe(Effect.timeoutOption(limits.watchGatherMs))
      const waitMs = nextWaitMs(yield* Clock.currentTimeMillis)
      if (waitMs > 0 && this.closed === undefined) yield* Effect.sleep(waitMs)
      const { closed, first, frames } = this
      if (closed !== undefined && frames.length === 0) return yield* closed
      this.frames = []
      this.bytes = 0
      this.first = undefined
      if (closed === undefined) this.hasNews.closeUnsafe()
      onTaken()
      return first === undefined ? { frames } : { roomSeq: first, frames }
    })
  }

  /** The first batch says where it begins, also when it has no frames. */
  begin(roomSeq: number): void {
    this.first = roomSeq
    this.hasNews.openUnsafe()
  }
}

/** The frame says only that a run has begun: its question and the place of its answer were told before it, its words come after. */
const isBeginningOfRun = (frame: string): boolean => frame.startsWith(deltaMark) && frame.includes(beginningMark)

const deltaMark = '{"type":"delta"'
/** As `RunLog` writes it. Inside a JSON string every quote is escaped, so it cannot come from what anybody wrote. */
const beginningMark = '"seq":1,"count":1,"events":[{"type":"run-start"'
