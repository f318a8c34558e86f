/** Longest text that is laid out, and of that the longest that is shown, in UTF-16 code units. */
const maxParsedLength = 1_000_000
const maxShownLength = 20_000

/** JSON with line breaks, and what is none, or too long for that, as it is: its beginning, where it is long. */
export const readableJson = (text: string): string => {
  const laidOut = text.length > maxParsedLength ? text : indented(text)
  return laidOut.length > maxShownLength ? `${laidOut.slice(0, maxShownLength).toWellFormed()} …` : laidOut
}

const indented = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
