/** White space where two texts meet. */
import { isSpace } from "./anchor.ts"

/** How much of the end of such white space is looked for, where it is not told again as a whole; in UTF-16 code units. */
const maxPartOfGap = 256

/** How much of the text is white space that stands at the end of what was told, and so is told again; undefined: more has to come. */
export const gapIn = (gap: string, text: string, isEnd: boolean): number | undefined => {
  if (gap === "") return 0
  let spaces = 0
  while (spaces < text.length && spaces < gap.length && isSpace(text.charCodeAt(spaces))) spaces++
  if (spaces === text.length && spaces < gap.length && !isEnd) return undefined
  const told = text.slice(0, spaces)
  if (told === gap) return spaces
  for (let length = Math.min(spaces, maxPartOfGap); length > 0; length--) if (gap.endsWith(told.slice(0, length))) return length
  return 0
}

export interface Join {
  /** So much of the continuation is left out, and this is put before it. */
  readonly drop: number
  readonly space: "" | " "
}

/** Of a model that just goes on. It leaves out a space between two words, or writes a second one. */
export const joinBetween = (told: string, gap: string, text: string, isEnd: boolean): Join | undefined => {
  if (gap === " ") {
    if (text.length < 2 && !isEnd) return text === "" || text === " " ? undefined : asIs
    return text.startsWith(" ") && !isSpace(text.charCodeAt(1)) ? { drop: 1, space: "" } : asIs
  }
  if (gap !== "") return asIs
  if (text === "" && !isEnd) return undefined
  const last = [...told.slice(-2)].at(-1)?.codePointAt(0)
  const first = text.codePointAt(0)
  const isApart = !isWord(last) || !isWord(first) || isUnspaced(last) || isUnspaced(first)
  // The digits of one number come in several tokens.
  return isApart || (isDigit(last) && isDigit(first)) ? asIs : { drop: 0, space: " " }
}

const asIs: Join = { drop: 0, space: "" }

export const isWord = (code: number | undefined): boolean =>
  code !== undefined && /[\p{L}\p{M}\p{N}_]/u.test(String.fromCodePoint(code))

/** Of a script that writes no spaces between words. */
export const isUnspaced = (code: number | undefined): boolean =>
  code !== undefined && code >= 0x0e00 && unspaced.test(String.fromCodePoint(code))

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u

const isDigit = (code: number | undefined): boolean => code !== undefined && /\p{N}/u.test(String.fromCodePoint(code))
