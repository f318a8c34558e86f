/** The last words of a text, told again by a model that was asked for more of them. Fewer are only believed when they are words. */
import { isPeriodic } from "./anchor.ts"
import { isUnspaced, isWord } from "./spacing.ts"

/** Longest repetition that is looked for, in UTF-16 code units. */
export const maxOverlap = 1_024
/** From here on nothing is chance. */
export const minOverlap = 12
/** Least of a word that is begun again because it broke off, and least of a script without spaces. */
export const minPart = 3

/** How much of the text's beginning is told again; 0: nothing, or that is in doubt; undefined: more has to come. */
export const overlapOf = (told: string, text: string, isEnd: boolean): number | undefined => {
  const tail = told.slice(-maxOverlap)
  if (!isEnd && mayGrow(tail, text)) return undefined
  for (let length = Math.min(tail.length, text.length); length > 0; length--) {
    if (!tail.endsWith(text.slice(0, length))) continue
    const again = text.slice(0, length)
    const before = tail.slice(0, -length)
    // A text that repeats itself may go on doing so.
    if (isPeriodic(again) || before.trimEnd().endsWith(again) || hasPrecedent(tail, again)) return 0
    const after = text.slice(length).trimStart()
    if (after.startsWith(again)) return 0
    const follows = text.codePointAt(length)
    if (!isEnd && (follows === undefined || again.startsWith(after))) return undefined
    if (isRepetition(again, before, follows)) return length
  }
  return 0
}

/** All of it is the beginning of a repetition that would be longer. */
const mayGrow = (tail: string, text: string): boolean => {
  for (let at = tail.indexOf(text); at >= 0; at = tail.indexOf(text, at + 1)) {
    if (at + text.length < tail.length) return true
  }
  return false
}

/** The text has gone on like that before, from where it stands now. White space between is as it comes. */
const hasPrecedent = (tail: string, again: string): boolean => {
  const words = tail.replaceAll(/\s+/g, "")
  if (isPeriodic(words)) return true
  const next = again.replaceAll(/\s+/g, "")
  return words.includes(words.slice(-Math.max(minOverlap, next.length)) + next)
}

const isRepetition = (again: string, before: string, follows: number | undefined): boolean => {
  if (again.length >= minOverlap) return true
  if (!/\p{L}/u.test(again)) return false
  if (isUnspaced(again.codePointAt(0))) return again.length >= minPart
  if (isWord(lastOf(before)) && isWord(again.codePointAt(0))) return false
  return /\s/.test(again) || !isWord(follows) || again.length >= minPart
}

const lastOf = (text: string): number | undefined => [...text.slice(-2)].at(-1)?.codePointAt(0)
