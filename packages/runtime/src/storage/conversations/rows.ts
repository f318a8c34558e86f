/** How stored rows read as the domain's types. Columns are selected under the domain's names; every row is decoded. */
import { Schema } from "effect"
import type { Statement, SqlClient } from "effect/sql"
import { ConversationId, Epoch, MessageId, PrincipalId, RequestId, RunId } from "@parley/domain/Ids"
import { Conversation, Member, Message } from "@parley/domain/Message"
import { ModelParameters } from "@parley/domain/ModelRequest"
import { RunStatus, RunTerminal } from "@parley/domain/RunEvent"
import { decodeRows } from "../decodeRows.ts"

/** `bigint` columns come as JavaScript's bigint; milliseconds and sequence numbers fit a float exactly. */
export const conversationColumns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  c.id, c.title, c.model, c.system_prompt as "systemPrompt", c.parameters, c.created_by as "createdBy",
  c.created_at_ms::float8 as "createdAtMs", c.updated_at_ms::float8 as "updatedAtMs"`

export const messageColumns = (sql: Statement.Constructor): Statement.Fragment => sql`
  m.id, m.conversation_id as "conversationId", m.parent_id as "parentId", m.role, m.author_id as "authorId", m.content,
  m.status, m.run_id as "runId", m.model,
  m.answered_by as "answeredBy",
  (select asked.model from runs asked where asked.id = m.run_id and asked.model <> m.model) as "askedModel", m.finish_reason as "finishReason", m.usage, m.error,
  m.last_seq::float8 as "lastSeq", m.created_at_ms::float8 as "createdAtMs"`

export const runColumns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  r.id as "runId", r.message_id as "messageId", r.conversation_id as "conversationId", r.principal_id as "principalId",
  r.model, r.parameters, r.epoch, r.request_id as "requestId", r.status, r.terminal,
  r.started_at_ms::float8 as "startedAtMs", r.ended_at_ms::float8 as "endedAtMs"`

export const StoredRun = Schema.Struct({
  runId: RunId,
  messageId: MessageId,
  conversationId: ConversationId,
  principalId: PrincipalId,
  model: Schema.String,
  parameters: ModelParameters,
  epoch: Epoch,
  requestId: Schema.NullOr(RequestId),
  status: RunStatus,
  terminal: Schema.NullOr(RunTerminal),
  startedAtMs: Schema.Int,
  endedAtMs: Schema.NullOr(Schema.Int)
})

export const Seq = Schema.Struct({ seq: Schema.Int })

export const decodeConversations = decodeRows(Conversation)
export const decodeMembers = decodeRows(Member)
export const decodeMessages = decodeRows(Message)
export const decodeRuns = decodeRows(StoredRun)
export const decodeSeqs = decodeRows(Seq)

/** Postgres' text cannot hold NUL, and its UTF-8 no lone surrogate: each becomes U+FFFD, as a decoder would have made of it. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD")
