/** The statement that stores a turn. Everything is decided on what it reads. */
import { Statement } from "effect/sql"
import type { UserContent } from "@parley/domain/Content"
import type { ClientMessageId, MessageId } from "@parley/domain/Ids"
import type { RoomEvent } from "@parley/domain/RoomFrame"
import type { AcceptContext, ConversationKey } from "../ConversationStore.ts"
import { makeShapedStatement } from "../shapedStatement.ts"
import type { Slot } from "../shapedStatement.ts"

/** How long a client message id is remembered. */
export const dedupeWindowMs = 86_400_000

/**
 * Where the turn hangs: one row `parent_id, fault`, or none when what it names is not there. After the newest message, from the root, or after
 * the named one; for a regeneration and an edit, beside it.
 */
export type Target = "newest" | "root" | "after" | "regenerated" | "edited"

export interface Turn {
  readonly key: ConversationKey
  readonly clientMessageId: ClientMessageId
  readonly context: AcceptContext
  readonly target: Target
  /** The message that the target names. */
  readonly targetId: MessageId | null
  /** The person's words; null for a regeneration, which answers its parent again. */
  readonly content: UserContent | null
}

export const runStarted = ({ messageId, runId }: NonNullable<AcceptContext["run"]>): RoomEvent => ({
  type: "run-started",
  run: { runId, messageId, status: "running" }
})

/** One insert for all rows of a table: to begin an insert costs as much as a row of it. */
const unionAll = Statement.join(" union all ", false)

const valueNames = [
  "conversationId",
  "authorId",
  "clientMessageId",
  "sinceMs",
  "nowMs",
  "targetId",
  "accepted",
  "messageId",
  "content",
  "runId",
  "answerId",
  "model",
  "parameters",
  "epoch",
  "requestId",
  "runStarted"
] as const
type Values<Value> = Readonly<Record<(typeof valueNames)[number], Value>>

const valuesOf = ({ clientMessageId, content, context, key, targetId }: Turn, nowMs: number): Values<unknown> => {
  const { authorId, messageId, run } = context
  const accepted = run === null ? null : { runId: run.runId, messageId: run.messageId, epoch: run.epoch }
  return {
    conversationId: key.conversationId,
    authorId,
    clientMessageId,
    sinceMs: nowMs - dedupeWindowMs,
    nowMs,
    targetId,
    accepted: JSON.stringify(accepted),
    messageId,
    content: JSON.stringify(content),
    runId: run?.runId ?? null,
    answerId: run?.messageId ?? null,
    model: run?.model ?? null,
    parameters: JSON.stringify(run?.parameters ?? null),
    epoch: run?.epoch ?? null,
    requestId: run?.requestId ?? null,
    runStarted: run === null ? null : JSON.stringify(runStarted(run))
  }
}

/** Whether the person says something, and whether a model answers. */
type ShapeName = `${Target} ${"said" | "unsaid"} ${"answered" | "unanswered"}`

const shapeOf = ({ content, context, target }: Turn): ShapeName =>
  `${target} ${content === null ? "unsaid" : "said"} ${context.run === null ? "unanswered" : "answered"}`

const targetOf = (sql: Statement.Constructor, target: Target, v: Values<Slot>): Statement.Fragment => {
  switch (target) {
    case "newest":
      return sql`select last_message_id as parent_id, null::text as fault from locked`
    case "root":
      return sql`select null::text as parent_id, null::text as fault`
    case "after":
      return sql`
        select id as parent_id, null::text as fault from messages
        where id = ${v.targetId} and conversation_id = ${v.conversationId}`
    case "regenerated":
      return sql`
        select parent_id, case when role <> 'assistant' or parent_id is null then 'not-answer' end as fault
        from messages where id = ${v.targetId} and conversation_id = ${v.conversationId}`
    case "edited":
      return sql`
        select parent_id,
          case when role <> 'user' or author_id is distinct from ${v.authorId} then 'not-own' end as fault
        from messages where id = ${v.targetId} and conversation_id = ${v.conversationId}`
  }
}

/** What the turn adds to the tables of messages and of the room's events, in the order of the events. */
const rowsOf = (sql: Statement.Constructor, isSaid: boolean, isAnswered: boolean, v: Values<Slot>) => {
  const messages: Array<Statement.Fragment> = []
  const events: Array<Statement.Fragment> = []
  const added = (id: Slot) => {
    events.push(sql`
      select ${v.conversationId}, go.room_seq + ${events.length + 1}, 'message-added', ${id}, null::json, ${v.nowMs} from go`)
    return sql`go.room_seq + ${events.length}`
  }
  if (isSaid) {
    messages.push(sql`
      select ${v.messageId}, ${v.conversationId}, go.parent_id, 'user', ${v.authorId}, ${v.content}::json,
        'complete', null::text, null::text, ${added(v.messageId)}, ${v.nowMs}
      from go`)
  }
  if (isAnswered) {
    messages.push(sql`
      select ${v.answerId}, ${v.conversationId}, ${isSaid ? sql`${v.messageId}` : sql`go.parent_id`}, 'assistant',
        null::text, '[]'::json, 'streaming', ${v.runId}, ${v.model}, ${added(v.answerId)}, ${v.nowMs}
      from go`)
    events.push(sql`
      select ${v.conversationId}, go.room_seq + ${events.length + 1}, 'run-started', null, ${v.runStarted}::json, ${v.nowMs} from go`)
  }
  return { messages, events }
}

const shaped = makeShapedStatement(valueNames, (sql, v, shape: ShapeName) => {
  const [target, said, answered] = shape.split(" ") as [Target, "said" | "unsaid", "answered" | "unanswered"]
  const isSaid = said === "said"
  const isAnswered = answered === "answered"
  const { events, messages } = rowsOf(sql, isSaid, isAnswered, v)
  return sql`
    with locked as materialized (
      select room_seq, last_message_id from conversations where id = ${v.conversationId} for update
    ), remembered as materialized (
      select accepted from client_messages
      where conversation_id = ${v.conversationId} and author_id = ${v.authorId}
        and client_message_id = ${v.clientMessageId} and at_ms > ${v.sinceMs}::bigint
    ), target as materialized (${targetOf(sql, target, v)}
    ), busy as materialized (
      select 1 from runs where conversation_id = ${v.conversationId} and status = 'running' and ${isAnswered}
    ), go as materialized (
      select locked.room_seq, target.parent_id from locked cross join target
      where target.fault is null and not exists (select from remembered) and not exists (select from busy)
    ), numbered as (
      update conversations set
        room_seq = go.room_seq + ${events.length}, updated_at_ms = ${v.nowMs},
        last_message_id = ${isAnswered ? v.answerId : v.messageId}
      from go where id = ${v.conversationId}
    ), kept as (
      insert into client_messages (conversation_id, author_id, client_message_id, accepted, at_ms)
      select ${v.conversationId}, ${v.authorId}, ${v.clientMessageId},
        json_build_object(
          'messageId', ${isSaid ? sql`${v.messageId}::text` : sql`go.parent_id`}, 'run', ${v.accepted}::json
        ), ${v.nowMs}
      from go
      -- One that has expired is replaced. One that has not was stored since this statement began: null is refused, and all is decided again.
      on conflict (tenant_id, conversation_id, author_id, client_message_id) do update set
        accepted = excluded.accepted,
        at_ms = case when client_messages.at_ms > ${v.sinceMs}::bigint then null else excluded.at_ms end
    ), added as (
      insert into messages
        (id, conversation_id, parent_id, role, author_id, content, status, run_id, model, room_seq, created_at_ms)
      ${unionAll(messages)}
    ), told as (
      insert into room_events (conversation_id, seq, type, message_id, event, at_ms)
      ${unionAll(events)}
    )${
      isAnswered
        ? sql`, started as (
      insert into runs
        (id, conversation_id, message_id, principal_id, model, parameters, epoch, request_id, status, started_at_ms)
      select ${v.runId}, ${v.conversationId}, ${v.answerId}, ${v.authorId}, ${v.model},
        ${v.parameters}::json, ${v.epoch}, ${v.requestId}, 'running', ${v.nowMs}
      from go
    )`
        : sql``
    }
    select
      exists (select from locked) as "isFound", (select accepted from remembered) as remembered,
      exists (select from target) as "hasTarget", (select fault from target) as fault,
      exists (select from busy) as "isBusy", (select room_seq from go)::float8 as "roomSeq",
      (select parent_id from go) as "parentId"`
})

export const turnStatement = (turn: Turn, nowMs: number) => shaped(shapeOf(turn), valuesOf(turn, nowMs))
