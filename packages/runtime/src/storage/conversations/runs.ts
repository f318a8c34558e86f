/** Runs: their end, their owner's change, and how they are read. */
import { Clock, Effect, Option, Schema } from "effect"
import { ConversationId, RunId, TenantId } from "@parley/domain/Ids"
import { Message } from "@parley/domain/Message"
import type { MessageStatus } from "@parley/domain/Message"
import { RunTerminal } from "@parley/domain/RunEvent"
import { decodeRows } from "../decodeRows.ts"
import type { ConversationStore } from "../ConversationStore.ts"
import type { SystemSql } from "../SystemSql.ts"
import type { TenantSql } from "../TenantSql.ts"
import { makeShapedStatement } from "../shapedStatement.ts"
import { decodeRuns, messageColumns, runColumns } from "./rows.ts"

const statusOf: Record<RunTerminal["type"], Exclude<MessageStatus, "streaming">> = {
  "run-complete": "complete",
  "run-cancel": "cancelled",
  "run-fail": "failed"
}

const ClosedRow = Schema.Struct({ ...Message.fields, roomSeq: Schema.Int })
const decodeClosed = decodeRows(ClosedRow)
const EndedRow = Schema.Struct({ ...Message.fields, terminal: RunTerminal })
const decodeEnded = decodeRows(EndedRow)
const OpenRow = Schema.Struct({
  tenantId: TenantId,
  conversationId: ConversationId,
  runId: RunId,
  startedAtMs: Schema.Int
})
const decodeOpen = decodeRows(OpenRow)

const closeNames = [
  "conversationId",
  "runId",
  "epoch",
  "status",
  "terminal",
  "nowMs",
  "content",
  "usage",
  "error",
  "finishReason",
  "model",
  "answeredBy",
  "lastSeq"
] as const

/** The run's row is taken first: of two that close it, the second finds it closed and changes nothing. */
const closing = makeShapedStatement(
  closeNames,
  (sql, v, _shape: "any") => sql`
    with closed as (
      update runs set status = ${v.status}, terminal = ${v.terminal}::json, ended_at_ms = ${v.nowMs}
      where id = ${v.runId} and conversation_id = ${v.conversationId} and epoch = ${v.epoch} and status = 'running'
      returning message_id
    ), numbered as (
      update conversations set room_seq = room_seq + 1, updated_at_ms = ${v.nowMs}
      from closed where id = ${v.conversationId} returning room_seq
    ), m as (
      update messages set
        status = ${v.status}, content = ${v.content}::json, usage = ${v.usage}::json, error = ${v.error}::json,
        finish_reason = ${v.finishReason}, model = ${v.model},
        answered_by = ${v.answeredBy}, last_seq = ${v.lastSeq}
      from closed where id = closed.message_id
      returning messages.*
    ), told as (
      insert into room_events (conversation_id, seq, type, message_id, at_ms)
      select ${v.conversationId}, numbered.room_seq, 'message-closed', closed.message_id, ${v.nowMs} from numbered, closed
    )
    select ${messageColumns(sql)}, numbered.room_seq::float8 as "roomSeq" from m, numbered`
)

type Runs = Pick<ConversationStore["Service"], "closeRun" | "takeOverRun" | "run" | "closedRun" | "openRuns">

export const runs = (tenantSql: TenantSql["Service"], systemSql: SystemSql["Service"]): Runs => ({
  closeRun: Effect.fn("ConversationStore.closeRun")(function* (key, close) {
    const nowMs = yield* Clock.currentTimeMillis
    const { terminal } = close
    const error = terminal.type === "run-fail" ? { code: terminal.code, message: terminal.message } : null
    const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
    const rows = yield* tenantSql.write(
      key.tenantId,
      closing("any", {
        conversationId: key.conversationId,
        runId: close.runId,
        epoch: close.epoch,
        status: statusOf[terminal.type],
        terminal: json(terminal),
        nowMs,
        content: json(close.content),
        usage: json(close.usage),
        error: json(error),
        finishReason: close.finishReason,
        model: close.model,
        answeredBy: close.answeredBy,
        lastSeq: close.lastSeq
      })
    )
    return Option.map(Option.fromUndefinedOr((yield* decodeClosed(rows))[0]), ({ roomSeq, ...message }) => ({
      message,
      roomEvents: [{ seq: roomSeq, event: { type: "message-closed", message } }]
    }))
  }),

  takeOverRun: Effect.fn("ConversationStore.takeOverRun")(function* (key, runId, { from, to }) {
    const rows = yield* tenantSql.write(
      key.tenantId,
      (sql) => sql`
        update runs set epoch = ${to}
        where id = ${runId} and conversation_id = ${key.conversationId} and status = 'running' and epoch = ${from}
        returning 1 as taken`
    )
    return rows.length > 0
  }),

  run: Effect.fn("ConversationStore.run")(function* (key, runId) {
    const rows = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`
        select ${runColumns(sql)} from runs r where r.id = ${runId} and r.conversation_id = ${key.conversationId}`
    )
    return Option.fromUndefinedOr((yield* decodeRuns(rows))[0])
  }),

  closedRun: Effect.fn("ConversationStore.closedRun")(function* (key, runId) {
    const rows = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`
        select ${messageColumns(sql)}, r.terminal from runs r join messages m on m.id = r.message_id
        where r.id = ${runId} and r.conversation_id = ${key.conversationId} and r.status <> 'running'`
    )
    return Option.map(Option.fromUndefinedOr((yield* decodeEnded(rows))[0]), ({ terminal, ...message }) => ({
      message,
      terminal
    }))
  }),

  openRuns: Effect.fn("ConversationStore.openRuns")(function* (limit) {
    const rows = yield* systemSql.read(
      (sql) => sql`
        select tenant_id as "tenantId", conversation_id as "conversationId", id as "runId",
          started_at_ms::float8 as "startedAtMs"
        from runs where status = 'running' order by started_at_ms, id limit ${limit}`
    )
    return (yield* decodeOpen(rows)).map(({ conversationId, runId, startedAtMs, tenantId }) => ({
      key: { tenantId, conversationId },
      runId,
      startedAtMs
    }))
  })
})
