/** Messages, read: a branch for the prompt, the tree by page, the newest. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { decodeRows } from "../decodeRows.ts"
import type { ConversationStore } from "../ConversationStore.ts"
import type { TenantSql } from "../TenantSql.ts"
import { Schema } from "effect"
import { Message } from "@parley/domain/Message"
import { cursorOf, limitOf, pageOf } from "./paging.ts"
import { decodeMessages, messageColumns } from "./rows.ts"

/** The room's number of the last item; `b` before that of the first one, on the way toward the beginning. */
const messagesCursor = /^(b?)(\d{1,15})$/

const NumberedMessage = Schema.Struct({ ...Message.fields, roomSeq: Schema.Int })
const decodeNumbered = decodeRows(NumberedMessage)

type Reads = Pick<ConversationStore["Service"], "path" | "messages" | "latestMessages">

export const messageReads = (tenantSql: TenantSql["Service"]): Reads => ({
  path: Effect.fn("ConversationStore.path")(function* (key, messageId, limit) {
    const rows = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`
        with recursive branch as (
          select 1 as depth, m.* from messages m
          where m.id = ${messageId} and m.conversation_id = ${key.conversationId}
          union all
          select b.depth + 1, m.* from branch b join messages m on m.id = b.parent_id where b.depth < ${limit}
        )
        select ${messageColumns(sql)} from branch m order by m.depth desc`
    )
    return yield* decodeMessages(rows)
  }),

  messages: Effect.fn("ConversationStore.messages")(function* (key, page) {
    const limit = yield* limitOf(page)
    const [toward, at] = (yield* cursorOf(page, messagesCursor)) ?? []
    const roomSeqOf = (sql: SqlClient.SqlClient, id: string) =>
      sql`(select room_seq from messages where conversation_id = ${key.conversationId} and id = ${id})`
    if (toward === "b" || (toward === undefined && page.before !== undefined)) {
      const rows = yield* tenantSql.read(
        key.tenantId,
        (sql) => sql`
          select ${messageColumns(sql)}, m.room_seq::float8 as "roomSeq" from messages m
          where m.conversation_id = ${key.conversationId} and m.room_seq < ${
            at === undefined && page.before !== undefined ? roomSeqOf(sql, page.before) : Number(at)
          }
          order by m.room_seq desc limit ${limit + 1}`
      )
      const found = pageOf(yield* decodeNumbered(rows), limit, (first) => `b${first.roomSeq}`)
      return { ...found, items: found.items.map(({ roomSeq: _, ...message }) => message).reverse() }
    }
    const rows = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`
        select ${messageColumns(sql)}, m.room_seq::float8 as "roomSeq" from messages m
        where m.conversation_id = ${key.conversationId} and m.room_seq >= ${
          at === undefined && page.from !== undefined ? roomSeqOf(sql, page.from) : Number(at ?? -1) + 1
        }
        order by m.room_seq limit ${limit + 1}`
    )
    const found = pageOf(yield* decodeNumbered(rows), limit, (last) => String(last.roomSeq))
    return { ...found, items: found.items.map(({ roomSeq: _, ...message }) => message) }
  }),

  latestMessages: Effect.fn("ConversationStore.latestMessages")(function* (key, limit) {
    const rows = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`
        select * from (
          select ${messageColumns(sql)}, m.room_seq from messages m
          where m.conversation_id = ${key.conversationId} order by m.room_seq desc limit ${limit}
        ) newest order by room_seq`
    )
    return yield* decodeMessages(rows)
  })
})
