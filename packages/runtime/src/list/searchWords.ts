/** What a person typed, as words; and where those words are in a text. */
import type { Highlight } from "@parley/domain/ConversationList"
import { maxExcerptLength, maxSearchWords } from "@parley/domain/ConversationList"

const word = /[\p{L}\p{N}\p{M}]+/gu
/** Highlights of one text. */
const maxHighlights = 20
/** Of an excerpt, before its first hit; so that the hit has words around it. */
const leadLength = 60

export const wordsOf = (query: string): ReadonlyArray<string> => (query.match(word) ?? []).slice(0, maxSearchWords)

/** For `to_tsquery`: every word must begin one of the text's. Words hold letters, digits and marks only, so nothing needs quoting. */
export const tsqueryOf = (words: ReadonlyArray<string>): string => words.map((one) => `'${one}':*`).join(" & ")

/** Words of the text that begin with one of the query's, without regard to case. */
export const highlightsOf = (text: string, words: ReadonlyArray<string>): ReadonlyArray<Highlight> => {
  const wanted = words.map((one) => one.toLowerCase())
  const found: Array<Highlight> = []
  for (const match of text.matchAll(word)) {
    const lower = match[0].toLowerCase()
    const hit = wanted.find((one) => lower.startsWith(one))
    if (hit === undefined) continue
    // Lower-casing keeps the length of all but a few letters; then the whole word is marked.
    const length = lower.length === match[0].length ? hit.length : match[0].length
    found.push({ start: match.index, end: match.index + length })
    if (found.length === maxHighlights) break
  }
  return found
}

/** A piece of the text with the first hit in it, cut between characters, and the hits inside it. Without a hit, its beginning. */
export const excerptOf = (
  text: string,
  words: ReadonlyArray<string>
): { readonly excerpt: string; readonly highlights: ReadonlyArray<Highlight> } => {
  const all = highlightsOf(text, words)
  const from = wellFormedCut(text, Math.max(0, (all[0]?.start ?? 0) - leadLength))
  const to = wellFormedCut(text, Math.min(text.length, from + maxExcerptLength))
  const highlights = all.filter(({ end }) => end <= to).map(({ end, start }) => ({ start: start - from, end: end - from }))
  return { excerpt: text.slice(from, to), highlights }
}

/** Never between the halves of a surrogate pair. */
const wellFormedCut = (text: string, at: number): number => {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff && at > 0 ? at - 1 : at
}
