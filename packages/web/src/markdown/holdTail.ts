/**
 * The end of an answer that is being written, without that of which nobody can say yet how it will look: half a word may still go to the
 * next line, a row of a table to another place, a formula become anything. So what is shown is only ever added to. What is held back comes
 * with the next words, or when nothing comes for a while (`Markdown`). The stored text is never changed.
 */
/** Longest stretches that are held back, in UTF-16 code units: past them the text is shown as it is. */
const maxLineLength = 4_000
const maxWordLength = 48
const maxTableHeadLength = 1_000
const maxFirstRowLength = 160
const maxFormulaLength = 2_000
const maxInlineFormulaLength = 160

/** `inFence`: the last line is one of a block of code. */
export const holdTail = (text: string, inFence: boolean): string => {
  const start = text.lastIndexOf("\n") + 1
  const above = text.slice(0, start)
  const line = text.slice(start)
  // Half of a fence that closes is no line of code.
  if (inFence) return /^\s*(`+|~+)$/.test(line) ? above : text
  if (/^\s*(```|~~~)/.test(line)) return above
  const held = tableHeld(above, line) ?? above + lineHeld(line)
  return held.slice(0, formulaStart(held))
}

const lineHeld = (line: string): string => {
  if (line.length > maxLineLength) return line
  const said = withoutFormula(withoutImage(withoutWord(line)))
  return isMarker(said) ? "" : said
}

const withoutImage = (line: string): string => {
  const at = line.lastIndexOf("![")
  return at >= 0 && /^!\[[^\]]*(\]\([^)\s]*)?$/.test(line.slice(at)) ? line.slice(0, at) : line
}

/** Where a line may break between any two characters nothing has to be held back. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}、。，！？；：」』）]/u

const withoutWord = (line: string): string => {
  const near = line.slice(-maxWordLength - 1)
  const word = /\S+$/.exec(near)?.[0] ?? ""
  if (word === "" || word.length > maxWordLength || unspaced.test(word.slice(-2))) return line
  return line.slice(0, line.length - word.length)
}

/** `-`, `2.`, `##`, `> -`, `[ ]`: alone they may be the beginning of anything. */
const isMarker = (line: string): boolean => /^[\s>*+\-=_#`~|:]*(\d{1,9}[.)]?)?\s*(\[[ xX]?\]?)?\s*$/.test(line)

/** `$x`, but not `$5`: a price is no formula. */
const withoutFormula = (line: string): string => {
  const bracket = line.lastIndexOf("\\(")
  if (bracket >= 0 && line.length - bracket < maxInlineFormulaLength && !line.includes("\\)", bracket))
    return line.slice(0, bracket)
  const dollar = line.lastIndexOf("$")
  if (dollar < 0 || line.length - dollar > maxInlineFormulaLength || /^\$[\s\d$]/.test(line.slice(dollar))) return line
  const count = line.replace(/`[^`]*`|\\./g, "").split("$").length - 1
  return count % 2 === 1 ? line.slice(0, dollar) : line
}

/** Where a formula on lines of its own begins that has not ended. A blank line ends it. */
const formulaStart = (text: string): number | undefined => {
  const from = blockStart(text)
  if (text.length - from > maxFormulaLength) return undefined
  const openers = /(?:^|\n) {0,3}(\$\$|\\\[)/g
  const block = text.slice(from)
  for (let opened = openers.exec(block); opened !== null; opened = openers.exec(block)) {
    const end = block.indexOf(opened[1] === "$$" ? "$$" : "\\]", openers.lastIndex)
    if (end < 0) return from + opened.index + (opened[0].startsWith("\n") ? 1 : 0)
    openers.lastIndex = end + 2
  }
  return undefined
}

const blockStart = (text: string): number => {
  let start = 0
  for (const { 0: gap, index } of text.matchAll(/\n[ \t]*\n+/g)) start = index + gap.length
  return start
}

const ruler = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/

/** Undefined: no table ends here. A table comes with its first row, and grows cell by cell: its columns are then as wide as they stay. */
const tableHeld = (above: string, line: string): string | undefined => {
  const lines = above.split("\n").slice(0, -1)
  let first = lines.length
  while (first > 0 && /^\s*\|/.test(lines[first - 1] ?? "")) first--
  const [head, second, ...rows] = lines.slice(first)
  if (!/^\s*\|/.test(line) && head === undefined) return undefined
  const before = lines
    .slice(0, first)
    .map((whole) => `${whole}\n`)
    .join("")
  const length = above.length - before.length + line.length
  if (head === undefined) return length > maxTableHeadLength ? undefined : before
  if (second === undefined) {
    if (length > maxTableHeadLength || !/^[\s|:-]*$/.test(line)) return undefined
    return before
  }
  if (!ruler.test(second)) return undefined
  if (line !== "" && !/^\s*\|/.test(line)) return rows.length === 0 && /^\s*$/.test(line) ? before : undefined
  if (rows.length === 0 && line.length <= maxFirstRowLength) return before
  const cells = line.trimStart().slice(1)
  const end = /^(?:[^\\|]|\\.)*(?:\|(?:[^\\|]|\\.)*)*(?=\|)/.exec(cells)?.[0] ?? ""
  return end === "" ? above : `${above}|${end}|`
}
