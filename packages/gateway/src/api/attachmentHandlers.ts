/** Files in and out. */
import { Attachments, maxAttachmentBytes } from "@parley/domain/Attachments"
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { Busy, InvalidRequest, PayloadTooLarge } from "@parley/domain/Errors"
import { Effect, Stream } from "effect"
import { apiGroup } from "./apiGroup.ts"
import { chat } from "./chat.ts"
import { fileResponse } from "./fileResponse.ts"

/** Uploads of a process that are in memory at the same time. */
const maxUploads = 8
const retryAfterMs = 1_000

const tooLarge = new PayloadTooLarge({
  message: `a file may have at most ${maxAttachmentBytes} bytes`,
  limitBytes: maxAttachmentBytes
})
const cutOff = new InvalidRequest({ message: "the upload was cut off", issues: [{ path: "payload", message: "is not whole" }] })

/** The body as a whole, which is given up as soon as it is too large. */
const wholeOf = (body: Stream.Stream<Uint8Array, unknown>): Effect.Effect<Uint8Array, PayloadTooLarge | InvalidRequest> =>
  Stream.runFoldEffect(
    Stream.mapError(body, () => cutOff),
    () => ({ chunks: [] as Array<Uint8Array>, bytes: 0 }),
    (read, chunk) => {
      read.bytes += chunk.byteLength
      if (read.bytes > maxAttachmentBytes) return Effect.fail(tooLarge)
      read.chunks.push(chunk)
      return Effect.succeed(read)
    }
  ).pipe(Effect.map(({ chunks }) => Buffer.concat(chunks)))

export const layerAttachmentHandlers = apiGroup(ParleyApi, "attachments", (handlers) =>
  Effect.gen(function* () {
    const attachments = yield* Attachments
    let uploads = 0
    const bounded = <A, E, R>(upload: Effect.Effect<A, E, R>) =>
      Effect.suspend((): Effect.Effect<A, E | Busy, R> => {
        if (uploads >= maxUploads) return Effect.fail(new Busy({ message: "too many uploads at once", retryAfterMs }))
        uploads++
        return Effect.ensuring(
          upload,
          Effect.sync(() => uploads--)
        )
      })
    return handlers.handleAll({
      upload: ({ params, payload, query }) =>
        chat(bounded(Effect.flatMap(wholeOf(payload), (content) => attachments.upload(params.id, query.name, content)))),
      download: ({ params }) =>
        chat(
          // It never changes under its id; who may see it is asked again when the browser has lost it.
          Effect.map(attachments.download(params.id), (file) =>
            fileResponse(file, { "cache-control": "private, max-age=86400, immutable" })
          )
        )
    })
  })
)
