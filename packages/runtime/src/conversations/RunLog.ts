/**
 * The log of one run in one epoch: it numbers events when they are flushed (docs/adr/0003-event-numbering.md), folds them, keeps them on a
 * tape, and gives one encoded string to all followers. Synchronous; its owner is the run, the only writer.
 */
import type { ConversationId, Epoch, RunId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import { foldRunEvents } from "@parley/domain/foldRun"
import type { RunState } from "@parley/domain/RunFrame"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import { caughtUpFrame, frameHeadOf, replayFrame, snapshotFrame } from "./logFrames.ts"
import { PendingEvents } from "./PendingEvents.ts"
import { countOf, RunTape } from "./RunTape.ts"
import type { FrameEvents } from "./RunTape.ts"
import { RunTail } from "./RunTail.ts"

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
  /** Who spoke last, `provider/model`, where a route chooses that. */
  readonly target?: string
}

type Limits = Pick<ConversationLimitsValues, "ringFrames" | "ringBytes" | "maxPendingChars">

/** Frames that may wait to be folded. */
const maxUnfolded = 256

export class RunLog {
  /** Where its provider writes. */
  readonly tail: RunTail
  private readonly limits: Limits

  /** The last number given. */
  seq: number
  private readonly pending = new PendingEvents()
  private readonly tape: RunTape
  private followers: ReadonlyArray<RunLogFollower> = []
  /** Called when there is something for the journal to take, once until it is taken. */
  onJournal: (() => void) | undefined
  /** Asked for each slice of the journal. */
  speaker: (() => string | undefined) | undefined
  /** `onJournal` was called and nothing taken since. */
  private isJournalTold = false
  readonly identity: RunIdentity
  private readonly deltaHead: string
  private readonly frameHead: string

  /** The state before `foldFrame`: folded when it is asked for, or when much waits, for most of it is never looked at in between. */
  private folded: RunState
  private foldFrame = 0

  /** What the journal takes next; Infinity when it takes nothing any more. */
  private journalFrame = 0
  private journalSeq: number

  private snapshotSeq = -1
  private snapshotFrame = ""

  constructor(identity: RunIdentity, state: RunState, afterSeq: number, limits: Limits) {
    this.identity = identity
    this.folded = state
    this.seq = afterSeq
    this.tail = new RunTail(() => this.flush())
    this.tape = new RunTape(afterSeq, limits, this.tail)
    this.journalSeq = afterSeq + 1
    this.limits = limits
    this.frameHead = frameHeadOf(identity)
    this.deltaHead = inOnePiece(`{"type":"delta",${this.frameHead}`)
  }

  /** Of all that is numbered. */
  get state(): RunState {
    if (this.foldFrame < this.tape.frames) this.fold()
    return this.folded
  }

  attach(follower: RunLogFollower): void {
    this.followers = [...this.followers, follower]
    this.tail.followerCount = this.followers.length
  }

  detach(follower: RunLogFollower): void {
    this.followers = this.followers.filter((other) => other !== follower)
    this.tail.followerCount = this.followers.length
  }

  appendText(text: string): void {
    if (this.tail.say(text)) return
    this.passSaid()
    this.pending.appendText(text)
    if (this.pending.textLength > this.limits.maxPendingChars) this.flush()
  }

  append(event: RunEvent): void {
    if (event.type === "text-delta") return this.appendText(event.text)
    this.passSaid()
    this.pending.append(event)
  }

  /** Numbers what is pending as one frame and tells it. Nothing pending: nothing happens. Half a character waits for its other half. */
  flush(): void {
    this.flushPending(true)
  }

  /** The same with half a character too: nothing comes after it. */
  flushAll(): void {
    this.flushPending(false)
  }

  /** What is held of the events after `afterSeq`, as one frame; undefined when not all are held or it is longer than `maxBytes`. */
  replayAfter(afterSeq: number, maxBytes: number): { readonly frame: string; readonly bytes: number } | undefined {
    if (afterSeq >= this.seq) return undefined
    const events = this.tape.eventsAfter(afterSeq)
    return events === undefined ? undefined : replayFrame(this.frameHead, afterSeq, this.seq, events, maxBytes)
  }

  /** The folded state after `seq`; encoded once for everybody who asks between two flushes. */
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

  /** What was flushed since the last call; undefined when nothing was. */
  takeJournal(): JournalSlice | undefined {
    this.isJournalTold = false
    if (this.journalFrame >= this.tape.frames) return undefined
    const target = this.speaker?.()
    const slice = {
      seq: this.journalSeq,
      count: this.seq - this.journalSeq + 1,
      events: this.tape.eventsFrom(this.journalFrame),
      ...(target === undefined ? {} : { target })
    }
    this.journalSeq = this.seq + 1
    this.journalFrame = this.tape.frames
    return slice
  }

  /** The run is stored: nothing more is kept for the journal. Nor is the run, with its whole prompt: followers hold an ended log long after it. */
  endJournal(): void {
    this.journalFrame = Infinity
    this.onJournal = undefined
    this.speaker = undefined
  }

  /** What comes now does not fit the tail, and must not come before what it said. */
  private passSaid(): void {
    const { tail } = this
    if (tail.said > 0) this.pending.appendText(tail.text)
    tail.takeBack()
    tail.isBehind = true
  }

  private flushPending(mayHold: boolean): void {
    const { tail } = this
    const unread = Math.min(this.foldFrame, this.journalFrame)
    if (tail.isBehind) {
      const events = this.pending.take(mayHold)
      tail.isBehind = !this.pending.isEmpty
      if (events === undefined) return
      this.tape.push(events, unread)
      this.commit(events, false)
    } else if (tail.said > 0) {
      const { text } = tail
      this.tape.pushSaid(unread)
      this.commit(text, true)
    }
  }

  private commit(events: FrameEvents, isAscii: boolean): void {
    const firstSeq = this.seq + 1
    const count = countOf(events)
    this.seq += count
    if (this.tape.frames - this.foldFrame >= maxUnfolded) this.fold()
    if (this.followers.length > 0) this.tell(firstSeq, count, events, isAscii)
    if (this.isJournalTold || this.onJournal === undefined) return
    this.isJournalTold = true
    this.onJournal()
  }

  private tell(firstSeq: number, count: number, events: FrameEvents, isAscii: boolean): void {
    // Only what can be other than ASCII is counted, and that is in one piece already: counted as a whole, the frame would be copied once more.
    const isText = typeof events === "string"
    const json = JSON.stringify(events)
    const head = `${this.deltaHead}${firstSeq},"count":${count},"events":${isText ? textHead : ""}`
    const end = isText ? textEnd : "}"
    const bytes = head.length + (isAscii ? json.length : Buffer.byteLength(json)) + end.length
    const frame = head + json + end
    const { followers } = this
    for (let i = 0; i < followers.length; i++) followers[i]?.deliver(frame, this.seq, bytes)
  }

  private fold(): void {
    this.folded = foldRunEvents(this.folded, this.tape.eventsFrom(this.foldFrame))
    this.foldFrame = this.tape.frames
  }
}

/** Around the text of a frame that is text only: as `JSON.stringify` of its one event, without making an object. */
const textHead = '[{"type":"text-delta","text":'
const textEnd = "}]}"

/**
 * The same string, no longer made of parts: the engine joins strings by reference and copies their parts together when they are read. This one is
 * a part of every frame, and so would be put together anew for each of them.
 */
const inOnePiece = (text: string): string => {
  Number(text)
  return text
}
