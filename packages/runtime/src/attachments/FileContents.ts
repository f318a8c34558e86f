/** What models are given in place of files: images as images, text as text. */
import { Context, Effect } from "effect"
import type { ImagePart, Part, TextPart } from "@parley/domain/Content"
import type { Unavailable } from "@parley/domain/Errors"
import type { Message } from "@parley/domain/Message"
import type { ConversationKey } from "../storage/ConversationStore.ts"

export type ReadFile = (
  key: ConversationKey,
  file: Extract<Part, { readonly type: "file" }>
) => Effect.Effect<TextPart | ImagePart, Unavailable>

/** Of all files of one prompt, as they are sent (images in base64), in UTF-16 code units. One more may begin below it. */
const maxFileCharacters = 25_000_000

const leftOut = (name: string): TextPart => ({ type: "text", text: `[The file "${name}" is left out: there are too many.]` })

export const missingFile = (name: string): TextPart => ({ type: "text", text: `[The file "${name}" is no longer there.]` })

/** Without attachments a file is one that is not there. */
export const FileContents = Context.Reference<ReadFile>("@parley/runtime/attachments/FileContents", {
  defaultValue:
    () =>
    (_, { name }) =>
      Effect.succeed(missingFile(name))
})

const hasFile = (message: Message): boolean => message.content.some((part) => part.type === "file")

/** The path as it was, when there is no file on it: then nothing is done. The newest files come first; past the bound the older ones are left out. */
export const withFiles = (
  read: ReadFile,
  key: ConversationKey,
  path: ReadonlyArray<Message>
): Effect.Effect<ReadonlyArray<Message>, Unavailable> =>
  path.some(hasFile) ? Effect.suspend(() => filled(read, key, path)) : Effect.succeed(path)

const filled = Effect.fnUntraced(function* (read: ReadFile, key: ConversationKey, path: ReadonlyArray<Message>) {
  let left = maxFileCharacters
  const messages: Array<Message> = []
  for (const message of path.toReversed()) {
    const content: Array<Part> = []
    for (const part of message.content) {
      if (part.type !== "file") {
        content.push(part)
        continue
      }
      const found = left > 0 ? yield* read(key, part) : leftOut(part.name)
      left -= found.type === "text" ? found.text.length : found.url.length
      content.push(found)
    }
    messages.push({ ...message, content })
  }
  return messages.toReversed()
})
