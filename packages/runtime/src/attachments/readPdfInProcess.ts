/** The process's side of `PdfText`: a PDF on the standard input, its outcome on the standard output. Nothing here is trusted to end. */
import { buffer } from "node:stream/consumers"
import { getDocumentProxy } from "unpdf"
import type { PdfOutcome } from "./PdfText.ts"

const quiet = 0

const read = async (content: Uint8Array, maxPages: number, maxCharacters: number): Promise<PdfOutcome> => {
  const document = await getDocumentProxy(content, {
    verbosity: quiet,
    disableFontFace: true,
    useSystemFonts: false,
    enableXfa: false
  })
  const pages = document.numPages
  if (pages > maxPages) return { kind: "too-many-pages", pages }
  let text = ""
  let hasText = false
  for (let number = 1; number <= pages; number++) {
    const page = await document.getPage(number)
    const { items } = await page.getTextContent()
    let words = ""
    for (const item of items) if ("str" in item) words += item.hasEOL ? `${item.str}\n` : item.str
    page.cleanup()
    if (words.trim() === "") continue
    hasText = true
    const shown = `${text === "" ? "" : "\n\n"}[Page ${number}]\n${words.replaceAll("\0", "\uFFFD").toWellFormed().trimEnd()}`
    if (text.length + shown.length > maxCharacters) {
      const cut = (text + shown).slice(0, maxCharacters).toWellFormed()
      return { kind: "text", text: `${cut}\n[The rest is left out: this is page ${number} of ${pages}.]` }
    }
    text += shown
  }
  return hasText ? { kind: "text", text } : { kind: "no-text" }
}

/** By what the library and the engine say: their errors come through a channel that keeps name and message only. */
const failureOf = (cause: unknown): PdfOutcome => {
  const { message, name } = cause instanceof Error ? cause : new Error(String(cause))
  if (name === "PasswordException") return { kind: "encrypted" }
  return /allocation failed|Invalid typed array length|Invalid array buffer length/.test(message)
    ? { kind: "too-much-memory" }
    : { kind: "broken" }
}

const [maxPages, maxCharacters] = process.argv.slice(2).map(Number)
if (maxPages === undefined || maxCharacters === undefined) throw new Error("usage: readPdfInProcess.ts PAGES CHARACTERS")
const outcome = await read(new Uint8Array(await buffer(process.stdin)), maxPages, maxCharacters).catch(failureOf)
process.stdout.write(JSON.stringify(outcome), () => process.exit(0))
