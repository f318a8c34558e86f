/**
 * The end of an answer that is being written, as if what it has begun were closed: half of `**bold**` is bold already, half a link is its
 * text. Otherwise markers would flash up and vanish. Only the last line is looked at; the stored text is never changed.
 */
export const mendTail = (text: string, inFence: boolean): string => {
  const start = text.lastIndexOf("\n") + 1
  const line = text.slice(start)
  // Code, or too long to look at.
  if (line === "" || line.length > maxLineLength || inFence || /^\s*(```|~~~)/.test(line)) return text
  return text.slice(0, start) + mendLine(line)
}

/** In UTF-16 code units. */
const maxLineLength = 4_000

const mendLine = (line: string): string => {
  const link = /!?\[([^[\]]*)(?:\]\([^()\s]*)?$/.exec(line)
  // `[ ]` of a task, or nothing but the bracket, says nothing yet.
  const said = link === null || /^\s*([-*+]|\d+\.)?\s*$/.test(line.slice(0, link.index)) ? line : unlinked(line, link)
  const bare = said.replace(/\\./g, "")
  if (((bare.match(/`/g) ?? []).length & 1) === 1) return `${said.trimEnd()}\``
  const closing = openMarks(bare.replace(/`[^`]*`/g, (code) => " ".repeat(code.length)))
  if (closing === "") return said
  // A marker with nothing after it yet is left out.
  const open = /(\*\*|~~|(?<![*\w])[*_])$/.exec(said.trimEnd())
  return open === null ? said.trimEnd() + closing : said.trimEnd().slice(0, -open[0].length)
}

/** What closes the marks that are open at the end of a line: the last one first. */
const openMarks = (line: string): string => {
  const single = line.replaceAll("**", "  ")
  const marks = [
    { mark: "**", at: (line.split("**").length & 1) === 0 ? line.lastIndexOf("**") : -1 },
    { mark: "~~", at: (line.split("~~").length & 1) === 0 ? line.lastIndexOf("~~") : -1 },
    { mark: "*", at: single.search(/(?<![^\s("'[])\*(?![\s*])[^*]*$/) },
    { mark: "_", at: single.search(/(?<![^\s("'[])_(?![\s_])[^_]*$/) }
  ]
  return marks
    .filter(({ at }) => at >= 0)
    .sort((a, b) => b.at - a.at)
    .map(({ mark }) => mark)
    .join("")
}

const unlinked = (line: string, link: RegExpExecArray): string => line.slice(0, link.index) + (link[1] ?? "")
