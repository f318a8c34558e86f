/**
 * A run's log as a gateway mirrors it: numbers and epochs are its owner's. Followers are served from here, so that one that is behind or comes
 * back costs its owner nothing. Synchronous.
 */
import { foldRunEvents } from "@parley/domain/foldRun"
import type { RunEvent } from "@parley/domain/RunEvent"
import type { DeltaFrame, RunState } from "@parley/domain/RunFrame"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import { caughtUpFrame, frameHeadOf, replayFrame, snapshotFrame } from "./logFrames.ts"
import type { RunIdentity, RunLogFollower } from "./RunLog.ts"
import type { FollowedLog } from "./Subscriber.ts"

type Limits = Pick<ConversationLimitsValues, "ringFrames" | "ringBytes">

interface HeldFrame {
  readonly seq: number
  readonly events: ReadonlyArray<RunEvent>
  readonly bytes: number
}

/** Frames that may wait to be folded. */
const maxUnfolded = 256

export class MirroredLog implements FollowedLog {
  readonly identity: RunIdentity
  seq: number

  private readonly limits: Limits
  private readonly frameHead: string
  private followers: ReadonlyArray<RunLogFollower> = []
  private folded: RunState
  private unfolded: Array<RunEvent> = []
  /** Oldest first, without a gap up to `seq`. */
  private ring: Array<HeldFrame> = []
  private ringBytes = 0
  private snapshotSeq = -1
  private snapshotFrame = ""

  /** Holds what comes after `afterSeq`, of which `state` is the fold. */
  constructor(identity: RunIdentity, state: RunState, afterSeq: number, limits: Limits) {
    this.identity = identity
    this.folded = state
    this.seq = afterSeq
    this.limits = limits
    this.frameHead = frameHeadOf(identity)
  }

  /** The frame must be the next one of this epoch; `text` is its encoding, told to all as it is. */
  receive(frame: DeltaFrame, text: string): void {
    const bytes = Buffer.byteLength(text)
    this.seq = frame.seq + frame.count - 1
    this.unfolded.push(...frame.events)
    if (this.unfolded.length >= maxUnfolded) this.fold()
    this.ring.push({ seq: frame.seq, events: frame.events, bytes })
    this.ringBytes += bytes
    while (this.ring.length > 1 && (this.ring.length > this.limits.ringFrames || this.ringBytes > this.limits.ringBytes)) {
      this.ringBytes -= this.ring.shift()?.bytes ?? 0
    }
    for (const follower of this.followers) follower.deliver(text, this.seq, bytes)
  }

  get state(): RunState {
    if (this.unfolded.length > 0) this.fold()
    return this.folded
  }

  attach(follower: RunLogFollower): void {
    this.followers = [...this.followers, follower]
  }

  detach(follower: RunLogFollower): void {
    this.followers = this.followers.filter((other) => other !== follower)
  }

  replayAfter(afterSeq: number, maxBytes: number): { readonly frame: string; readonly bytes: number } | undefined {
    // Clients hold whole frames, and a cursor inside of one is nobody's.
    const from = this.ring.findIndex((held) => held.seq === afterSeq + 1)
    if (from < 0) return undefined
    const events = this.ring.slice(from).flatMap((held) => held.events)
    return replayFrame(this.frameHead, afterSeq, this.seq, events, maxBytes)
  }

  snapshot(): string {
    if (this.snapshotSeq !== this.seq) {
      this.snapshotSeq = this.seq
      this.snapshotFrame = snapshotFrame(this.frameHead, this.seq, this.state)
    }
    return this.snapshotFrame
  }

  caughtUp(): string {
    return caughtUpFrame(this.frameHead, this.seq)
  }

  private fold(): void {
    this.folded = foldRunEvents(this.folded, this.unfolded)
    this.unfolded = []
  }
}
