/** `Attachments`: rows in Postgres, bytes in the object store; what models read of them; and the sweep of what nobody refers to. */
import { Clock, Effect, Layer, Option, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import { Attachment, Attachments, maxAttachmentBytes, maxAttachmentsPerConversation } from "@parley/domain/Attachments"
import { Caller } from "@parley/domain/Caller"
import { Conflict, InvalidRequest, NotFound, PayloadTooLarge } from "@parley/domain/Errors"
import { saidType, type SignedType } from "@parley/domain/fileSignature"
import { textEncodingOf } from "@parley/domain/fileText"
import { makeAttachmentId } from "@parley/domain/Ids"
import type { AttachmentId, ConversationId, TenantId } from "@parley/domain/Ids"
import { ObjectStore } from "../objects/ObjectStore.ts"
import { storableText } from "../storage/conversations/rows.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import { FileContents, missingFile } from "./FileContents.ts"
import { PdfText } from "./PdfText.ts"
import { sniffType } from "./sniffType.ts"

/** An upload that no message refers to by then is swept. */
const unsentMs = 86_400_000
/** Of a text that a model is given, in UTF-16 code units. */
const maxTextLength = 200_000

const conversationNotFound = new NotFound({ message: "No such conversation", resource: "conversation" })
const attachmentNotFound = new NotFound({ message: "no such file", resource: "attachment" })
const tooLarge = new PayloadTooLarge({
  message: `a file may have at most ${maxAttachmentBytes} bytes`,
  limitBytes: maxAttachmentBytes
})
const notTaken = (message: string) => new InvalidRequest({ message, issues: [{ path: "payload", message }] })
const notAsSaid = (said: SignedType) =>
  notTaken(
    `By its name the file is ${typeNames[said]}, but it does not begin as one does. Save it again in that format, or give a text a name that says so.`
  )
const typeNames: Readonly<Record<SignedType, string>> = {
  "image/png": "a PNG image",
  "image/jpeg": "a JPEG image",
  "image/gif": "a GIF image",
  "image/webp": "a WebP image",
  "application/pdf": "a PDF"
}

export const decodeAttachments = decodeRows(Attachment)
const decodeCounts = decodeRows(Schema.Struct({ attachments: Schema.Int }))

export const attachmentColumns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  a.id, a.conversation_id as "conversationId", a.created_by as "createdBy", a.name, a.content_type as "contentType",
  a.bytes::float8 as bytes, a.created_at_ms::float8 as "createdAtMs"`

export const objectKey = (tenantId: TenantId, conversationId: ConversationId, id: AttachmentId): string =>
  `attachments/${tenantId}/${conversationId}/${id}`

/** What models are given of a file that is not text itself. */
export const textKey = (tenantId: TenantId, conversationId: ConversationId, id: AttachmentId): string =>
  `${objectKey(tenantId, conversationId, id)}_text`

const service: Layer.Layer<Attachments, never, TenantSql | ObjectStore | PdfText> = Layer.effect(
  Attachments,
  Effect.gen(function* () {
    const tenantSql = yield* TenantSql
    const objects = yield* ObjectStore
    const pdfText = yield* PdfText

    return Attachments.of({
      upload: Effect.fn("Attachments.upload")(function* (conversationId, name, content) {
        const { principalId, tenantId } = yield* Caller
        if (content.byteLength > maxAttachmentBytes) return yield* tooLarge
        if (content.byteLength === 0) return yield* notTaken("The file is empty.")
        const contentType = sniffType(content)
        const said = saidType(name)
        // Another image, or a PDF, is shown and read as what it is; as a text it would be nothing that anybody meant.
        if (said !== undefined && (contentType === undefined || contentType === "text/plain")) return yield* notAsSaid(said)
        if (contentType === undefined)
          return yield* notTaken(
            "Only PNG, JPEG, GIF and WebP images, PDF and text are taken. Save a text as UTF-8 and upload it again."
          )
        const rows = yield* tenantSql.read(
          tenantId,
          (sql) => sql`
            select (select count(*)::int from attachments a where a.conversation_id = ${conversationId}) as attachments
            from members b where b.conversation_id = ${conversationId} and b.principal_id = ${principalId}`
        )
        const [counted] = yield* decodeCounts(rows)
        if (counted === undefined) return yield* conversationNotFound
        if (counted.attachments >= maxAttachmentsPerConversation) {
          return yield* new Conflict({ message: `the conversation has ${maxAttachmentsPerConversation} files` })
        }
        const text = contentType === "application/pdf" ? yield* pdfText.read(content) : undefined
        const nowMs = yield* Clock.currentTimeMillis
        const id = yield* makeAttachmentId
        // The row first: an object without one would never be swept.
        const inserted = yield* tenantSql.write(
          tenantId,
          (sql) => sql`
            insert into attachments as a
              (id, conversation_id, created_by, name, content_type, bytes, created_at_ms, sweep_at_ms)
            values (${id}, ${conversationId}, ${principalId}, ${storableText(name)}, ${contentType}, ${content.byteLength},
              ${nowMs}, ${nowMs + unsentMs})
            returning ${attachmentColumns(sql)}`
        )
        // The text first: where the file itself is, so is its text.
        if (text !== undefined) yield* objects.put(textKey(tenantId, conversationId, id), new TextEncoder().encode(text))
        yield* objects.put(objectKey(tenantId, conversationId, id), content)
        const [attachment] = yield* decodeAttachments(inserted)
        return attachment ?? (yield* Effect.die(new Error("an insert returned nothing")))
      }),

      download: Effect.fn("Attachments.download")(function* (id) {
        const { principalId, tenantId } = yield* Caller
        const rows = yield* tenantSql.read(
          tenantId,
          (sql) => sql`
            select ${attachmentColumns(sql)} from attachments a
              join members b on b.conversation_id = a.conversation_id and b.principal_id = ${principalId}
            where a.id = ${id}`
        )
        const [attachment] = yield* decodeAttachments(rows)
        if (attachment === undefined) return yield* attachmentNotFound
        const content = yield* objects.get(objectKey(tenantId, attachment.conversationId, id))
        return Option.isSome(content) ? { attachment, content: content.value } : yield* attachmentNotFound
      })
    })
  })
)

/** Only files of the conversation itself, whatever id a message names. */
const contents: Layer.Layer<never, never, TenantSql | ObjectStore> = Layer.effect(
  FileContents,
  Effect.gen(function* () {
    const tenantSql = yield* TenantSql
    const objects = yield* ObjectStore
    return ({ conversationId, tenantId }, file) =>
      Effect.gen(function* () {
        const rows = yield* tenantSql.read(
          tenantId,
          (sql) => sql`
            select ${attachmentColumns(sql)} from attachments a
            where a.id = ${file.attachmentId} and a.conversation_id = ${conversationId}`
        )
        const [attachment] = yield* decodeAttachments(rows)
        if (attachment === undefined) return missingFile(file.name)
        const keyOf = attachment.contentType === "application/pdf" ? textKey : objectKey
        const content = yield* objects.get(keyOf(tenantId, conversationId, attachment.id))
        if (Option.isNone(content)) return missingFile(attachment.name)
        if (attachment.contentType.startsWith("image/")) {
          const base64 = Buffer.from(content.value).toString("base64")
          return { type: "image" as const, url: `data:${attachment.contentType};base64,${base64}` }
        }
        const text = new TextDecoder(textEncodingOf(content.value)).decode(content.value)
        const cut = text.length > maxTextLength ? `${text.slice(0, maxTextLength).toWellFormed()}\n[The rest is left out.]` : text
        // An empty line at its end: some wires and some models' templates join what stands in parts.
        return { type: "text" as const, text: `The file "${attachment.name}":\n\n${cut}\n\n` }
      })
  })
)

export const SqlAttachments = { layer: Layer.merge(Layer.provide(service, PdfText.layer), contents) }
