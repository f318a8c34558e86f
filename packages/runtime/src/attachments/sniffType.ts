/** What a file is, by what is in it. Undefined for what is not taken. */
import type { AttachmentType } from "@parley/domain/Attachments"
import { signedType } from "@parley/domain/fileSignature"
import { fileText } from "@parley/domain/fileText"

export const sniffType = (content: Uint8Array): AttachmentType | undefined =>
  signedType(content) ?? (fileText(content) === undefined ? undefined : "text/plain")
