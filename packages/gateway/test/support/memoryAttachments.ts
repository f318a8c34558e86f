/** Files in memory, as far as a door can tell. */
import { Attachments, type Attachment } from "@parley/domain/Attachments"
import { NotFound } from "@parley/domain/Errors"
import { makeAttachmentId } from "@parley/domain/Ids"
import { Effect, Layer } from "effect"
import { doorPrincipal } from "./doorKeys.ts"

export const layerMemoryAttachments = Layer.sync(Attachments, () => {
  const files = new Map<string, { readonly attachment: Attachment; readonly content: Uint8Array }>()
  return {
    upload: (conversationId, name, content) =>
      Effect.map(makeAttachmentId, (id) => {
        const attachment: Attachment = {
          id,
          conversationId,
          createdBy: doorPrincipal,
          name,
          contentType: content[0] === 0x89 ? "image/png" : "text/plain",
          bytes: content.byteLength,
          createdAtMs: 1
        }
        files.set(id, { attachment, content: content.slice() })
        return attachment
      }),
    download: (id) => {
      const found = files.get(id)
      return found === undefined
        ? Effect.fail(new NotFound({ message: "no such file", resource: "attachment" }))
        : Effect.succeed(found)
    }
  }
})
