/** What a file is, by what is in it. Undefined for what is not taken. */
import type { AttachmentType } from "@parley/domain/Attachments"

const startsWith = (content: Uint8Array, bytes: ReadonlyArray<number>, at = 0): boolean =>
  bytes.every((byte, index) => content[at + index] === byte)

const ascii = (text: string): ReadonlyArray<number> => [...text].map((character) => character.charCodeAt(0))

export const sniffType = (content: Uint8Array): AttachmentType | undefined => {
  if (startsWith(content, [0x89, ...ascii("PNG\r\n\x1a\n")])) return "image/png"
  if (startsWith(content, [0xff, 0xd8, 0xff])) return "image/jpeg"
  if (startsWith(content, ascii("GIF87a")) || startsWith(content, ascii("GIF89a"))) return "image/gif"
  if (startsWith(content, ascii("RIFF")) && startsWith(content, ascii("WEBP"), 8)) return "image/webp"
  if (startsWith(content, ascii("%PDF-"))) return "application/pdf"
  return isText(content) ? "text/plain" : undefined
}

/** UTF-8 without NUL. */
const isText = (content: Uint8Array): boolean => {
  if (content.includes(0)) return false
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content)
    return true
  } catch {
    return false
  }
}
