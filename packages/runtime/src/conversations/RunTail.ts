/**
 * The end of a run's text, where its provider writes: all that a token of plain text touches. At thousands of runs nothing of one is in the
 * processor's cache when its turn comes, and each object on a token's way costs more than the work done with it. So the text goes as bytes to where the
 * tape keeps it: no string is made of it and no reference stored before it is flushed. Synchronous.
 */
import type { Flushable } from "./FlushScheduler.ts"

/** Written byte by byte in JavaScript: for a longer text the engine's own copy is faster. */
const maxPlainChars = 256
const maxAscii = 0x7f

export class RunTail implements Flushable {
  /** May be told, past everything else: set by the run while more text changes nothing but what is here. */
  isFlowing = false
  /** What was said before is elsewhere, and comes first. */
  isBehind = false
  /** For `FlushScheduler`. */
  isScheduled = false
  lastLook = -1
  followerCount = 0
  readonly markId: number

  /** Where it writes: what lies from `from` to `at` is said and not flushed, and there is room up to `limit`. */
  private slab: Buffer = noRoom
  private at = 0
  private from = 0
  private limit = 0
  private readonly flushLog: () => void

  constructor(flushLog: () => void) {
    this.flushLog = flushLog
    this.markId = nextMarkId()
  }

  /** False, and nothing is said: the text is not plain, or there is no room for it here. Plain is ASCII without NUL. */
  say(text: string): boolean {
    const { at, slab } = this
    const { length } = text
    if (at + length > this.limit || length > maxPlainChars || this.isBehind) return false
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > maxAscii || unit === 0) return false
      slab[at + i] = unit
    }
    this.at = at + length
    return true
  }

  /** How many bytes are said and not flushed. */
  get said(): number {
    return this.at - this.from
  }

  get text(): string {
    return this.at === this.from ? "" : this.slab.toString("latin1", this.from, this.at)
  }

  /** What was said stays where it is, as the tape's. */
  keep(): void {
    this.from = this.at
  }

  /** It is as if it had not been said. */
  takeBack(): void {
    this.at = this.from
  }

  /** Writes on from here. */
  moveTo(slab: Buffer, from: number, limit: number): void {
    this.slab = slab
    this.from = from
    this.at = from
    this.limit = limit
  }

  flush(): void {
    this.flushLog()
  }
}

const noRoom = Buffer.alloc(0)

let markIds = 0
const nextMarkId = (): number => {
  markIds = (markIds + 1) % 1_000_000
  return markIds
}
