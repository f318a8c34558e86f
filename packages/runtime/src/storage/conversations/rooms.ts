/** Conversations as a whole: made, loaded, changed, removed. */
import { Clock, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { untitled } from "@parley/domain/Conversations"
import type { CreateConversation } from "@parley/domain/Conversations"
import { Conflict } from "@parley/domain/Errors"
import type { PrincipalId } from "@parley/domain/Ids"
import { Conversation, Member } from "@parley/domain/Message"
import { decodeRows } from "../decodeRows.ts"
import type { ConversationKey, ConversationStore } from "../ConversationStore.ts"
import type { TenantSql } from "../TenantSql.ts"
import { conversationNotFound, tell } from "./roomLog.ts"
import { conversationColumns, decodeConversations, runColumns, StoredRun, storableText } from "./rows.ts"

const LoadedRow = Schema.Struct({
  ...Conversation.fields,
  roomSeq: Schema.Int,
  members: Schema.Array(Member),
  openRuns: Schema.Array(StoredRun)
})
const decodeLoaded = decodeRows(LoadedRow)

const memberRows = (sql: SqlClient.SqlClient) => sql`
  select p.id as "principalId", p.display_name as "displayName", b.role, b.joined_at_ms as "joinedAtMs"
  from members b join principals p on p.id = b.principal_id
  where b.conversation_id = c.id order by b.joined_at_ms, p.id`

type Rooms = Pick<ConversationStore["Service"], "create" | "createOnce" | "load" | "update" | "isRemoved" | "remove">

export const rooms = (tenantSql: TenantSql["Service"]): Rooms => ({
  create: Effect.fn("ConversationStore.create")(function* (key, createdBy, input) {
    const nowMs = yield* Clock.currentTimeMillis
    const rows = yield* tenantSql.write(key.tenantId, (sql) => inserted(sql, { key, createdBy, input, nowMs }))
    const [conversation] = yield* decodeConversations(rows)
    return conversation ?? (yield* Effect.die(new Error("an insert returned nothing")))
  }),

  createOnce: Effect.fn("ConversationStore.createOnce")((key, createdBy, input) =>
    tenantSql.as(key.tenantId)((sql) =>
      Effect.gen(function* () {
        const nowMs = yield* Clock.currentTimeMillis
        const [made] = yield* decodeConversations(yield* inserted(sql, { key, createdBy, input, nowMs }))
        if (made !== undefined) {
          // Looked at after the insert, which waits for a deletion under way: what that one left is seen now.
          const deleted = yield* sql`select 1 from deleted_conversations where id = ${key.conversationId}`
          return deleted.length === 0 ? made : yield* taken
        }
        const rows = yield* sql`
          select ${conversationColumns(sql)} from conversations c
          where c.id = ${key.conversationId} and c.created_by = ${createdBy}
            and exists (select 1 from members b where b.conversation_id = c.id and b.principal_id = ${createdBy})`
        const [own] = yield* decodeConversations(rows)
        return own ?? (yield* taken)
      })
    )
  ),

  load: Effect.fn("ConversationStore.load")(function* (key) {
    const rows = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`
        select ${conversationColumns(sql)}, c.room_seq::float8 as "roomSeq",
          (select coalesce(json_agg(row_to_json(member)), '[]') from (${memberRows(sql)}) member) as members,
          (select coalesce(json_agg(row_to_json(open)), '[]') from (
            select ${runColumns(sql)} from runs r
            where r.conversation_id = c.id and r.status = 'running' order by r.started_at_ms
          ) open) as "openRuns"
        from conversations c where c.id = ${key.conversationId}`
    )
    return Option.map(
      Option.fromUndefinedOr((yield* decodeLoaded(rows))[0]),
      ({ members, openRuns, roomSeq, ...conversation }) => ({ conversation, members, roomSeq, openRuns })
    )
  }),

  update: Effect.fn("ConversationStore.update")((key, change) =>
    tenantSql.as(key.tenantId)((sql) =>
      Effect.gen(function* () {
        const nowMs = yield* Clock.currentTimeMillis
        const set = [
          sql`updated_at_ms = ${nowMs}`,
          ...(change.title === undefined ? [] : [sql`title = ${storableText(change.title)}`]),
          ...(change.model === undefined ? [] : [sql`model = ${storableText(change.model)}`]),
          ...(change.systemPrompt === undefined
            ? []
            : [sql`system_prompt = ${change.systemPrompt === null ? null : storableText(change.systemPrompt)}`]),
          ...(change.parameters === undefined ? [] : [sql`parameters = ${JSON.stringify(change.parameters)}::json`])
        ]
        const rows = yield* sql`
          update conversations c set ${sql.csv(set)} where c.id = ${key.conversationId} returning ${conversationColumns(sql)}`
        const [conversation] = yield* decodeConversations(rows)
        if (conversation === undefined) return yield* conversationNotFound
        const told = yield* tell(sql, key.conversationId, { type: "conversation-changed", conversation })
        return { conversation, roomEvents: [told] }
      })
    )
  ),

  isRemoved: Effect.fn("ConversationStore.isRemoved")(function* (key) {
    const rows = yield* tenantSql.read(
      key.tenantId,
      (sql) => sql`select 1 as removed from deleted_conversations where id = ${key.conversationId}`
    )
    return rows.length > 0
  }),

  remove: Effect.fn("ConversationStore.remove")(function* (key) {
    const nowMs = yield* Clock.currentTimeMillis
    // What else belongs to it goes by its foreign keys. A page that did not hear that it was made must not make it again.
    const rows = yield* tenantSql.write(
      key.tenantId,
      (sql) => sql`
        with journals as (
          delete from run_journal where run_id in (select id from runs where conversation_id = ${key.conversationId})
        ), removed as (
          delete from conversations where id = ${key.conversationId} returning id
        )
        insert into deleted_conversations (id, at_ms) select id, ${nowMs}::bigint from removed
        on conflict (tenant_id, id) do update set at_ms = excluded.at_ms returning 1 as removed`
    )
    if (rows.length === 0) return yield* conversationNotFound
  })
})

interface Insertion {
  readonly key: ConversationKey
  readonly createdBy: PrincipalId
  readonly input: CreateConversation & { readonly model: string }
  readonly nowMs: number
}

/** Nothing comes back where the tenant has the id already. */
const inserted = (sql: SqlClient.SqlClient, { createdBy, input, key, nowMs }: Insertion) => sql`
  with c as (
    insert into conversations
      (id, title, model, system_prompt, parameters, created_by, created_at_ms, updated_at_ms)
    values (
      ${key.conversationId}, ${storableText(input.title ?? untitled)}, ${storableText(input.model)},
      ${input.systemPrompt === undefined || input.systemPrompt === null ? null : storableText(input.systemPrompt)},
      ${JSON.stringify(input.parameters ?? {})}::json, ${createdBy}, ${nowMs}, ${nowMs}
    ) on conflict (tenant_id, id) do nothing returning *
  ), creator as (
    insert into members (conversation_id, principal_id, role, joined_at_ms)
    select id, ${createdBy}, 'owner', ${nowMs} from c
  )
  select ${conversationColumns(sql)} from c`

/** The same for what is somebody else's and what was deleted: an id tells nothing of either. */
const taken = new Conflict({ message: "This conversation was deleted, or its id is taken" })
