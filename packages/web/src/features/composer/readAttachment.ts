import type { UserPart } from "../../client/sdk.ts"

export const maxFileBytes = 20_000_000
/** Of what is uploaded as it is, by the server's bound. */
export const maxUploadBytes = 8_388_608

/** Read by the server: a browser cannot tell what stands in a PDF. */
export const isUploaded = (file: File): boolean => file.type === "application/pdf"

/** As the file dialog and `fits` take them. */
export const acceptedTypes: ReadonlyArray<string> = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "text/*",
  "application/pdf",
  "application/json",
  ".md",
  ".csv",
  ".ts",
  ".py",
  ".yaml",
  ".yml",
  ".toml",
  ".log"
]

export interface ReadAttachment {
  readonly part: UserPart
  readonly preview: string | undefined
}

/** Longest side that vision models look at, in pixels; larger images are made smaller before they are sent. */
const maxImageSidePx = 1_568
/** Images up to this go as they are. */
const maxPlainImageBytes = 300_000
/** Longest text that is sent inline, in UTF-16 code units. */
const maxInlineTextLength = 200_000

export const readAttachment = async (file: File): Promise<ReadAttachment> => {
  if (file.type.startsWith("image/")) {
    const url = await imageUrl(file)
    return { part: { type: "image", url }, preview: url }
  }
  const text = await file.text()
  if (text.length > maxInlineTextLength) throw new Error("too long")
  return { part: { type: "text", text: `${file.name}:\n\n${fenced(text)}` }, preview: undefined }
}

const imageUrl = async (file: File): Promise<string> => {
  if (file.size <= maxPlainImageBytes) return dataUrl(file)
  const bitmap = await createImageBitmap(file)
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

/** In a fence longer than any in it. */
const fenced = (text: string): string => {
  let longest = 2
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length)
  const fence = "`".repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
