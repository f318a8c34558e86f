import { saidType, signatureBytes, signedType } from "@parley/domain/fileSignature"
import { fileText } from "@parley/domain/fileText"
import type { UserPart } from "../../client/sdk.ts"

/** Of an image, which is made smaller before it is sent. */
export const maxImageBytes = 20_000_000
/** Of what is uploaded as it is, by the server's bound. */
export const maxUploadBytes = 8_388_608
/** Longest text that a model is given of a file, in UTF-16 code units: the server leaves out the rest. */
export const maxTextLength = 200_000

const imageTypes: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"])

export const limitOf = (file: File): number => (imageTypes.has(file.type) ? maxImageBytes : maxUploadBytes)

/** Uploaded as it is, unless it turns out to be none. */
export const isSaidPdf = (file: File): boolean => file.type === "application/pdf"

export type ReadAttachment =
  | { readonly kind: "image"; readonly part: UserPart; readonly preview: string }
  /** Uploaded as it is, and read by the server: it stays a file, with its name, and does not become what somebody said. */
  | { readonly kind: "upload"; readonly isCut: boolean }
  | {
      readonly kind: "refused"
      readonly reason: "composer.badType" | "composer.notAsSaid" | "composer.emptyFile" | "composer.brokenImage"
    }

/** By what is in it, as the server does: a browser knows no type of most programs' sources, and gives some a wrong one (`.ts` is a film). */
export const readAttachment = async (file: File): Promise<ReadAttachment> => {
  if (file.size === 0) return { kind: "refused", reason: "composer.emptyFile" }
  const type = signedType(new Uint8Array(await file.slice(0, signatureBytes).arrayBuffer()))
  if (type === "application/pdf") return { kind: "upload", isCut: false }
  if (type !== undefined) {
    const url = await imageUrl(file.type === type ? file : file.slice(0, file.size, type))
    if (url === undefined) return { kind: "refused", reason: "composer.brokenImage" }
    return { kind: "image", part: { type: "image", url }, preview: url }
  }
  if (imageTypes.has(file.type) || isSaidPdf(file) || saidType(file.name) !== undefined)
    return { kind: "refused", reason: "composer.notAsSaid" }
  const text = fileText(new Uint8Array(await file.arrayBuffer()))
  if (text === undefined) return { kind: "refused", reason: "composer.badType" }
  return { kind: "upload", isCut: text.length > maxTextLength }
}

/** Longest side that vision models look at, in pixels; larger images are made smaller before they are sent. */
const maxImageSidePx = 1_568
/** Images up to this go as they are. */
const maxPlainImageBytes = 300_000

/** Undefined where it cannot be decoded: one that is cut off begins like any other. */
const imageUrl = async (file: Blob): Promise<string | undefined> => {
  const bitmap = await createImageBitmap(file).catch(() => undefined)
  if (bitmap === undefined) return undefined
  if (file.size <= maxPlainImageBytes) {
    bitmap.close()
    return dataUrl(file)
  }
  const scale = Math.min(1, maxImageSidePx / Math.max(bitmap.width, bitmap.height))
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale))
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return dataUrl(await canvas.convertToBlob({ type: "image/webp", quality: 0.85 }))
}

const dataUrl = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener("load", () =>
      typeof reader.result === "string" ? resolve(reader.result) : reject(new Error("no text"))
    )
    reader.addEventListener("error", () => reject(reader.error ?? new Error("unreadable")))
    reader.readAsDataURL(blob)
  })
