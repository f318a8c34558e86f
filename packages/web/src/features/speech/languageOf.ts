/** In which language a text is, as far as its script or its commonest words tell: the voice of another one cannot be understood. */

/** Scripts of which one language has by far the most readers. Kana before Han: Japanese has both. */
const scripts: ReadonlyArray<readonly [RegExp, string]> = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "ja"],
  [/\p{Script=Hangul}/gu, "ko"],
  [/\p{Script=Han}/gu, "zh"],
  [/\p{Script=Cyrillic}/gu, "ru"],
  [/\p{Script=Arabic}/gu, "ar"],
  [/\p{Script=Hebrew}/gu, "he"],
  [/\p{Script=Greek}/gu, "el"],
  [/\p{Script=Devanagari}/gu, "hi"],
  [/\p{Script=Thai}/gu, "th"]
]

const words: ReadonlyArray<readonly [string, ReadonlySet<string>]> = [
  ["en", new Set(["the", "and", "of", "to", "is", "that", "it", "with", "you", "this", "are"])],
  ["de", new Set(["der", "die", "und", "das", "ist", "nicht", "ein", "eine", "mit", "sie", "zu"])],
  ["fr", new Set(["le", "la", "les", "et", "est", "une", "des", "pas", "vous", "que", "pour"])],
  ["es", new Set(["el", "la", "los", "y", "es", "una", "que", "por", "para", "con", "las"])],
  ["it", new Set(["il", "la", "e", "di", "che", "una", "per", "non", "con", "sono", "gli"])],
  ["pt", new Set(["o", "a", "os", "e", "de", "que", "uma", "para", "com", "são", "não"])],
  ["nl", new Set(["de", "het", "een", "en", "van", "is", "dat", "niet", "met", "voor", "zijn"])]
]

/** So much of a text is looked at, in UTF-16 code units. */
const maxLookedAt = 2_000
/** A script has the text from this share of its letters on. */
const scriptShare = 0.3
/** Fewer common words of a language say nothing. */
const fewestWords = 2

/** Undefined where it cannot be told. */
export const languageOf = (text: string): string | undefined => {
  const looked = text.slice(0, maxLookedAt).toWellFormed()
  const letters = looked.match(/\p{L}/gu)?.length ?? 0
  for (const [script, language] of scripts) {
    const own = looked.match(script)?.length ?? 0
    if (own > 0 && own >= letters * scriptShare) return language
  }
  const said = looked.toLowerCase().match(/\p{L}+/gu) ?? []
  const counts = words.map(([language, common]) => ({ language, count: said.filter((word) => common.has(word)).length }))
  const [first, second] = counts.toSorted((a, b) => b.count - a.count)
  return first === undefined || first.count < fewestWords || first.count === second?.count ? undefined : first.language
}
