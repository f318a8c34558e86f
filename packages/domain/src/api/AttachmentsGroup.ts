/** Files in, and out again. */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Attachment } from "../Attachments.ts"
import { FileName } from "../Content.ts"
import { AttachmentId, ConversationId } from "../Ids.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"

export class AttachmentsGroup extends HttpApiGroup.make("attachments")
  .add(
    HttpApiEndpoint.post("upload", "/conversations/:id/attachments", {
      params: { id: ConversationId },
      query: { name: FileName },
      payload: HttpApiSchema.StreamUint8Array({ contentType: "application/octet-stream" }),
      success: Attachment.pipe(HttpApiSchema.status(201))
    }).annotate(
      OpenApi.Description,
      "The file itself is the body, whatever it is, as `application/octet-stream`; what it is is told by its first bytes. PNG, JPEG, GIF, WebP, text (UTF-8, or UTF-16 with a byte order mark), and PDF that has text. One whose name ends as an image's or a PDF's must be one."
    ),
    HttpApiEndpoint.get("download", "/attachments/:id", {
      params: { id: AttachmentId },
      success: HttpApiSchema.StreamUint8Array()
    })
  )
  .middleware(Authentication)
  .middleware(Problems)
  .prefix("/api") {}
