/**
 * What a run has told, frame by frame: the text of all frames in buffers outside of the heap, and of each frame where its text ends. The
 * replay, the journal and the fold read from it, each at a place of its own, so that a frame of text leaves no object behind: strings kept for
 * each of them were most of what a collection had to copy. Bounded in what it replays; beyond that it keeps what is still to be read. Synchronous.
 */
import type { RunEvent } from "@parley/domain/RunEvent"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"
import type { RunTail } from "./RunTail.ts"

/** The events of one frame; most are text only. */
export type FrameEvents = string | ReadonlyArray<RunEvent>

export const countOf = (events: FrameEvents): number => (typeof events === "string" ? 1 : events.length)

/** What a frame costs in the replay besides its text. */
const frameBytes = 64
/** Text is written into buffers of this size; a longer one has a buffer of its own. */
const chunkBytes = 2048
/** They are cut from one piece: asking for memory outside of the heap is dear, and much of it makes the collector look at everything. */
const slabBytes = 64 * 1024
/** UTF-8 of one UTF-16 code unit, at most. */
const maxBytesPerUnit = 3
type Limits = Pick<ConversationLimitsValues, "ringFrames" | "ringBytes" | "maxPendingChars">

export class RunTape {
  private readonly limits: Limits
  /** Frames have numbers from 0; those before this one are let go of. */
  private firstFrame = 0
  /** Of each frame that is held, where its text ends in the text of the run. */
  private ends: Array<number> = []
  /** The frames that are not text, by their number, all below `othersEnd`; they have no text here. */
  private readonly others = new Map<number, ReadonlyArray<RunEvent>>()
  private othersEnd = 0
  /** The text that is held, and of each chunk where it begins in the text of the run, in bytes. */
  private chunks: Array<Chunk> = []
  private starts: Array<number> = []
  private chunkStart = 0
  private textEnd = 0
  /** Writes into the last of them, behind what is held. */
  private readonly tail: RunTail
  /** Where the text of `firstFrame` begins. */
  private firstStart = 0
  private isAscii = true
  /** What is replayed: from this frame and number on, and what it costs. */
  private replayFrame = 0
  private replaySeq: number
  private replayBytes = 0

  /** Holds what comes after `afterSeq`. */
  constructor(afterSeq: number, limits: Limits, tail: RunTail) {
    this.tail = tail
    this.replaySeq = afterSeq + 1
    this.limits = limits
  }

  /** How many frames were pushed: the number of the next one. */
  get frames(): number {
    return this.firstFrame + this.ends.length
  }

  /** `unread` is the oldest frame that somebody will still ask for by `eventsFrom`, whatever the bounds of the replay. */
  push(events: FrameEvents, unread: number): void {
    const start = this.textEnd
    if (typeof events === "string") {
      this.write(events)
      this.replayBytes += frameBytes + this.textEnd - start
    } else {
      this.others.set(this.frames, events)
      this.othersEnd = this.frames + 1
      this.replayBytes += frameBytes + sizeOfOthers(events)
    }
    this.end(unread)
  }

  /** A frame of what the tail said. */
  pushSaid(unread: number): void {
    const { said } = this.tail
    this.tail.keep()
    this.textEnd += said
    this.replayBytes += frameBytes + said
    this.end(unread)
  }

  /** What this frame and those after it say, adjacent text joined. */
  eventsFrom(frame: number): ReadonlyArray<RunEvent> {
    const events: Array<RunEvent> = []
    let from = this.startOf(frame)
    let text = ""
    if (frame < this.othersEnd) {
      for (let i = frame; i < this.othersEnd; i++) {
        const others = this.others.get(i)
        if (others === undefined) continue
        const end = this.endOf(i)
        text += this.textBetween(from, end)
        from = end
        for (const event of others) {
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
    text += this.textBetween(from, this.textEnd)
    if (text !== "") events.push({ type: "text-delta", text })
    return events
  }

  /** All events after `afterSeq`; undefined when they are not all held, or a frame reaches over `afterSeq`. */
  eventsAfter(afterSeq: number): ReadonlyArray<RunEvent> | undefined {
    let frame = this.replayFrame
    let seq = this.replaySeq
    if (afterSeq < seq - 1) return undefined
    for (; seq <= afterSeq && frame < this.frames; frame++) seq += this.countIn(frame)
    // Clients hold whole frames, and a cursor inside of one is nobody's.
    return seq > afterSeq + 1 ? undefined : this.eventsFrom(frame)
  }

  private end(unread: number): void {
    this.ends.push(this.textEnd)
    while (this.isTooMuch) this.dropOldest()
    this.release(Math.min(unread, this.replayFrame))
  }

  private get isTooMuch(): boolean {
    const held = this.frames - this.replayFrame
    return held > this.limits.ringFrames || (this.replayBytes > this.limits.ringBytes && held > 1)
  }

  private dropOldest(): void {
    this.replayBytes -= this.sizeOf(this.replayFrame)
    this.replaySeq += this.countIn(this.replayFrame)
    this.replayFrame++
  }

  /** Lets go of what comes before `frame`, when it is enough to be worth the work. */
  private release(frame: number): void {
    const frames = frame - this.firstFrame
    const isMuchText = this.chunkStart > this.firstStart && this.isHalfRead(frame)
    if (frames === 0 || (frames < this.limits.ringFrames && !isMuchText)) return
    const start = this.startOf(frame)
    let chunks = 0
    while ((this.starts[chunks + 1] ?? Infinity) <= start) chunks++
    this.chunks = this.chunks.slice(chunks)
    this.starts = this.starts.slice(chunks)
    this.ends = this.ends.slice(frames)
    for (let i = this.firstFrame; i < Math.min(frame, this.othersEnd); i++) this.others.delete(i)
    this.firstFrame = frame
    this.firstStart = start
  }

  /** Of more than two buffers, half are before `frame`. */
  private isHalfRead(frame: number): boolean {
    return this.starts.length > 2 && this.startOf(frame) >= (this.starts[this.starts.length >> 1] ?? Infinity)
  }

  /** The tail has nothing to say meanwhile. */
  private write(text: string): void {
    const room = text.length * maxBytesPerUnit
    let chunk = this.chunks[this.chunks.length - 1]
    let at = this.textEnd - this.chunkStart
    if (chunk === undefined || chunk.bytes - at < room) {
      chunk = cut(Math.max(room, chunkBytes))
      at = 0
      this.chunkStart = this.textEnd
      this.chunks.push(chunk)
      this.starts.push(this.textEnd)
    }
    const { bytes, from, slab } = chunk
    const written = slab.write(text, from + at, bytes - at, "utf8")
    if (written !== text.length) this.isAscii = false
    this.textEnd += written
    const next = from + at + written
    this.tail.moveTo(slab, next, Math.min(from + bytes, next + this.limits.maxPendingChars))
  }

  private textBetween(start: number, end: number): string {
    if (start === end) return ""
    let i = this.starts.length - 1
    while (i > 0 && (this.starts[i] ?? 0) > start) i--
    let text = ""
    for (let from = start; from < end; i++) {
      const chunkStart = this.starts[i] ?? 0
      const to = Math.min(end, this.starts[i + 1] ?? end)
      const chunk = this.chunks[i]
      if (chunk !== undefined) text += this.read(chunk, from - chunkStart, to - chunkStart)
      from = to
    }
    return text
  }

  private read({ from, slab }: Chunk, start: number, end: number): string {
    return slab.toString(this.isAscii ? "latin1" : "utf8", from + start, from + end)
  }

  private endOf(frame: number): number {
    return this.ends[frame - this.firstFrame] ?? this.textEnd
  }

  private startOf(frame: number): number {
    return frame === this.firstFrame ? this.firstStart : this.endOf(frame - 1)
  }

  private countIn(frame: number): number {
    return frame < this.othersEnd ? (this.others.get(frame)?.length ?? 1) : 1
  }

  private sizeOf(frame: number): number {
    const others = frame < this.othersEnd ? this.others.get(frame) : undefined
    return frameBytes + (others === undefined ? this.endOf(frame) - this.startOf(frame) : sizeOfOthers(others))
  }
}

const sizeOfOthers = (events: ReadonlyArray<RunEvent>): number => JSON.stringify(events).length

/** A part of a slab, which is let go of with the last of its parts. */
interface Chunk {
  readonly slab: Buffer
  readonly from: number
  readonly bytes: number
}

let currentSlab = Buffer.alloc(0)
let slabUsed = 0

const cut = (bytes: number): Chunk => {
  if (bytes > chunkBytes) return { slab: Buffer.allocUnsafeSlow(bytes), from: 0, bytes }
  if (currentSlab.length - slabUsed < bytes) {
    currentSlab = Buffer.allocUnsafeSlow(slabBytes)
    slabUsed = 0
  }
  const from = slabUsed
  slabUsed += bytes
  return { slab: currentSlab, from, bytes }
}
