/** What a file is by its first bytes, and what its name says it is. For servers and for browsers: the app refuses what the server would. */
import type { AttachmentType } from "./Attachments.ts"

/** Those that begin in a way of their own. Text does not, so any file that is none of them may be one. */
export type SignedType = Exclude<AttachmentType, "text/plain">

/** So many of a file's first bytes tell. */
export const signatureBytes = 12

const ascii = (text: string): ReadonlyArray<number> => [...text].map((character) => character.charCodeAt(0))

const startsWith = (content: Uint8Array, bytes: ReadonlyArray<number>, at = 0): boolean =>
  bytes.every((byte, index) => content[at + index] === byte)

const png = [0x89, ...ascii("PNG\r\n\x1a\n")]
const jpeg = [0xff, 0xd8, 0xff]
const gifs = [ascii("GIF87a"), ascii("GIF89a")]
const riff = ascii("RIFF")
const webp = ascii("WEBP")
const pdf = ascii("%PDF-")

export const signedType = (content: Uint8Array): SignedType | undefined => {
  if (startsWith(content, png)) return "image/png"
  if (startsWith(content, jpeg)) return "image/jpeg"
  if (gifs.some((gif) => startsWith(content, gif))) return "image/gif"
  if (startsWith(content, riff) && startsWith(content, webp, 8)) return "image/webp"
  return startsWith(content, pdf) ? "application/pdf" : undefined
}

const typesOfEndings: ReadonlyMap<string, SignedType> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["gif", "image/gif"],
  ["webp", "image/webp"],
  ["pdf", "application/pdf"]
])

/** By the ending of its name. */
export const saidType = (name: string): SignedType | undefined =>
  typesOfEndings.get(/\.([^.]*)$/.exec(name)?.[1]?.toLowerCase() ?? "")

/** How the base64 of a PNG, JPEG, GIF or WebP begins: the same signatures, six bits a character. To be put into a pattern. */
export const imageBase64Begins = String.raw`(?:iVBORw0KGg|/9j/|R0lGOD[dl]h|UklGR.{6}XRUJQ)`
