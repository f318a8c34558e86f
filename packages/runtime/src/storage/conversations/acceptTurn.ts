/**
 * A turn, accepted: what `send`, `regenerate` and `edit` store. One statement, since it stands between a person's message and
 * the first token of the answer.
 *
 * Everything is decided on what the statement reads; where two of the same conversation meet (its actor is the only writer, but for the moment of a
 * take-over), a constraint refuses the second, and it is decided again on what is then there.
 */
import { Clock, Effect, Schema } from "effect"
import { Statement } from "effect/sql"
import type { SqlClient, SqlError } from "effect/sql"
import type { UserContent } from "@parley/domain/Content"
import { Accepted } from "@parley/domain/ConversationCommand"
import type { Send } from "@parley/domain/ConversationCommand"
import { Conflict, InvalidRequest, NotFound } from "@parley/domain/Errors"
import type { Unavailable } from "@parley/domain/Errors"
import { MessageId } from "@parley/domain/Ids"
import type { ClientMessageId } from "@parley/domain/Ids"
import type { Message } from "@parley/domain/Message"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import { decodeRows } from "../decodeRows.ts"
import type { AcceptContext, AcceptResult, ConversationKey, ConversationStore, StoredRoomEvent } from "../ConversationStore.ts"
import { orUnavailable } from "../sqlFailure.ts"
import type { TenantSql } from "../TenantSql.ts"
import { conversationNotFound } from "./roomLog.ts"

/** How long a client message id is remembered. */
export const dedupeWindowMs = 86_400_000
/** Decisions that may lose against another one before the turn is given up. */
const maxDecisions = 4

/** Where the turn hangs: one row `parent_id, fault`, or none when what it names is not there. */
type Target = (sql: SqlClient.SqlClient) => Statement.Fragment

interface Turn {
  readonly key: ConversationKey
  readonly clientMessageId: ClientMessageId
  readonly context: AcceptContext
  readonly target: Target
  /** The person's words; null for a regeneration, which answers its parent again. */
  readonly content: UserContent | null
}

const Decision = Schema.Struct({
  isFound: Schema.Boolean,
  remembered: Schema.NullOr(Schema.Struct({ messageId: Accepted.fields.messageId, run: Accepted.fields.run })),
  hasTarget: Schema.Boolean,
  fault: Schema.NullOr(Schema.String),
  isBusy: Schema.Boolean,
  /** The room's number before the turn; null when nothing was stored. */
  roomSeq: Schema.NullOr(Schema.Int),
  parentId: Schema.NullOr(MessageId)
})
const decodeDecision = decodeRows(Decision)

/** The messages that the turn adds, in the order of their events, but for what only the database knows. */
const messagesOf =
  ({ content, context, key }: Turn, nowMs: number) =>
  (parentId: MessageId | null): ReadonlyArray<Message> => {
    const blank = {
      conversationId: key.conversationId,
      askedModel: null,
      finishReason: null,
      usage: null,
      error: null,
      lastSeq: null,
      createdAtMs: nowMs
    }
    const said: ReadonlyArray<Message> =
      content === null
        ? []
        : [
            {
              ...blank,
              id: context.messageId,
              parentId,
              role: "user",
              authorId: context.authorId,
              content,
              status: "complete",
              runId: null,
              model: null
            }
          ]
    if (context.run === null) return said
    return [
      ...said,
      {
        ...blank,
        id: context.run.messageId,
        parentId: content === null ? parentId : context.messageId,
        role: "assistant",
        authorId: null,
        content: [],
        status: "streaming",
        runId: context.run.runId,
        model: context.run.model
      }
    ]
  }

const runStarted = ({ messageId, runId }: NonNullable<AcceptContext["run"]>): RoomEvent => ({
  type: "run-started",
  run: { runId, messageId, status: "running" }
})

/** One insert for all rows of a table: to begin an insert costs as much as a row of it. */
const unionAll = Statement.join(" union all ", false)

/** What the turn adds to the tables of messages and of the room's events, in the order of the events. */
const rowsOf = (sql: SqlClient.SqlClient, { content, context, key }: Turn, nowMs: number) => {
  const { authorId, messageId, run } = context
  const { conversationId } = key
  const messages: Array<Statement.Fragment> = []
  const events: Array<Statement.Fragment> = []
  const added = (id: MessageId) => {
    events.push(sql`
      select ${conversationId}, go.room_seq + ${events.length + 1}, 'message-added', ${id}, null::json, ${nowMs} from go`)
    return sql`go.room_seq + ${events.length}`
  }
  if (content !== null) {
    messages.push(sql`
      select ${messageId}, ${conversationId}, go.parent_id, 'user', ${authorId}, ${JSON.stringify(content)}::json,
        'complete', null::text, null::text, ${added(messageId)}, ${nowMs}
      from go`)
  }
  if (run !== null) {
    messages.push(sql`
      select ${run.messageId}, ${conversationId}, ${content === null ? sql`go.parent_id` : sql`${messageId}`}, 'assistant',
        null::text, '[]'::json, 'streaming', ${run.runId}, ${run.model}, ${added(run.messageId)}, ${nowMs}
      from go`)
    events.push(sql`
      select ${conversationId}, go.room_seq + ${events.length + 1}, 'run-started', null,
        ${JSON.stringify(runStarted(run))}::json, ${nowMs}
      from go`)
  }
  return { messages, events }
}

const statement = (turn: Turn, nowMs: number) => (sql: SqlClient.SqlClient) => {
  const { authorId, messageId, run } = turn.context
  const { conversationId } = turn.key
  const isSaid = turn.content !== null
  const sinceMs = nowMs - dedupeWindowMs
  const { events, messages } = rowsOf(sql, turn, nowMs)
  const accepted = run === null ? null : { runId: run.runId, messageId: run.messageId, epoch: run.epoch }
  return sql`
    with locked as materialized (
      select room_seq, last_message_id from conversations where id = ${conversationId} for update
    ), remembered as materialized (
      select accepted from client_messages
      where conversation_id = ${conversationId} and author_id = ${authorId}
        and client_message_id = ${turn.clientMessageId} and at_ms > ${sinceMs}::bigint
    ), target as materialized (${turn.target(sql)}
    ), busy as materialized (
      select 1 from runs where conversation_id = ${conversationId} and status = 'running' and ${run !== null}
    ), go as materialized (
      select locked.room_seq, target.parent_id from locked cross join target
      where target.fault is null and not exists (select from remembered) and not exists (select from busy)
    ), numbered as (
      update conversations set
        room_seq = go.room_seq + ${events.length}, updated_at_ms = ${nowMs},
        last_message_id = ${run === null ? messageId : run.messageId}
      from go where id = ${conversationId}
    ), kept as (
      insert into client_messages (conversation_id, author_id, client_message_id, accepted, at_ms)
      select ${conversationId}, ${authorId}, ${turn.clientMessageId},
        json_build_object(
          'messageId', ${isSaid ? sql`${messageId}::text` : sql`go.parent_id`}, 'run', ${JSON.stringify(accepted)}::json
        ), ${nowMs}
      from go
      -- One that has expired is replaced. One that has not was stored since this statement began: null is refused, and all is decided again.
      on conflict (tenant_id, conversation_id, author_id, client_message_id) do update set
        accepted = excluded.accepted,
        at_ms = case when client_messages.at_ms > ${sinceMs}::bigint then null else excluded.at_ms end
    ), added as (
      insert into messages
        (id, conversation_id, parent_id, role, author_id, content, status, run_id, model, room_seq, created_at_ms)
      ${unionAll(messages)}
    ), told as (
      insert into room_events (conversation_id, seq, type, message_id, event, at_ms)
      ${unionAll(events)}
    )${
      run === null
        ? sql``
        : sql`, started as (
      insert into runs
        (id, conversation_id, message_id, principal_id, model, parameters, epoch, status, started_at_ms)
      select ${run.runId}, ${conversationId}, ${run.messageId}, ${authorId}, ${run.model},
        ${JSON.stringify(run.parameters)}::json, ${run.epoch}, 'running', ${nowMs}
      from go
    )`
    }
    select
      exists (select from locked) as "isFound", (select accepted from remembered) as remembered,
      exists (select from target) as "hasTarget", (select fault from target) as fault,
      exists (select from busy) as "isBusy", (select room_seq from go)::float8 as "roomSeq",
      (select parent_id from go) as "parentId"`
}

/** Another turn of the same conversation came between: nothing was stored, and the next look will see it. */
const isOvertaken = (error: SqlError.SqlError): boolean =>
  error.reason._tag === "UniqueViolation" || error.reason._tag === "ConstraintError"

const faults: Readonly<Record<string, string>> = {
  "not-answer": "only an assistant's answer to a message can be regenerated",
  "not-own": "only one's own message can be edited"
}

const accept = Effect.fnUntraced(function* (
  tenantSql: TenantSql["Service"],
  turn: Turn
): Effect.fn.Return<AcceptResult, NotFound | Conflict | InvalidRequest | Unavailable> {
  const nowMs = yield* Clock.currentTimeMillis
  const rows = yield* tenantSql.tryWrite(turn.key.tenantId, statement(turn, nowMs)).pipe(
    Effect.retry({ while: (error) => error._tag === "SqlError" && isOvertaken(error), times: maxDecisions - 1 }),
    Effect.catchTag("SqlError", (error) => orUnavailable(error, false))
  )
  const [decision] = yield* decodeDecision(rows)
  if (decision === undefined || !decision.isFound) return yield* conversationNotFound
  if (decision.remembered !== null) {
    return { accepted: { ...decision.remembered, duplicate: true }, roomEvents: [] }
  }
  if (!decision.hasTarget) return yield* new NotFound({ message: "no such message", resource: "message" })
  if (decision.fault !== null) {
    const message = faults[decision.fault] ?? decision.fault
    return yield* new InvalidRequest({ message, issues: [{ path: "messageId", message }] })
  }
  if (decision.roomSeq === null) {
    return yield* new Conflict({ message: "another answer is still being written in this conversation" })
  }
  const { run } = turn.context
  const events: ReadonlyArray<RoomEvent> = [
    ...messagesOf(turn, nowMs)(decision.parentId).map((message): RoomEvent => ({ type: "message-added", message })),
    ...(run === null ? [] : [runStarted(run)])
  ]
  const firstSeq = decision.roomSeq + 1
  const messageId = turn.content === null ? decision.parentId : turn.context.messageId
  if (messageId === null) return yield* Effect.die(new Error("a regeneration without a question"))
  return {
    accepted: {
      messageId,
      run: run === null ? null : { runId: run.runId, messageId: run.messageId, epoch: run.epoch },
      duplicate: false
    },
    roomEvents: events.map((event, index): StoredRoomEvent => ({ seq: firstSeq + index, event }))
  }
})

/** After the newest message, from the root, or after a given one. */
const sendTarget = (command: Send, key: ConversationKey): Target => {
  const { parentId } = command
  if (parentId === undefined) return (sql) => sql`select last_message_id as parent_id, null::text as fault from locked`
  if (parentId === null) return (sql) => sql`select null::text as parent_id, null::text as fault`
  return (sql) => sql`
    select id as parent_id, null::text as fault from messages
    where id = ${parentId} and conversation_id = ${key.conversationId}`
}

type Accepting = Pick<ConversationStore["Service"], "acceptSend" | "acceptRegenerate" | "acceptEdit">

export const accepting = (tenantSql: TenantSql["Service"]): Accepting => ({
  acceptSend: Effect.fn("ConversationStore.acceptSend")((key, command, context) =>
    Effect.catchTag(
      accept(tenantSql, {
        key,
        clientMessageId: command.clientMessageId,
        context,
        target: sendTarget(command, key),
        content: command.content
      }),
      "InvalidRequest",
      Effect.die
    )
  ),

  acceptRegenerate: Effect.fn("ConversationStore.acceptRegenerate")((key, command, context) =>
    accept(tenantSql, {
      key,
      clientMessageId: command.clientMessageId,
      context,
      target: (sql) => sql`
        select parent_id, case when role <> 'assistant' or parent_id is null then 'not-answer' end as fault
        from messages where id = ${command.messageId} and conversation_id = ${key.conversationId}`,
      content: null
    })
  ),

  acceptEdit: Effect.fn("ConversationStore.acceptEdit")((key, command, context) =>
    accept(tenantSql, {
      key,
      clientMessageId: command.clientMessageId,
      context,
      target: (sql) => sql`
        select parent_id,
          case when role <> 'user' or author_id is distinct from ${context.authorId} then 'not-own' end as fault
        from messages where id = ${command.messageId} and conversation_id = ${key.conversationId}`,
      content: command.content
    })
  )
})
