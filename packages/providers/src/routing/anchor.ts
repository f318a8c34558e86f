/**
 * The last words of a broken answer, with which a model is asked to begin its continuation: where they end, what is new begins, to the letter, and
 * also in a text that repeats itself. The mark before them tells a model that does as it was asked from one that goes on by itself.
 */

/** Stands before the last words; models write three dots for it too. */
export const anchorMark = "…"
export const anchorMarks: ReadonlyArray<string> = [anchorMark, "..."]

/** How long the last words are at least, in UTF-16 code units, where so much was told. */
export const minAnchor = 40
/** They may be longer, so that they are no period of a text that repeats itself, but not longer than this. */
export const maxAnchor = 240

/** Of what was told, without white space at its ends. It begins with a word where there are any. */
export const anchorOf = (text: string): string => {
  const told = text.trim()
  let start = told.length
  let anchor = ""
  do {
    start = wordStart(told, Math.max(0, start - (anchor === "" ? minAnchor : 1)))
    if (anchor !== "" && told.length - start > maxAnchor) break
    anchor = told.slice(start).trimStart()
  } while (start > 0 && isPeriodic(anchor))
  return anchor
}

/** At or before this place, but no further than the longest word that is looked for. */
const wordStart = (text: string, from: number): number => {
  for (let at = from; at > 0 && from - at < minAnchor; at--) {
    if (isSpace(text.charCodeAt(at - 1))) return at
  }
  // Scripts without spaces, and what is no word. Never between the halves of a character.
  return from > 0 && isLowSurrogate(text.charCodeAt(from)) ? from - 1 : from
}

/** What is looked at to tell a period. A text of which so much has none, has none that is as short. */
const maxPeriodic = 1_024

/** One thing said again and again: one and a half times at least. Where such a text goes on nobody can tell by its letters. */
export const isPeriodic = (text: string): boolean => {
  const head = text.slice(0, maxPeriodic)
  const period = periodOf(head)
  if (3 * period > 2 * head.length) return false
  for (let at = head.length; at < text.length; at++) {
    if (text.charCodeAt(at) !== text.charCodeAt(at - period)) return false
  }
  return true
}

/** The shortest: the text less its longest end that is its beginning too (Knuth, Morris and Pratt's failure function). */
const periodOf = (text: string): number => {
  const borders = new Uint16Array(text.length)
  let border = 0
  for (let at = 1; at < text.length; at++) {
    while (border > 0 && text.charCodeAt(at) !== text.charCodeAt(border)) border = borders[border - 1] ?? 0
    if (text.charCodeAt(at) === text.charCodeAt(border)) border++
    borders[at] = border
  }
  return text.length - border
}

export const isSpace = (code: number): boolean =>
  code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x80 && /\s/.test(String.fromCharCode(code)))

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code < 0xe000
