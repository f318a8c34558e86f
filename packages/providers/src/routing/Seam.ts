/**
 * Where a continuation meets what was told before: models repeat the last words, though they are told not to. What the continuation repeats is left
 * out, by the longest end of the text that is a beginning of the continuation. Text is held back only as long as it may still be
 * such a repetition, and there is a bound on that.
 *
 * A repetition counts when it is long, when it is all that was told, or when it tells the last word again from its beginning; else the same
 * letters are taken for chance.
 */

/** Longest repetition that is looked for, in UTF-16 code units, and so the most that is held back. */
export const maxOverlap = 1_024
/** From here on nothing is chance. */
export const minOverlap = 12

export class Seam {
  readonly #tail: string
  readonly #leftOff: number
  #held = ""
  #isOpen = true

  /** `text`: all that was told. `leftOff`: so much of its end the model was not shown, and may tell itself. */
  constructor(text: string, leftOff = 0) {
    this.#tail = text.slice(-maxOverlap)
    this.#leftOff = leftOff
  }

  /** What of this may be told now. */
  push(text: string): string {
    if (!this.#isOpen) return text
    this.#held += text
    return this.#mayGrow() ? "" : this.flush()
  }

  /** Nothing more comes that would decide: what is left after the repetition. */
  flush(): string {
    if (!this.#isOpen) return ""
    this.#isOpen = false
    const rest = this.#held.slice(overlapOf(this.#tail, this.#held, this.#leftOff))
    this.#held = ""
    return rest
  }

  /** All that is held is the beginning of a repetition that would be longer than it. */
  #mayGrow(): boolean {
    const held = this.#held
    if (held === "") return true
    for (let at = this.#tail.indexOf(held); at >= 0; at = this.#tail.indexOf(held, at + 1)) {
      if (at + held.length < this.#tail.length) return true
    }
    return false
  }
}

const overlapOf = (tail: string, text: string, leftOff: number): number => {
  for (let length = Math.min(tail.length, text.length); length > 0; length--) {
    if (tail.endsWith(text.slice(0, length)) && (length === leftOff || isRepetition(tail, length))) return length
  }
  return 0
}

const isRepetition = (tail: string, length: number): boolean => {
  const start = tail.length - length
  if (length >= minOverlap || (start === 0 && length > 1)) return true
  return length > 1 && /\s/.test(tail[start - 1] ?? "") && !/\s/.test(tail.slice(start))
}
