/** The latest frames of a run's log, bounded in number and bytes. Synchronous. */
import type { RunEvent } from "@parley/domain/RunEvent"
import type { ConversationLimitsValues } from "./ConversationLimits.ts"

/** The events of one frame. A frame of text only is kept as its text: most are, and there may be hundreds per run. */
export type FrameEvents = string | ReadonlyArray<RunEvent>

export const countOf = (events: FrameEvents): number => (typeof events === "string" ? 1 : events.length)

/** What a frame costs in the ring besides its text. */
const frameBytes = 64

export class RunRing {
  private readonly limits: Pick<ConversationLimitsValues, "ringFrames" | "ringBytes">
  private frames: Array<FrameEvents> = []
  /** Of the oldest frame in `frames`; those before it are let go of in one piece. */
  private start = 0
  private firstSeq: number
  private bytes = 0

  /** Holds what comes after `afterSeq`. */
  constructor(afterSeq: number, limits: Pick<ConversationLimitsValues, "ringFrames" | "ringBytes">) {
    this.firstSeq = afterSeq + 1
    this.limits = limits
  }

  push(events: FrameEvents): void {
    this.frames.push(events)
    this.bytes += sizeOf(events)
    while (this.isTooMuch) this.dropOldest()
  }

  /** All events after `afterSeq`, adjacent text joined; undefined when they are not all held, or a frame reaches over `afterSeq`. */
  eventsAfter(afterSeq: number): ReadonlyArray<RunEvent> | undefined {
    let seq = this.firstSeq
    if (afterSeq < seq - 1) return undefined
    const events: Array<RunEvent> = []
    let text = ""
    for (let i = this.start; i < this.frames.length; i++) {
      const frame = this.frames[i]
      if (frame === undefined) break
      const last = seq + countOf(frame) - 1
      // Clients hold whole frames, and a cursor inside of one is nobody's.
      if (seq <= afterSeq && last > afterSeq) return undefined
      if (seq > afterSeq) {
        if (typeof frame === "string") text += frame
        else {
          for (const event of frame) {
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
      seq = last + 1
    }
    if (text !== "") events.push({ type: "text-delta", text })
    return events
  }

  private get isTooMuch(): boolean {
    const held = this.frames.length - this.start
    return held > this.limits.ringFrames || (this.bytes > this.limits.ringBytes && held > 1)
  }

  private dropOldest(): void {
    const oldest = this.frames[this.start]
    if (oldest === undefined) return
    this.firstSeq += countOf(oldest)
    this.bytes -= sizeOf(oldest)
    this.frames[this.start] = ""
    this.start++
    if (this.start < this.limits.ringFrames) return
    this.frames = this.frames.slice(this.start)
    this.start = 0
  }
}

const sizeOf = (events: FrameEvents): number =>
  frameBytes + (typeof events === "string" ? events.length : JSON.stringify(events).length)
