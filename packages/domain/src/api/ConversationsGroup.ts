/** `/api/conversations`: conversations, their messages, members and runs. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Accepted, Edit, Regenerate, Send } from "../ConversationCommand.ts"
import { ListedConversation } from "../ConversationList.ts"
import { ConversationInput, NewConversation, RunInfo } from "../Conversations.ts"
import { ConversationId, FolderId, MessageId, PrincipalId, RunId } from "../Ids.ts"
import { Conversation, Member, Message } from "../Message.ts"
import { RunFrame } from "../RunFrame.ts"
import { Authentication } from "./Authentication.ts"
import { page, PageQuery } from "./PageQuery.ts"
import { Problems } from "./Problems.ts"

/** `true` or `false`, as a query writes it. */
const Flag = Schema.Literals(["true", "false"]).transform([true, false])

const ListQuery = {
  ...PageQuery,
  folder: Schema.optionalKey(Schema.Union([Schema.Literal("none"), FolderId])),
  archived: Schema.optionalKey(Flag),
  pinned: Schema.optionalKey(Flag)
}

const id = { id: ConversationId }
const run = { id: ConversationId, runId: RunId }
const message = { id: ConversationId, messageId: MessageId }

/**
 * From the beginning on; with `from` from that message on, itself included; with `before` from that message toward the beginning. Each page is oldest
 * first.
 */
const MessagesQuery = { ...PageQuery, before: Schema.optionalKey(MessageId), from: Schema.optionalKey(MessageId) }

const { messageId: _regenerated, ...regenerateFields } = Regenerate.fields
const { messageId: _edited, ...editFields } = Edit.fields
export const RegenerateInput = Schema.Struct(regenerateFields)
export const EditInput = Schema.Struct(editFields)

export class ConversationsGroup extends HttpApiGroup.make("conversations")
  .add(
    HttpApiEndpoint.get("list", "/", { query: ListQuery, success: page(ListedConversation) }),
    HttpApiEndpoint.post("create", "/", {
      payload: NewConversation,
      success: Conversation.pipe(HttpApiSchema.status(201))
    }).annotate(
      OpenApi.Description,
      "With an `id` of the client's own it is made once, however often it is asked for: its creator is given it as it is, and anybody else's id is a conflict, as is one of a conversation that was deleted in the last 24 hours."
    ),
    HttpApiEndpoint.get("get", "/:id", { params: id, success: Conversation }),
    HttpApiEndpoint.patch("update", "/:id", { params: id, payload: ConversationInput, success: Conversation }),
    HttpApiEndpoint.delete("remove", "/:id", { params: id, success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.get("messages", "/:id/messages", { params: id, query: MessagesQuery, success: page(Message) }),
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
