/**
 * What messages are made of, whoever wrote them. The parts themselves know no lengths: what has been stored can always be read back, however
 * long a model's answer became. The lengths bound what comes in (`UserContent`, and the doors' own requests).
 */
import { Schema } from "effect"
import { imageBase64Begins } from "./fileSignature.ts"
import { AttachmentId } from "./Ids.ts"

/** Longest text of one part that comes in, in UTF-16 code units. */
export const maxTextLength = 1_000_000
/** Longest image reference that comes in: a `data:` URL of about 7.5 MB, or an address. */
export const maxImageUrlLength = 10_000_000
/** Most parts of one message that comes in. */
export const maxParts = 64

/**
 * Asks the provider to keep the prompt up to the end of this part for so long, where it does that only when it is asked (Anthropic); others keep
 * what they like, and leave it out.
 */
export const CacheFor = Schema.Literals(["5m", "1h"])
export type CacheFor = typeof CacheFor.Type
const cached = { cacheFor: Schema.optionalKey(CacheFor) }

export const TextPart = Schema.Struct({
  type: Schema.Literal("text"),
  text: Schema.String,
  ...cached
})
export type TextPart = typeof TextPart.Type

export const ImagePart = Schema.Struct({
  type: Schema.Literal("image"),
  /** `https:` or `data:image/…;base64,…` */
  url: Schema.String,
  detail: Schema.optionalKey(Schema.Literals(["auto", "low", "high"])),
  ...cached
})
export type ImagePart = typeof ImagePart.Type

/** Reasoning that a model showed; `signature` is what its provider wants back to accept it again. */
export const ReasoningPart = Schema.Struct({
  type: Schema.Literal("reasoning"),
  text: Schema.String,
  signature: Schema.optionalKey(Schema.String)
})
export type ReasoningPart = typeof ReasoningPart.Type

/** A signature that begins so holds reasoning that its provider shows to nobody; `text` is empty then. */
export const redactedPrefix = "redacted:"

export const ToolCallPart = Schema.Struct({
  type: Schema.Literal("tool-call"),
  id: Schema.String,
  name: Schema.String,
  /** JSON text exactly as the model wrote it; it may be invalid. */
  arguments: Schema.String,
  ...cached
})
export type ToolCallPart = typeof ToolCallPart.Type

export const ToolResultPart = Schema.Struct({
  type: Schema.Literal("tool-result"),
  toolCallId: Schema.String,
  content: Schema.String,
  isError: Schema.optionalKey(Schema.Boolean),
  ...cached
})
export type ToolResultPart = typeof ToolResultPart.Type

/** A file that was uploaded into the conversation (`Attachments.ts`). What the server says of it counts; the rest is for showing it. */
export const FilePart = Schema.Struct({
  type: Schema.Literal("file"),
  attachmentId: Schema.String,
  name: Schema.String,
  contentType: Schema.String,
  bytes: Schema.Int
})
export type FilePart = typeof FilePart.Type

export const UserPart = Schema.Union([TextPart, ImagePart, ToolResultPart])
export type UserPart = typeof UserPart.Type
export const AssistantPart = Schema.Union([TextPart, ReasoningPart, ToolCallPart])
export type AssistantPart = typeof AssistantPart.Type
export const Part = Schema.Union([TextPart, ImagePart, FilePart, ReasoningPart, ToolCallPart, ToolResultPart])
export type Part = typeof Part.Type

/** What a file is called, in UTF-16 code units. */
export const FileName = Schema.String.check(Schema.isMaxLength(256), Schema.isMinLength(1))

const TextInput = Schema.String.check(Schema.isMaxLength(maxTextLength))
/**
 * Refused before anything is asked of a provider: some servers answer what is no image with a 500, which would count against the target. That a JPEG
 * is called a PNG is let through, since many clients do that and OpenAI takes it; Anthropic refuses it, and says why.
 */
const notAnImage = {
  message:
    "Not a PNG, JPEG, GIF or WebP image: what is in it does not begin as one does. Give the base64 of the file's own bytes."
}
/** Base64 without `data:` before it. */
export const isImageBase64 = Schema.isPattern(new RegExp(`^${imageBase64Begins}`), notAnImage)
const isImageIfInline = Schema.isPattern(new RegExp(`^(?!data:)|^[^,]{0,40},${imageBase64Begins}`), notAnImage)

/** What a client may refer to an image by. */
export const ImageUrlInput = Schema.String.check(
  Schema.isMaxLength(maxImageUrlLength),
  Schema.isPattern(/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,)/),
  isImageIfInline
)

/** What a person or a program may send. */
const UserInputPart = Schema.Union([
  Schema.Struct({ ...TextPart.fields, text: TextInput }),
  Schema.Struct({ ...ImagePart.fields, url: ImageUrlInput }),
  Schema.Struct({
    ...FilePart.fields,
    attachmentId: AttachmentId,
    name: FileName,
    contentType: Schema.String.check(Schema.isMaxLength(128))
  }),
  Schema.Struct({ ...ToolResultPart.fields, content: TextInput })
])
export const UserContent = Schema.NonEmptyArray(UserInputPart).check(Schema.isMaxLength(maxParts))
export type UserContent = typeof UserContent.Type

/** The text parts, joined. */
export const textOf = (parts: ReadonlyArray<Part>): string => {
  let text = ""
  for (const part of parts) if (part.type === "text") text += part.text
  return text
}
