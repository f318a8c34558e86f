/**
 * The log of one run in one epoch: it numbers events when they are flushed (docs/adr/0003-event-numbering.md), folds them, keeps the latest in a
 * ring, and gives one encoded string to all followers. Synchronous; its owner is the run, the only writer.
 */
import type { ConversationId, Epoch, RunId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import { foldRun } from "@parley/domain/foldRun"
import type { RunState } from "@parley/domain/RunFrame"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import { PendingEvents } from "./PendingEvents.ts"
import { countOf, RunRing } from "./RunRing.ts"
import type { FrameEvents } from "./RunRing.ts"

export interface RunLogFollower {
  /** A frame whose last event is number `lastSeq`. */
  readonly deliver: (frame: string, lastSeq: number, bytes: number) => void
}

export interface RunIdentity {
  readonly conversationId: ConversationId
  readonly runId: RunId
  readonly epoch: Epoch
}

/** Events that are flushed and not yet taken by the journal. */
export interface JournalSlice {
  readonly seq: number
  readonly count: number
  readonly events: ReadonlyArray<RunEvent>
}

type Limits = Pick<ConversationLimitsValues, "ringFrames" | "ringBytes" | "maxPendingChars">

/** Frames that may wait to be folded. */
const maxUnfolded = 256

export class RunLog {
  readonly identity: RunIdentity
  /** The last number given. */
  seq: number
  /** Kept for `FlushScheduler`: is it in a queue, its place among the slots, and the tick in which it last had something new. */
  isScheduled = false
  readonly slotSeed: number
  lastTick = -1
  /** Called when there is something for the journal to take, once until it is taken. */
  onJournal: (() => void) | undefined

  private readonly limits: Limits
  private readonly pending = new PendingEvents()
  private readonly ring: RunRing
  private followers: ReadonlyArray<RunLogFollower> = []
  private readonly deltaHead: string
  private readonly frameHead: string

  /** The state before `unfolded`: folded when it is asked for, or when that is long, for most of it is never looked at in between. */
  private folded: RunState
  private unfolded: Array<FrameEvents> = []

  private journalSeq: number
  private journalEvents: Array<RunEvent> = []
  private journalTail = ""
  private isJournaled = true
  /** `onJournal` was called and nothing taken since. */
  private isJournalTold = false

  private snapshotSeq = -1
  private snapshotFrame = ""

  constructor(identity: RunIdentity, state: RunState, afterSeq: number, limits: Limits) {
    this.identity = identity
    this.folded = state
    this.seq = afterSeq
    this.ring = new RunRing(afterSeq, limits)
    this.journalSeq = afterSeq + 1
    this.limits = limits
    this.slotSeed = nextSlotSeed()
    this.frameHead = `"conversationId":"${identity.conversationId}","runId":"${identity.runId}","epoch":"${identity.epoch}","seq":`
    this.deltaHead = `{"type":"delta",${this.frameHead}`
  }

  /** Of all that is numbered. */
  get state(): RunState {
    if (this.unfolded.length > 0) this.fold()
    return this.folded
  }

  get followerCount(): number {
    return this.followers.length
  }

  attach(follower: RunLogFollower): void {
    this.followers = [...this.followers, follower]
  }

  detach(follower: RunLogFollower): void {
    this.followers = this.followers.filter((other) => other !== follower)
  }

  appendText(text: string): void {
    this.pending.appendText(text)
    if (this.pending.tailChars > this.limits.maxPendingChars) this.flush()
  }

  append(event: RunEvent): void {
    if (event.type === "text-delta") this.appendText(event.text)
    else this.pending.append(event)
  }

  /** Numbers what is pending as one frame and tells it. Nothing pending: nothing happens. Half a character waits for its other half. */
  flush(): void {
    const events = this.pending.take(true)
    if (events !== undefined) this.commit(events)
  }

  /** The same with half a character too: nothing comes after it. */
  flushAll(): void {
    const events = this.pending.take(false)
    if (events !== undefined) this.commit(events)
  }

  /** What is held of the events after `afterSeq`, as one frame; undefined when not all are held or it is longer than `maxBytes`. */
  replayAfter(afterSeq: number, maxBytes: number): { readonly frame: string; readonly bytes: number } | undefined {
    if (afterSeq >= this.seq) return undefined
    const events = this.ring.eventsAfter(afterSeq)
    if (events === undefined) return undefined
    const frame = `${this.deltaHead}${afterSeq + 1},"count":${this.seq - afterSeq},"events":${JSON.stringify(events)}}`
    const bytes = Buffer.byteLength(frame)
    return bytes > maxBytes ? undefined : { frame, bytes }
  }

  /** The folded state after `seq`; encoded once for everybody who asks between two flushes. */
  snapshot(): string {
    if (this.snapshotSeq !== this.seq) {
      this.snapshotSeq = this.seq
      this.snapshotFrame = `{"type":"snapshot",${this.frameHead}${this.seq},"state":${JSON.stringify(this.state)}}`
    }
    return this.snapshotFrame
  }

  caughtUp(): string {
    return `{"type":"caught-up",${this.frameHead}${this.seq}}`
  }

  /** What was flushed since the last call; undefined when nothing was. */
  takeJournal(): JournalSlice | undefined {
    this.isJournalTold = false
    this.settleJournalTail()
    if (this.journalEvents.length === 0) return undefined
    const slice = { seq: this.journalSeq, count: this.seq - this.journalSeq + 1, events: this.journalEvents }
    this.journalSeq = this.seq + 1
    this.journalEvents = []
    return slice
  }

  /** The run is stored: nothing more is kept for the journal. */
  endJournal(): void {
    this.isJournaled = false
    this.journalEvents = []
    this.journalTail = ""
    this.onJournal = undefined
  }

  private commit(events: FrameEvents): void {
    const firstSeq = this.seq + 1
    const count = countOf(events)
    this.seq += count
    this.unfolded.push(events)
    if (this.unfolded.length >= maxUnfolded) this.fold()
    this.ring.push(events)
    if (this.followers.length > 0) this.tell(firstSeq, count, events)
    if (this.isJournaled) this.noteJournal(events)
  }

  private tell(firstSeq: number, count: number, events: FrameEvents): void {
    const head = `${this.deltaHead}${firstSeq},"count":${count},"events":`
    const body = `${encode(events)}}`
    // The head is ASCII; to count the whole frame would be to copy it into one piece first.
    const bytes = head.length + Buffer.byteLength(body)
    const frame = head + body
    const { followers } = this
    for (let i = 0; i < followers.length; i++) followers[i]?.deliver(frame, this.seq, bytes)
  }

  private fold(): void {
    let state = this.folded
    let texts: Array<string> = []
    for (const events of this.unfolded) {
      if (typeof events === "string") {
        texts.push(events)
        continue
      }
      if (texts.length > 0) state = foldRun(state, { type: "text-delta", text: texts.join("") })
      texts = []
      for (const event of events) state = foldRun(state, event)
    }
    if (texts.length > 0) state = foldRun(state, { type: "text-delta", text: texts.join("") })
    this.folded = state
    this.unfolded = []
  }

  private noteJournal(events: FrameEvents): void {
    if (typeof events === "string") {
      this.journalTail += events
    } else {
      this.settleJournalTail()
      this.journalEvents.push(...events)
    }
    if (this.isJournalTold || this.onJournal === undefined) return
    this.isJournalTold = true
    this.onJournal()
  }

  private settleJournalTail(): void {
    if (this.journalTail === "") return
    this.journalEvents.push({ type: "text-delta", text: this.journalTail })
    this.journalTail = ""
  }
}

/** As `JSON.stringify` of the events, without making objects for the most common case. */
const encode = (events: FrameEvents): string =>
  typeof events === "string" ? `[{"type":"text-delta","text":${JSON.stringify(events)}}]` : JSON.stringify(events)

let slotSeeds = 0
const nextSlotSeed = (): number => {
  slotSeeds = (slotSeeds + 1) % 1_000_000
  return slotSeeds
}
