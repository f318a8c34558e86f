/** `/api/conversations`: conversations, their messages, members and runs. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Accepted, Edit, Regenerate, Send } from "../ConversationCommand.ts"
import { ConversationInput, maxCursorLength, maxPageItems, RunInfo } from "../Conversations.ts"
import { ConversationId, MessageId, PrincipalId, RunId } from "../Ids.ts"
import { Conversation, Member, Message } from "../Message.ts"
import { RunFrame } from "../RunFrame.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"

export const PageQuery = {
  cursor: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(maxCursorLength))),
  limit: Schema.optionalKey(
    Schema.NumberFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: maxPageItems }))
  )
}

const page = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ items: Schema.Array(item), nextCursor: Schema.NullOr(Schema.String) })

const id = { id: ConversationId }
const run = { id: ConversationId, runId: RunId }
const message = { id: ConversationId, messageId: MessageId }

const { messageId: _regenerated, ...regenerateFields } = Regenerate.fields
const { messageId: _edited, ...editFields } = Edit.fields
export const RegenerateInput = Schema.Struct(regenerateFields)
export const EditInput = Schema.Struct(editFields)

export class ConversationsGroup extends HttpApiGroup.make("conversations")
  .add(
    HttpApiEndpoint.get("list", "/", { query: PageQuery, success: page(Conversation) }),
    HttpApiEndpoint.post("create", "/", { payload: ConversationInput, success: Conversation.pipe(HttpApiSchema.status(201)) }),
    HttpApiEndpoint.get("get", "/:id", { params: id, success: Conversation }),
    HttpApiEndpoint.patch("update", "/:id", { params: id, payload: ConversationInput, success: Conversation }),
    HttpApiEndpoint.delete("remove", "/:id", { params: id, success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.get("messages", "/:id/messages", { params: id, query: PageQuery, success: page(Message) }),
    HttpApiEndpoint.post("send", "/:id/messages", {
      params: id,
      payload: Send,
      success: Accepted.pipe(HttpApiSchema.status(202))
    }),
    HttpApiEndpoint.post("regenerate", "/:id/messages/:messageId/regenerate", {
      params: message,
      payload: RegenerateInput,
      success: Accepted.pipe(HttpApiSchema.status(202))
    }),
    HttpApiEndpoint.post("edit", "/:id/messages/:messageId/edit", {
      params: message,
      payload: EditInput,
      success: Accepted.pipe(HttpApiSchema.status(202))
    }),
    HttpApiEndpoint.get("members", "/:id/members", { params: id, success: Schema.Array(Member) }),
    HttpApiEndpoint.post("addMember", "/:id/members", {
      params: id,
      payload: Schema.Struct({ principalId: PrincipalId }),
      success: Member.pipe(HttpApiSchema.status(201))
    }),
    HttpApiEndpoint.delete("removeMember", "/:id/members/:principalId", {
      params: { id: ConversationId, principalId: PrincipalId },
      success: HttpApiSchema.NoContent
    }),
    HttpApiEndpoint.get("run", "/:id/runs/:runId", { params: run, success: RunInfo }),
    HttpApiEndpoint.post("cancel", "/:id/runs/:runId/cancel", { params: run, success: RunInfo }),
    HttpApiEndpoint.get("events", "/:id/runs/:runId/events", {
      params: run,
      success: HttpApiSchema.StreamSse({ data: RunFrame })
    }).annotate(
      OpenApi.Description,
      "The run's frames as server-sent events, `id: epoch.seq`. Reconnecting with `Last-Event-ID` goes on from there; the answer ends after the run's terminal."
    )
  )
  .middleware(Authentication)
  .middleware(Problems)
  .prefix("/api/conversations") {}
