/**
 * The end of an answer that is being written, as if what it has begun were closed: half a `**bold**` is bold already, half a link is its
 * text. Otherwise markers would flash up and vanish. Only the last line is looked at; the stored text is never changed.
 */
export const mendTail = (text: string): string => {
  const whole = withoutHalfCharacter(text)
  const start = whole.lastIndexOf("\n") + 1
  const line = whole.slice(start)
  // Inside an open fence, or too long to look at.
  if (line === "" || line.length > maxLineLength || isInFence(whole.slice(0, start)) || /^\s*(```|~~~)/.test(line)) return whole
  return whole.slice(0, start) + mendLine(line)
}

/** In UTF-16 code units. */
const maxLineLength = 4_000

/** A pair of surrogates may be cut by a frame. */
const withoutHalfCharacter = (text: string): string => {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text
}

const isInFence = (text: string): boolean => {
  let fence: string | undefined
  for (const match of text.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm)) {
    const [, marker = "", info = ""] = match
    if (fence === undefined) fence = marker
    else if (marker.startsWith(fence) && info.trim() === "") fence = undefined
  }
  return fence !== undefined
}

const mendLine = (line: string): string => {
  const link = /!?\[([^[\]]*)(?:\]\([^()\s]*)?$/.exec(line)
  // `[ ]` of a task, or nothing but the bracket, says nothing yet.
  const said = link === null || /^\s*([-*+]|\d+\.)?\s*$/.test(line.slice(0, link.index)) ? line : unlinked(line, link)
  const bare = said.replace(/\\./g, "")
  if (((bare.match(/`/g) ?? []).length & 1) === 1) return `${said}\``
  const outside = bare.replace(/`[^`]*`/g, "")
  const closing: Array<string> = []
  if (((outside.match(/\*\*/g) ?? []).length & 1) === 1) closing.push("**")
  if (((outside.match(/~~/g) ?? []).length & 1) === 1) closing.push("~~")
  const end = closing.reverse().join("")
  if (end === "") return said
  // A marker with nothing after it yet is left out.
  const open = /(\*\*|~~)$/.exec(said.trimEnd())
  return open === null ? said.trimEnd() + end : said.trimEnd().slice(0, -2)
}

const unlinked = (line: string, link: RegExpExecArray): string => line.slice(0, link.index) + (link[1] ?? "")
