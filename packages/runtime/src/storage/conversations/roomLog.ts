/**
 * The room's log: durable events under a contiguous number of the conversation's. Events about a message name it; what was said is read
 * from the message itself, as it was when it was added or as it was closed.
 */
import { Clock, Effect, Option, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { NotFound } from "@parley/domain/Errors"
import type { ConversationId } from "@parley/domain/Ids"
import { Message } from "@parley/domain/Message"
import { RoomEvent } from "@parley/domain/RoomFrame"
import { decodeRows } from "../decodeRows.ts"
import type { ConversationStore, StoredRoomEvent } from "../ConversationStore.ts"
import type { TenantSql } from "../TenantSql.ts"
import { decodeSeqs, messageColumns } from "./rows.ts"

export const conversationNotFound = new NotFound({ message: "no such conversation", resource: "conversation" })

/** Numbers and stores one event inside a transaction. The update locks the conversation, so writers of one room take turns. */
export const tell = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  conversationId: ConversationId,
  event: Exclude<RoomEvent, { readonly type: "message-added" | "message-closed" }>
): Effect.fn.Return<StoredRoomEvent, SqlError.SqlError | NotFound> {
  const nowMs = yield* Clock.currentTimeMillis
  const [row] = yield* Effect.flatMap(
    sql`
      with numbered as (
        update conversations set room_seq = room_seq + 1 where id = ${conversationId} returning room_seq
      )
      insert into room_events (conversation_id, seq, type, event, at_ms)
      select ${conversationId}, room_seq, ${event.type}, ${JSON.stringify(event)}::json, ${nowMs} from numbered
      returning seq::float8 as seq`,
    decodeSeqs
  )
  return row === undefined ? yield* conversationNotFound : { seq: row.seq, event }
})

/** A message as it was when it was added: an answer begins empty. */
const asAdded = (message: Message): Message =>
  message.runId === null
    ? message
    : { ...message, content: [], status: "streaming", finishReason: null, usage: null, error: null, lastSeq: null }

/** One row of the room for every missed event; one without an event when there is none. */
const EventRow = Schema.Struct({
  roomSeq: Schema.Int,
  seq: Schema.NullOr(Schema.Int),
  type: Schema.NullOr(Schema.String),
  event: Schema.NullOr(RoomEvent),
  message: Schema.NullOr(Message)
})
const decodeEvents = decodeRows(EventRow)

const eventOf = (row: typeof EventRow.Type): RoomEvent | undefined => {
  if (row.event !== null) return row.event
  if (row.message === null) return undefined
  return row.type === "message-added"
    ? { type: "message-added", message: asAdded(row.message) }
    : { type: "message-closed", message: row.message }
}

export const roomLogReads = (tenantSql: TenantSql["Service"]): Pick<ConversationStore["Service"], "roomEventsAfter"> => ({
  roomEventsAfter: Effect.fn("ConversationStore.roomEventsAfter")(function* (key, afterSeq, limit) {
    const found = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`
        select c.room_seq::float8 as "roomSeq", e.seq::float8 as seq, e.type, e.event, (
          select row_to_json(told) from (select ${messageColumns(sql)} from messages m where m.id = e.message_id) told
        ) as message
        from conversations c left join room_events e on e.conversation_id = c.id and e.seq > ${afterSeq}
        where c.id = ${key.conversationId}
        order by e.seq limit ${limit + 1}`
    )
    const events: Array<StoredRoomEvent> = []
    for (const row of yield* decodeEvents(found)) {
      if (row.seq === null) return row.roomSeq === afterSeq ? Option.some([]) : Option.none()
      const event = eventOf(row)
      // More than asked for, or no longer kept: the caller needs a snapshot.
      if (event === undefined || events.length === limit || row.seq !== afterSeq + events.length + 1) return Option.none()
      events.push({ seq: row.seq, event })
    }
    return events.length === 0 ? Option.none() : Option.some(events)
  })
})
