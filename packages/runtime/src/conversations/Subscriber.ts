/**
 * One follower's place in one run's log: what was sent, what was acknowledged. One that is too far behind gets no more deltas, and when it
 * has drained one snapshot; still behind after its time, it is closed with a code that says reconnect. Synchronous.
 */
import type { RunCursor } from "@parley/domain/ConversationCommand"
import type { FollowerPort } from "@parley/domain/Conversations"
import { CloseCode } from "@parley/domain/SocketProtocol"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import type { EventLoopPort } from "./EventLoop.ts"
import type { RunState } from "@parley/domain/RunFrame"
import type { RunIdentity, RunLogFollower } from "./RunLog.ts"

/** A run's log as its followers see it: the owner's own, or a gateway's mirror of it. */
export interface FollowedLog {
  readonly identity: RunIdentity
  /** The last number given. */
  readonly seq: number
  /** Of all that is numbered. */
  readonly state: RunState
  attach(follower: RunLogFollower): void
  detach(follower: RunLogFollower): void
  /** What is held of the events after `afterSeq`, as one frame; undefined when not all are held or it is longer than `maxBytes`. */
  replayAfter(afterSeq: number, maxBytes: number): { readonly frame: string; readonly bytes: number } | undefined
  snapshot(): string
  caughtUp(): string
}

export type SubscriberLimits = Pick<ConversationLimitsValues, "windowBytes" | "drainedBytes" | "maxBehindMs">

/** Sent bytes are noted at least this far apart, so that a subscriber's notes stay a few dozen. */
const markEveryBytes = 1024

export class Subscriber implements RunLogFollower {
  // Looked at for every frame: first, so that they lie together.
  private endBehind: (() => void) | undefined
  private readonly limits: SubscriberLimits
  private readonly acknowledges: boolean
  private readonly port: FollowerPort
  private sentSeq = 0
  private sentBytes = 0
  private ackedBytes = 0
  /** `sentBytes` from which the next mark is due: most frames then leave the marks alone. */
  private markFromBytes = 0

  private readonly loop: EventLoopPort
  private log: FollowedLog
  /** Of what is not acknowledged, oldest first, in pairs: a sequence number, and `sentBytes` after it. */
  private marks: Array<number> = []
  /** The number of a snapshot that is not acknowledged; -1 without one. */
  private snapshotSeq = -1
  /** It fell behind while a snapshot was on its way. */
  private isBehindOnSnapshot = false
  private isClosed = false

  constructor(port: FollowerPort, log: FollowedLog, limits: SubscriberLimits, loop: EventLoopPort) {
    this.port = port
    this.limits = limits
    this.loop = loop
    this.acknowledges = port.acknowledges !== false
    this.log = log
  }

  /** Attached to the live tail first; then what the cursor lacks, then `caught-up`. */
  start(cursor: RunCursor): void {
    const { log } = this
    log.attach(this)
    const isOfThisEpoch = cursor.epoch === log.identity.epoch || (cursor.epoch === undefined && !cursor.afterSeq)
    const afterSeq = isOfThisEpoch ? (cursor.afterSeq ?? 0) : -1
    if (afterSeq === log.seq) this.sentSeq = afterSeq
    else this.catchUp(afterSeq)
    this.send(log.caughtUp(), 0)
  }

  /** From the first event on, without a replay: the run is new, or `log` follows the one that was lost. */
  startLive(): void {
    this.log.attach(this)
    if (this.log.seq > 0) this.sendSnapshot()
  }

  /** The log was lost with its owner; the run goes on in another, in a new epoch. */
  moveTo(log: FollowedLog): void {
    this.log.detach(this)
    this.log = log
    this.ackAll()
    this.snapshotSeq = -1
    this.clearBehind()
    log.attach(this)
    this.sendSnapshot()
  }

  stop(): void {
    this.isClosed = true
    this.log.detach(this)
    this.clearBehind()
  }

  /** The run has ended and everything was sent. */
  get isOver(): boolean {
    return this.isCurrent && this.log.state.terminal !== null
  }

  private get isCurrent(): boolean {
    return this.sentSeq === this.log.seq
  }

  deliver(frame: string, lastSeq: number, bytes: number): void {
    if (this.endBehind !== undefined) {
      this.recover()
      return
    }
    if (this.isBehind(this.limits.windowBytes)) {
      this.isBehindOnSnapshot = this.snapshotSeq >= 0
      this.endBehind = this.loop.after(this.limits.maxBehindMs, this.giveUp)
      return
    }
    if (!this.acknowledges) this.snapshotSeq = -1
    this.sentSeq = lastSeq
    this.send(frame, bytes)
  }

  ack(seq: number): void {
    if (seq >= this.snapshotSeq) this.snapshotSeq = -1
    if (seq >= this.sentSeq) {
      this.ackAll()
    } else {
      let acked = 0
      for (; acked < this.marks.length && (this.marks[acked] ?? 0) <= seq; acked += 2) {
        this.ackedBytes = this.marks[acked + 1] ?? this.ackedBytes
      }
      if (acked > 0) this.marks.splice(0, acked)
      if (this.marks.length === 0) this.markFromBytes = 0
    }
    this.recover()
  }

  drained(): void {
    this.recover()
  }

  /** The way back from being behind, when what was sent has drained. */
  private recover(): void {
    if (this.endBehind === undefined || this.isClosed || this.isBehind(this.limits.drainedBytes)) return
    this.clearBehind()
    if (this.isCurrent) return
    // After a snapshot of a long answer, its own size must not ask for the next: what came meanwhile is told as it is, if it is short.
    if (this.isBehindOnSnapshot) this.catchUp(this.sentSeq)
    else this.sendSnapshot()
  }

  private catchUp(afterSeq: number): void {
    const replay = this.log.replayAfter(afterSeq, this.limits.windowBytes)
    if (replay === undefined) return this.sendSnapshot()
    this.sentSeq = this.log.seq
    this.send(replay.frame, replay.bytes)
  }

  private sendSnapshot(): void {
    const frame = this.log.snapshot()
    this.sentSeq = this.log.seq
    this.snapshotSeq = this.sentSeq
    // Its size is the transport's business: counted here, a long answer's snapshot would hold back what follows it.
    this.send(frame, 0)
    this.ackAll()
  }

  private ackAll(): void {
    this.ackedBytes = this.sentBytes
    this.marks = []
    this.markFromBytes = 0
  }

  private send(frame: string, bytes: number): void {
    this.sentBytes += bytes
    if (this.acknowledges && bytes > 0 && this.sentBytes >= this.markFromBytes) {
      this.marks.push(this.sentSeq, this.sentBytes)
      this.markFromBytes = this.sentBytes + markEveryBytes
    }
    this.port.send(frame)
  }

  private isBehind(bytes: number): boolean {
    return (this.acknowledges && this.sentBytes - this.ackedBytes > bytes) || this.port.bufferedBytes() > bytes
  }

  private readonly giveUp = (): void => {
    this.recover()
    if (this.endBehind === undefined || this.isClosed) return
    this.stop()
    this.port.close(CloseCode.tooSlow, "too far behind; reconnect and subscribe again")
  }

  private clearBehind(): void {
    this.endBehind?.()
    this.endBehind = undefined
  }
}
