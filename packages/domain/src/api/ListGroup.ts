/** How a person keeps their conversations: `/api/folders`, `/api/search`, and the marks of one conversation. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Folder, FolderInput, Found, ListedConversation, Marks, maxSearchLength } from "../ConversationList.ts"
import { ConversationId, FolderId } from "../Ids.ts"
import { Authentication } from "./Authentication.ts"
import { PageQuery } from "./PageQuery.ts"
import { Problems } from "./Problems.ts"

const folder = { id: FolderId }

export class ListGroup extends HttpApiGroup.make("list")
  .add(
    HttpApiEndpoint.patch("mark", "/conversations/:id/marks", {
      params: { id: ConversationId },
      payload: Marks,
      success: ListedConversation
    }),
    HttpApiEndpoint.get("listed", "/conversations/:id/marks", { params: { id: ConversationId }, success: ListedConversation }),
    HttpApiEndpoint.get("search", "/search", {
      query: { ...PageQuery, q: Schema.String.check(Schema.isMaxLength(maxSearchLength)) },
      success: Found
    }),
    HttpApiEndpoint.get("folders", "/folders", { success: Schema.Array(Folder) }),
    HttpApiEndpoint.post("createFolder", "/folders", { payload: FolderInput, success: Folder.pipe(HttpApiSchema.status(201)) }),
    HttpApiEndpoint.patch("renameFolder", "/folders/:id", { params: folder, payload: FolderInput, success: Folder }),
    HttpApiEndpoint.delete("removeFolder", "/folders/:id", { params: folder, success: HttpApiSchema.NoContent })
  )
  .middleware(Authentication)
  .middleware(Problems)
  .prefix("/api") {}
