/**
 * What a run has told, frame by frame: the text of all frames in buffers outside of the heap, and of each frame where its text ends. The
 * replay, the journal and the fold read from it, each at a place of its own, so that a frame of text leaves no object behind: strings kept for
 * each of them were most of what a collection had to copy. Bounded in what it replays; beyond that it keeps what is still to be read. Synchronous.
 */
import type { RunEvent } from "@parley/domain/RunEvent"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"

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
type Limits = Pick<ConversationLimitsValues, "ringFrames" | "ringBytes">

export class RunTape {
  private readonly limits: Limits
  /** Frames have numbers from 0; those before this one are let go of. */
  private firstFrame = 0
  /** Of each frame that is held, where its text ends in the text of the run. */
  private ends: Array<number> = []
  /** The frames that are not text, by their number; they have no text here. */
  private readonly others = new Map<number, ReadonlyArray<RunEvent>>()
  /** The text that is held, and of each chunk where it begins in the text of the run, in bytes. */
  private chunks: Array<Buffer> = []
  private starts: Array<number> = []
  private textEnd = 0
  /** Where the text of `firstFrame` begins. */
  private firstStart = 0
  private isAscii = true
  /** What is replayed: from this frame and number on, and what it costs. */
  private replayFrame = 0
  private replaySeq: number
  private replayBytes = 0

  /** Holds what comes after `afterSeq`. */
  constructor(afterSeq: number, limits: Limits) {
    this.replaySeq = afterSeq + 1
    this.limits = limits
  }

  /** How many frames were pushed: the number of the next one. */
  get frames(): number {
    return this.firstFrame + this.ends.length
  }

  /** `unread` is the oldest frame that somebody will still ask for by `eventsFrom`, whatever the bounds of the replay. */
  push(events: FrameEvents, unread: number): void {
    if (typeof events === "string") this.write(events)
    else this.others.set(this.frames, events)
    this.ends.push(this.textEnd)
    this.replayBytes += this.sizeOf(this.frames - 1)
    while (this.isTooMuch) this.dropOldest()
    this.release(Math.min(unread, this.replayFrame))
  }

  /** What this frame and those after it say, adjacent text joined. */
  eventsFrom(frame: number): ReadonlyArray<RunEvent> {
    const events: Array<RunEvent> = []
    let from = this.startOf(frame)
    let text = ""
    if (this.others.size > 0) {
      for (let i = frame; i < this.frames; i++) {
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
    const start = this.startOf(frame)
    const isMuchText = this.starts.length > 2 && start >= (this.starts[this.starts.length >> 1] ?? Infinity)
    if (frames === 0 || (frames < this.limits.ringFrames && !isMuchText)) return
    let chunks = 0
    while ((this.starts[chunks + 1] ?? Infinity) <= start) chunks++
    this.chunks = this.chunks.slice(chunks)
    this.starts = this.starts.slice(chunks)
    this.ends = this.ends.slice(frames)
    if (this.others.size > 0) for (let i = this.firstFrame; i < frame; i++) this.others.delete(i)
    this.firstFrame = frame
    this.firstStart = start
  }

  private write(text: string): void {
    const last = this.chunks.length - 1
    let chunk = this.chunks[last]
    let at = this.textEnd - (this.starts[last] ?? 0)
    const room = text.length * maxBytesPerUnit
    if (chunk === undefined || chunk.length - at < room) {
      chunk = cut(Math.max(room, chunkBytes))
      at = 0
      this.chunks.push(chunk)
      this.starts.push(this.textEnd)
    }
    const bytes = chunk.write(text, at, "utf8")
    if (bytes !== text.length) this.isAscii = false
    this.textEnd += bytes
  }

  private textBetween(start: number, end: number): string {
    if (start === end) return ""
    const encoding = this.isAscii ? "latin1" : "utf8"
    let i = this.starts.length - 1
    while (i > 0 && (this.starts[i] ?? 0) > start) i--
    let text = ""
    for (let from = start; from < end; i++) {
      const chunkStart = this.starts[i] ?? 0
      const to = Math.min(end, this.starts[i + 1] ?? end)
      text += this.chunks[i]?.toString(encoding, from - chunkStart, to - chunkStart) ?? ""
      from = to
    }
    return text
  }

  private endOf(frame: number): number {
    return this.ends[frame - this.firstFrame] ?? this.textEnd
  }

  private startOf(frame: number): number {
    return frame === this.firstFrame ? this.firstStart : this.endOf(frame - 1)
  }

  private countIn(frame: number): number {
    return this.others.size === 0 ? 1 : (this.others.get(frame)?.length ?? 1)
  }

  private sizeOf(frame: number): number {
    const others = this.others.size === 0 ? undefined : this.others.get(frame)
    return frameBytes + (others === undefined ? this.endOf(frame) - this.startOf(frame) : JSON.stringify(others).length)
  }
}

let slab: Buffer | undefined

/** A slab is let go of with the last buffer that was cut from it. */
const cut = (bytes: number): Buffer => {
  if (bytes > chunkBytes) return Buffer.allocUnsafeSlow(bytes)
  if (slab === undefined || slab.length < bytes) slab = Buffer.allocUnsafeSlow(slabBytes)
  const piece = slab.subarray(0, bytes)
  slab = slab.subarray(bytes)
  return piece
}
