/**
 * The log of one run in one epoch: it numbers events when they are flushed (docs/adr/0003-event-numbering.md), folds them, keeps the latest in a
 * ring, and gives one encoded string to all followers. Synchronous; its owner is the run, the only writer.
 */
import type { ConversationId, Epoch, RunId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import { foldRun } from "@parley/domain/foldRun"
import type { RunState } from "@parley/domain/RunFrame"
import { storableText } from "../storage/conversations/rows.ts"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"

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

/** A frame of text only is kept as its text: most are, and there may be hundreds per run. */
type RingEntry = string | ReadonlyArray<RunEvent>

const firstHighSurrogate = 0xd800
const lastHighSurrogate = 0xdbff

/** Frames that may wait to be folded. */
const maxUnfolded = 256

/** What an entry costs in the ring besides its text. */
const ringEntryBytes = 64

export class RunLog {
  readonly identity: RunIdentity
  /** The last number given. */
  seq: number
  /** Kept for `FlushScheduler`: is it in a queue, its place among the slots, and the tick in which it last had something new. */
  isScheduled = false
  readonly slotSeed: number
  lastTick = -1
  /** Called at each flush when the journal has taken everything before it. */
  onJournal: (() => void) | undefined

  private readonly limits: Pick<ConversationLimitsValues, "ringFrames" | "ringBytes" | "maxPendingChars">
  private followers: ReadonlyArray<RunLogFollower> = []
  private readonly deltaHead: string
  private readonly frameHead: string

  /** In order: `pending`, then `tail` as one text delta. */
  private pending: Array<RunEvent> = []
  private tail = ""

  private ring: Array<RingEntry> = []
  private ringStart = 0
  private ringFirstSeq: number
  private ringSize = 0

  /** The state before `unfolded`: folded when it is asked for, or when that is long, for most of it is never looked at in between. */
  private folded: RunState
  private unfolded: Array<RingEntry> = []

  private journalSeq: number
  private journalEvents: Array<RunEvent> = []
  private journalTail = ""
  private isJournaled = true

  private snapshotSeq = -1
  private snapshotFrame = ""

  constructor(
    identity: RunIdentity,
    state: RunState,
    afterSeq: number,
    limits: Pick<ConversationLimitsValues, "ringFrames" | "ringBytes" | "maxPendingChars">
  ) {
    this.identity = identity
    this.folded = state
    this.seq = afterSeq
    this.ringFirstSeq = afterSeq + 1
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
    this.tail += text
    if (this.tail.length > this.limits.maxPendingChars) this.flush()
  }

  append(event: RunEvent): void {
    if (event.type === "text-delta") return this.appendText(event.text)
    this.settleTail(false)
    const last = this.pending[this.pending.length - 1]
    const next = storable(event)
    const joined = last === undefined ? undefined : join(last, next)
    if (joined === undefined) this.pending.push(next)
    else this.pending[this.pending.length - 1] = joined
  }

  /** Numbers what is pending as one frame and tells it. Nothing pending: nothing happens. Half a character waits for its other half. */
  flush(): void {
    if (this.pending.length === 0) {
      if (this.tail !== "") this.flushText()
      return
    }
    this.settleTail(true)
    this.flushPending()
  }

  /** The same with half a character too: nothing comes after it. */
  flushAll(): void {
    this.settleTail(false)
    if (this.pending.length > 0) this.flushPending()
  }

  /** What is held of the events after `afterSeq`, as one frame with adjacent text joined; undefined when not all are held or it is longer than `maxBytes`. */
  replayAfter(afterSeq: number, maxBytes: number): { readonly frame: string; readonly bytes: number } | undefined {
    if (afterSeq < this.ringFirstSeq - 1 || afterSeq >= this.seq) return undefined
    const events: Array<RunEvent> = []
    let text = ""
    let entrySeq = this.ringFirstSeq
    for (let i = this.ringStart; i < this.ring.length; i++) {
      const entry = this.ring[i]
      if (entry === undefined) break
      const count = typeof entry === "string" ? 1 : entry.length
      // Clients hold whole frames, and a cursor inside of one is nobody's.
      if (entrySeq <= afterSeq && entrySeq + count - 1 > afterSeq) return undefined
      if (entrySeq > afterSeq) {
        if (typeof entry === "string") text += entry
        else {
          for (const event of entry) {
            if (event.type === "text-delta") {
              text += event.text
              continue
            }
            if (text !== "") events.push({ type: "text-delta", text })
            text = ""
            events.push(event)
          }
        }
      }
      entrySeq += count
    }
    if (text !== "") events.push({ type: "text-delta", text })
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

  private flushPending(): void {
    const events = this.pending
    this.pending = []
    const json = JSON.stringify(events)
    this.commit(`${this.deltaHead}${this.seq + 1},"count":${events.length},"events":${json}}`, events, events.length, json.length)
    if (this.isJournaled) {
      this.settleJournalTail()
      this.journalEvents.push(...events)
      this.onJournal?.()
    }
  }

  private flushText(): void {
    const text = this.takeTail(true)
    if (text === "") return
    const frame = `${this.deltaHead}${this.seq + 1},"count":1,"events":[{"type":"text-delta","text":${JSON.stringify(text)}}]}`
    this.commit(frame, text, 1, text.length)
    if (this.isJournaled) {
      this.journalTail += text
      this.onJournal?.()
    }
  }

  private commit(frame: string, entry: RingEntry, count: number, entryBytes: number): void {
    this.seq += count
    this.unfolded.push(entry)
    if (this.unfolded.length >= maxUnfolded) this.fold()
    this.ring.push(entry)
    this.ringSize += entryBytes + ringEntryBytes
    while (
      this.ring.length - this.ringStart > this.limits.ringFrames ||
      (this.ringSize > this.limits.ringBytes && this.ring.length - this.ringStart > 1)
    ) {
      this.dropOldest()
    }
    const followers = this.followers
    if (followers.length === 0) return
    const bytes = Buffer.byteLength(frame)
    for (let i = 0; i < followers.length; i++) followers[i]?.deliver(frame, this.seq, bytes)
  }

  private fold(): void {
    let state = this.folded
    let texts: Array<string> = []
    for (const entry of this.unfolded) {
      if (typeof entry === "string") {
        texts.push(entry)
        continue
      }
      if (texts.length > 0) state = foldRun(state, { type: "text-delta", text: texts.join("") })
      texts = []
      for (const event of entry) state = foldRun(state, event)
    }
    if (texts.length > 0) state = foldRun(state, { type: "text-delta", text: texts.join("") })
    this.folded = state
    this.unfolded = []
  }

  private dropOldest(): void {
    const oldest = this.ring[this.ringStart]
    if (oldest === undefined) return
    const isText = typeof oldest === "string"
    this.ringFirstSeq += isText ? 1 : oldest.length
    this.ringSize -= ringEntryBytes + (isText ? oldest.length : JSON.stringify(oldest).length)
    this.ring[this.ringStart] = ""
    this.ringStart++
    if (this.ringStart >= this.limits.ringFrames) {
      this.ring = this.ring.slice(this.ringStart)
      this.ringStart = 0
    }
  }

  private settleTail(mayHold: boolean): void {
    const text = this.takeTail(mayHold)
    if (text !== "") this.pending.push({ type: "text-delta", text })
  }

  /** As it can be stored, so that what is told is what will be read. */
  private takeTail(mayHold: boolean): string {
    const text = this.tail
    if (text === "") return ""
    const last = text.charCodeAt(text.length - 1)
    if (!mayHold || last < firstHighSurrogate || last > lastHighSurrogate) {
      this.tail = ""
      return storableText(text)
    }
    this.tail = text.slice(-1)
    return storableText(text.slice(0, -1))
  }

  private settleJournalTail(): void {
    if (this.journalTail === "") return
    this.journalEvents.push({ type: "text-delta", text: this.journalTail })
    this.journalTail = ""
  }
}

/** One event for two that say the same as both; undefined when they must stay apart. */
const join = (last: RunEvent, next: RunEvent): RunEvent | undefined => {
  if (last.type === "reasoning-delta" && next.type === "reasoning-delta" && last.signature === undefined) {
    return { ...next, text: last.text + next.text }
  }
  if (
    last.type === "tool-call-delta" &&
    next.type === "tool-call-delta" &&
    last.index === next.index &&
    next.id === undefined &&
    next.name === undefined
  ) {
    return { ...last, arguments: last.arguments + next.arguments }
  }
  return undefined
}

/** The event in text that can be stored. */
const storable = (event: RunEvent): RunEvent => {
  switch (event.type) {
    case "reasoning-delta":
      return { ...event, text: storableText(event.text) }
    case "tool-call":
    case "tool-call-delta":
      return { ...event, arguments: storableText(event.arguments) }
    case "run-fail":
      return { ...event, message: storableText(event.message) }
    case "run-start":
    case "text-delta":
    case "tool-result":
    case "provider-switch":
    case "usage":
    case "run-complete":
    case "run-cancel":
      return event
  }
}

let slotSeeds = 0
const nextSlotSeed = (): number => {
  slotSeeds = (slotSeeds + 1) % 1_000_000
  return slotSeeds
}
