/** What a file is, by what is in it. Undefined for what is not taken. */
import type { AttachmentType } from "@parley/domain/Attachments"
import { signedType } from "@parley/domain/fileSignature"

export const sniffType = (content: Uint8Array): AttachmentType | undefined =>
  signedType(content) ?? (isText(content) ? "text/plain" : undefined)

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
