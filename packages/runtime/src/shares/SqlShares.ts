/** `Shares` in Postgres. */
import { Clock, Effect, Layer, Option, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import { Caller } from "@parley/domain/Caller"
import { Part } from "@parley/domain/Content"
import { Conflict, NotFound } from "@parley/domain/Errors"
import { makeShareId, MessageId, TenantId } from "@parley/domain/Ids"
import type { ConversationId } from "@parley/domain/Ids"
import { MessageStatus } from "@parley/domain/Message"
import { maxSharedMessages, maxSharesPerConversation, Share, SharedMessage, Shares } from "@parley/domain/Shares"
import { attachmentColumns, decodeAttachments, objectKey } from "../attachments/SqlAttachments.ts"
import { hashSecret, isMade, makeSecretOf } from "../identity/apiKeySecret.ts"
import { requireMembership } from "../identity/authorization.ts"
import { ObjectStore } from "../objects/ObjectStore.ts"
import { cursorOf, limitOf } from "../storage/conversations/paging.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { requireMemberOf } from "../storage/requireMemberOf.ts"
import { SystemSql } from "../storage/SystemSql.ts"
import { TenantSql } from "../storage/TenantSql.ts"

/** More than a conversation may have that are good. */
const maxListed = 500
/** How many messages were shown before. */
const readCursor = /^(\d{1,6})$/

const badShare = new NotFound({ message: "the link is wrong, revoked or expired", resource: "share" })
const shareNotFound = new NotFound({ message: "no such link", resource: "share" })
const messageNotFound = new NotFound({ message: "no such message", resource: "message" })

const decodeShares = decodeRows(Share)
const decodeOwners = decodeRows(Schema.Struct({ tenantId: TenantId }))
const decodeBranch = decodeRows(Schema.Struct({ id: MessageId, status: MessageStatus, title: Schema.String }))
const Shown = Schema.Struct({
  title: Schema.String,
  sharedAtMs: Schema.Int,
  messageCount: Schema.Int,
  messages: Schema.Array(Schema.Struct({ ...SharedMessage.fields, content: Schema.Array(Part) }))
})
const decodeShown = decodeRows(Shown)

const columns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  h.id, h.conversation_id as "conversationId", h.message_ids[cardinality(h.message_ids)] as "messageId",
  h.created_by as "createdBy", h.title, cardinality(h.message_ids) as "messageCount",
  h.created_at_ms::float8 as "createdAtMs", h.expires_at_ms::float8 as "expiresAtMs",
  h.revoked_at_ms::float8 as "revokedAtMs"`

const isGood = (sql: SqlClient.SqlClient, nowMs: number): Statement.Fragment =>
  sql`h.revoked_at_ms is null and (h.expires_at_ms is null or h.expires_at_ms > ${nowMs}::bigint)`

/** From the root to the message (the newest when none is named), with the conversation's title. */
const branch = (sql: SqlClient.SqlClient, id: ConversationId, messageId: MessageId | undefined) =>
  Effect.flatMap(
    sql`
      with recursive branch as (
        select 1 as depth, m.id, m.parent_id, m.status from messages m
        where m.conversation_id = ${id} and m.id = ${
          messageId === undefined ? sql`(select last_message_id from conversations where id = ${id})` : sql`${messageId}`
        }
        union all
        select b.depth + 1, m.id, m.parent_id, m.status from branch b join messages m on m.id = b.parent_id
        where b.depth < ${maxSharedMessages}
      )
      select b.id, b.status, c.title from branch b join conversations c on c.id = ${id} order by b.depth desc`,
    decodeBranch
  )

const isShown = (part: Part) => part.type === "text" || part.type === "image" || part.type === "file"

const make = Effect.gen(function* () {
  const tenantSql = yield* TenantSql
  const systemSql = yield* SystemSql
  const objects = yield* ObjectStore

  /** Of the tenant whose link it is. */
  const ownerOf = Effect.fnUntraced(function* (token: string) {
    if (!isMade("sh_", token)) return yield* badShare
    const hash = hashSecret(token)
    const owners = yield* systemSql.read(
      (sql) => sql`select tenant_id as "tenantId" from shares where hash = decode(${hash}, 'hex')`
    )
    const [owner] = yield* decodeOwners(owners)
    return owner === undefined ? yield* badShare : { ...owner, hash }
  })

  return Shares.of({
    create: Effect.fn("Shares.create")(function* (conversationId, input) {
      const caller = yield* Caller
      yield* requireMemberOf(tenantSql, caller, conversationId)
      yield* requireMembership(caller)
      const nowMs = yield* Clock.currentTimeMillis
      const id = yield* makeShareId
      const token = makeSecretOf("sh_")
      return yield* tenantSql.as(caller.tenantId)((sql) =>
        Effect.gen(function* () {
          const shown = yield* branch(sql, conversationId, input.messageId)
          const last = shown.at(-1)
          if (last === undefined) return yield* messageNotFound
          if (last.status === "streaming") {
            return yield* new Conflict({ message: "the answer is still being written; share it when it is complete" })
          }
          const expiresAtMs = input.expiresInMs === undefined ? null : nowMs + input.expiresInMs
          const rows = yield* sql`
            insert into shares as h (id, hash, conversation_id, created_by, title, message_ids, created_at_ms, expires_at_ms)
            select ${id}, decode(${hashSecret(token)}, 'hex'), ${conversationId}, ${caller.principalId}, ${last.title},
              ${shown.map((message) => message.id)}, ${nowMs}::bigint, ${expiresAtMs}::bigint
            where (select count(*) from shares h where h.conversation_id = ${conversationId} and ${isGood(sql, nowMs)})
              < ${maxSharesPerConversation}
            returning ${columns(sql)}`
          const [share] = yield* decodeShares(rows)
          if (share !== undefined) return { share, token }
          return yield* new Conflict({
            message: `the conversation has ${maxSharesPerConversation} links that are still good; revoke one first`
          })
        })
      )
    }),

    list: Effect.fn("Shares.list")(function* (conversationId) {
      const caller = yield* Caller
      yield* requireMemberOf(tenantSql, caller, conversationId)
      const rows = yield* tenantSql.read(
        caller.tenantId,
        (sql) => sql`
          select ${columns(sql)} from shares h where h.conversation_id = ${conversationId} order by h.id desc limit ${maxListed}`
      )
      return yield* decodeShares(rows)
    }),

    revoke: Effect.fn("Shares.revoke")(function* (id) {
      const caller = yield* Caller
      const nowMs = yield* Clock.currentTimeMillis
      const rows = yield* tenantSql.write(
        caller.tenantId,
        (sql) => sql`
          update shares h set revoked_at_ms = coalesce(h.revoked_at_ms, ${nowMs}::bigint)
          from members b
          where h.id = ${id} and b.conversation_id = h.conversation_id and b.principal_id = ${caller.principalId}
            and (b.role = 'owner' or h.created_by = ${caller.principalId})
          returning ${columns(sql)}`
      )
      const [share] = yield* decodeShares(rows)
      return share ?? (yield* shareNotFound)
    }),

    read: Effect.fn("Shares.read")(function* (token, page) {
      const limit = yield* limitOf(page)
      const [before] = (yield* cursorOf(page, readCursor)) ?? ["0"]
      const from = Number(before)
      const { hash, tenantId } = yield* ownerOf(token)
      const nowMs = yield* Clock.currentTimeMillis
      const rows = yield* tenantSql.read(
        tenantId,
        (sql) => sql`
          with h as (
            select h.* from shares h join tenants t on t.id = h.tenant_id
            where h.hash = decode(${hash}, 'hex') and ${isGood(sql, nowMs)} and t.status = 'active'
          ), speakers as (
            select m.author_id, row_number() over (order by min(s.position)) as number
            from h, unnest(h.message_ids) with ordinality s (id, position) join messages m on m.id = s.id
            where m.author_id is not null group by m.author_id
          ), shown as (
            select m.role, speakers.number as author, m.content, coalesce(m.answered_by, m.model) as model, m.created_at_ms as "createdAtMs"
            from h, unnest(h.message_ids) with ordinality s (id, position)
              join messages m on m.id = s.id left join speakers on speakers.author_id = m.author_id
            where s.position > ${from} and s.position <= ${from + limit} order by s.position
          )
          select h.title, h.created_at_ms::float8 as "sharedAtMs", cardinality(h.message_ids) as "messageCount",
            (select coalesce(json_agg(row_to_json(shown)), '[]') from shown) as messages
          from h`
      )
      const [found] = yield* decodeShown(rows)
      if (found === undefined) return yield* badShare
      return {
        ...found,
        messages: found.messages.map((message) => ({ ...message, content: message.content.filter(isShown) })),
        nextCursor: from + limit < found.messageCount ? String(from + limit) : null
      }
    }),

    file: Effect.fn("Shares.file")(function* (token, id) {
      const { hash, tenantId } = yield* ownerOf(token)
      const nowMs = yield* Clock.currentTimeMillis
      const named = JSON.stringify([{ type: "file", attachmentId: id }])
      const rows = yield* tenantSql.read(
        tenantId,
        (sql) => sql`
          select ${attachmentColumns(sql)} from shares h join tenants t on t.id = h.tenant_id
            join attachments a on a.conversation_id = h.conversation_id and a.id = ${id}
          where h.hash = decode(${hash}, 'hex') and ${isGood(sql, nowMs)} and t.status = 'active'
            and exists (select 1 from messages m where m.id = any (h.message_ids) and m.content::jsonb @> ${named}::jsonb)`
      )
      const [attachment] = yield* decodeAttachments(rows)
      if (attachment === undefined) return yield* badShare
      const content = yield* objects.get(objectKey(tenantId, attachment.conversationId, id))
      return Option.isSome(content) ? { attachment, content: content.value } : yield* badShare
    })
  })
})

const layer: Layer.Layer<Shares, never, TenantSql | SystemSql | ObjectStore> = Layer.effect(Shares, make)

export const SqlShares = { layer }
