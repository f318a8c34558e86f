/** Links to a branch, and the branch to whoever has one; a conversation as a file. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { AttachmentId, ConversationId, MessageId, ShareId } from "../Ids.ts"
import { IssuedShare, Share, SharedConversation, ShareInput } from "../Shares.ts"
import { Authentication } from "./Authentication.ts"
import { PageQuery } from "./PageQuery.ts"
import { Problems } from "./Problems.ts"
import { Visiting } from "./Visiting.ts"

const conversation = { id: ConversationId }
/** Longest token that is looked at. */
const maxTokenLength = 128

export class SharesGroup extends HttpApiGroup.make("shares")
  .add(
    HttpApiEndpoint.post("createShare", "/conversations/:id/shares", {
      params: conversation,
      payload: ShareInput,
      success: IssuedShare.pipe(HttpApiSchema.status(201))
    }).middleware(Authentication),
    HttpApiEndpoint.get("listShares", "/conversations/:id/shares", {
      params: conversation,
      success: Schema.Array(Share)
    }).middleware(Authentication),
    HttpApiEndpoint.delete("revokeShare", "/shares/:id", { params: { id: ShareId }, success: Share }).middleware(Authentication),
    HttpApiEndpoint.get("shared", "/shared/:token", {
      params: { token: Schema.String.check(Schema.isMaxLength(maxTokenLength)) },
      query: PageQuery,
      success: SharedConversation
    })
      .annotate(OpenApi.Description, "What a share link shows. Needs no credential.")
      .middleware(Visiting),
    HttpApiEndpoint.get("sharedFile", "/shared/:token/attachments/:id", {
      params: { token: Schema.String.check(Schema.isMaxLength(maxTokenLength)), id: AttachmentId },
      success: HttpApiSchema.StreamUint8Array()
    })
      .annotate(OpenApi.Description, "A file of a message that a share link shows. Needs no credential.")
      .middleware(Visiting),
    HttpApiEndpoint.get("export", "/conversations/:id/export", {
      params: conversation,
      query: {
        format: Schema.Literals(["json", "markdown"]),
        messageId: Schema.optionalKey(MessageId)
      },
      success: HttpApiSchema.StreamUint8Array()
    })
      .annotate(
        OpenApi.Description,
        "The conversation as a file: `json` has all of its messages; `markdown` the branch that ends with `messageId`, else with the newest message."
      )
      .middleware(Authentication)
  )
  .middleware(Problems)
  .prefix("/api") {}
