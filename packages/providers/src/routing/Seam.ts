/**
 * Where a continuation meets what was told before (ADR 0029). A model that was shown the beginning as its own goes on to the letter: nothing
 * is left out but white space that it was not shown. Any other was asked to begin with a mark and the last words, which are left out; one
 * that does not is taken at its word, unless it says all of it again, or its last words. Where that is in doubt, nothing is left out: what stands
 * there twice is read over, what is missing is missed.
 *
 * Text is held back only until that is decided, and passed on untouched afterwards.
 */
import { anchorMarks, anchorOf, isPeriodic, isSpace } from "./anchor.ts"
import { overlapOf } from "./overlap.ts"
import { gapIn, joinBetween } from "./spacing.ts"

/** How the model was asked: `asked` to go on; `begun`, its answer ends the messages; `echoes`, that and it tells its beginning first. */
export type Continuing = "asked" | "begun" | "echoes"

/** Most that is held back, in UTF-16 code units, of anything but the same text from its beginning. */
export const maxHeld = 4_096

type Stage = "repeats" | "restarts" | "spaces" | "joins" | "open"

export class Seam {
  /** All that was told, without white space at its ends; and that at its end. */
  readonly #told: string
  readonly #gap: string
  readonly #continuing: Continuing
  readonly #anchor: string
  /** The last words say where they stand also without the mark. */
  readonly #isAnchorPlain: boolean
  #stage: Stage
  #held = ""
  /** So much of the told text came again from its beginning; -1: something else came. */
  #restarted: number
  /** So much is left out should it be no restart after all. */
  #otherwise = 0

  constructor(text: string, continuing: Continuing = "asked") {
    this.#told = text.trim()
    this.#gap = text.slice(text.trimEnd().length)
    this.#continuing = continuing
    const isAsked = continuing === "asked"
    this.#anchor = isAsked ? anchorOf(text) : ""
    this.#isAnchorPlain = isAsked && !isPeriodic(this.#anchor)
    this.#restarted = continuing === "echoes" || (isAsked && !isPeriodic(this.#told)) ? 0 : -1
    this.#stage = continuing === "begun" ? "spaces" : "repeats"
  }

  /** What of this may be told now. */
  push(text: string): string {
    if (this.#stage === "open") return text
    return this.#take(text, false)
  }

  /** Nothing more comes that would decide. */
  flush(): string {
    return this.#stage === "open" ? "" : this.#take("", true)
  }

  #take(text: string, isEnd: boolean): string {
    if (this.#stage === "restarts") this.#restart(text, isEnd)
    else this.#held += text
    if (this.#stage === "repeats") this.#repeats(isEnd)
    if (this.#stage === "spaces") this.#spaces(isEnd)
    if (this.#stage === "joins") this.#joins(isEnd)
    if (this.#stage !== "open") return ""
    const rest = this.#held
    this.#held = ""
    return rest
  }

  #repeats(isEnd: boolean): void {
    const isLast = isEnd || this.#held.length > maxHeld
    const start = this.#held.length - this.#held.trimStart().length
    if (start === this.#held.length) {
      if (isLast) this.#go(this.#without)
      return
    }
    const marked = this.#continuing === "asked" ? this.#markedFrom(start, isLast) : 0
    if (marked === undefined) return
    if (marked > 0) return this.#leaveOut(marked)
    if (this.#restarted >= 0) {
      const same = sameFrom(this.#told, 0, this.#held, start)
      if (same === this.#told.length) return this.#go("spaces", start + same)
      this.#restarted = start + same === this.#held.length ? same : -1
    }
    const repeated = this.#continuing === "asked" ? this.#repeatedFrom(start, isLast) : 0
    if (this.#restarted >= 0 && repeated !== undefined && !isEnd) {
      // The told text itself says what came: nothing more needs to be kept than where it began.
      this.#otherwise = repeated
      this.#held = this.#held.slice(0, start)
      this.#stage = "restarts"
    } else if (repeated !== undefined) this.#leaveOut(repeated)
  }

  /** The told text comes again from its beginning. */
  #restart(text: string, isEnd: boolean): void {
    const same = sameFrom(this.#told, this.#restarted, text, 0)
    this.#restarted += same
    if (this.#restarted === this.#told.length) {
      this.#held = text.slice(same)
      this.#stage = "spaces"
    } else if (same < text.length || isEnd) {
      this.#held += this.#told.slice(0, this.#restarted) + text.slice(same)
      this.#leaveOut(this.#otherwise)
    }
  }

  #leaveOut(repeated: number): void {
    if (repeated > 0) this.#go("spaces", repeated)
    else this.#go(this.#without)
  }

  /** How it follows when nothing is repeated. */
  get #without(): Stage {
    return this.#continuing === "asked" ? "joins" : "spaces"
  }

  /** Where the mark and the last words end; 0: that is not how it begins; undefined: more has to come. */
  #markedFrom(start: number, isLast: boolean): number | undefined {
    const body = this.#held.slice(start)
    if (!isLast && anchorMarks.some((mark) => mark.length > body.length && mark.startsWith(body))) return undefined
    const from = start + markIn(body)
    if (from === start) return 0
    const length = lengthOf(this.#anchor, this.#held.slice(from))
    return length === undefined ? (isLast ? 0 : undefined) : length === 0 ? 0 : from + length
  }

  /** The same of the last words without the mark, or of fewer or more than was asked for. */
  #repeatedFrom(start: number, isLast: boolean): number | undefined {
    const from = start + markIn(this.#held.slice(start))
    const words = this.#held.slice(from)
    const length = this.#isAnchorPlain ? lengthOf(this.#anchor, words) : 0
    if (length === undefined && !isLast) return undefined
    if (length !== undefined && length > 0) return from + length
    const overlap = overlapOf(this.#told, words, isLast)
    return overlap === undefined || overlap === 0 ? overlap : from + overlap
  }

  /** The white space that the client has already, and the model tells again. */
  #spaces(isEnd: boolean): void {
    const again = gapIn(this.#gap, this.#held, isEnd || this.#held.length > maxHeld)
    if (again !== undefined) this.#go("open", again)
  }

  #joins(isEnd: boolean): void {
    const join = joinBetween(this.#told, this.#gap, this.#held, isEnd)
    if (join === undefined) return
    this.#go("open", join.drop)
    this.#held = join.space + this.#held
  }

  #go(stage: Stage, drop = 0): void {
    this.#held = this.#held.slice(drop)
    this.#stage = stage
  }
}

/** The mark, and white space after it. */
const markIn = (text: string): number => {
  const mark = anchorMarks.find((mark) => text.startsWith(mark))
  if (mark === undefined) return 0
  let at = mark.length
  while (at < text.length && isSpace(text.charCodeAt(at))) at++
  return at
}

/** How many characters are the same from these places on. */
const sameFrom = (told: string, toldAt: number, text: string, textAt: number): number => {
  const most = Math.min(told.length - toldAt, text.length - textAt)
  let same = 0
  while (same < most && told.charCodeAt(toldAt + same) === text.charCodeAt(textAt + same)) same++
  return same
}

/** How much of the text the words take at its beginning, whatever white space is between them; 0: they are not there; undefined: they may be. */
const lengthOf = (words: string, text: string): number | undefined => {
  let at = 0
  for (let n = 0; n < words.length; n++) {
    if (at >= text.length) return undefined
    if (isSpace(words.charCodeAt(n))) {
      if (!isSpace(text.charCodeAt(at))) return 0
      while (isSpace(words.charCodeAt(n + 1))) n++
      while (at < text.length && isSpace(text.charCodeAt(at))) at++
    } else if (words.charCodeAt(n) === text.charCodeAt(at)) at++
    else return 0
  }
  return at
}
