/** `ConversationList` in Postgres. A person's marks are on their own row of the room's members. */
import { Clock, Effect, Layer, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo } from "@parley/domain/Caller"
import { ConversationList, Folder, ListedConversation, maxFolders } from "@parley/domain/ConversationList"
import type { ListRequest, Marks } from "@parley/domain/ConversationList"
import { Conflict, NotFound } from "@parley/domain/Errors"
import { makeFolderId } from "@parley/domain/Ids"
import type { ConversationId, FolderId, PrincipalId } from "@parley/domain/Ids"
import { Notices } from "@parley/domain/Notices"
import type { ListChange } from "@parley/domain/Notices"
import { cursorOf, limitOf, pageOf } from "../storage/conversations/paging.ts"
import { storableText } from "../storage/conversations/rows.ts"
import { decodeRows } from "../storage/decodeRows.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import { listedColumns } from "./listedColumns.ts"
import { searchConversations } from "./searchConversations.ts"

/** When the last item was changed, and its id. */
const listCursor = /^(\d{1,16})\.(cnv_[0-9a-z]{26})$/

const conversationNotFound = new NotFound({ message: "No such conversation", resource: "conversation" })
const folderNotFound = new NotFound({ message: "no such folder", resource: "folder" })
const nameTaken = (name: string) => new Conflict({ message: `there is a folder "${name}" already` })

const decodeListed = decodeRows(ListedConversation)
const decodeFolders = decodeRows(Folder)
const decodeCount = decodeRows(Schema.Struct({ folders: Schema.Int }))

const folderColumns = (sql: SqlClient.SqlClient): Statement.Fragment =>
  sql`f.id, f.name, f.created_at_ms::float8 as "createdAtMs"`

const conditions = (sql: SqlClient.SqlClient, request: ListRequest): Statement.Fragment => {
  const { archived = false, folder, pinned } = request
  const parts = [
    archived ? sql`b.archived_at_ms is not null` : sql`b.archived_at_ms is null`,
    ...(folder === undefined ? [] : [folder === "none" ? sql`b.folder_id is null` : sql`b.folder_id = ${folder}`]),
    ...(pinned === undefined ? [] : [pinned ? sql`b.pinned_at_ms is not null` : sql`b.pinned_at_ms is null`])
  ]
  return sql.and(parts)
}

const setOf = (sql: SqlClient.SqlClient, marks: Marks, nowMs: number): ReadonlyArray<Statement.Fragment> => {
  const since = (flag: boolean, column: string) =>
    flag ? sql`${sql(column)} = coalesce(b.${sql(column)}, ${nowMs}::bigint)` : sql`${sql(column)} = null`
  return [
    ...(marks.folderId === undefined ? [] : [sql`folder_id = ${marks.folderId}`]),
    ...(marks.isPinned === undefined ? [] : [since(marks.isPinned, "pinned_at_ms")]),
    ...(marks.isArchived === undefined ? [] : [since(marks.isArchived, "archived_at_ms")])
  ]
}

const hasFolder = (sql: SqlClient.SqlClient, principalId: PrincipalId, id: FolderId) =>
  Effect.map(sql`select 1 from folders where id = ${id} and principal_id = ${principalId}`, (rows) => rows.length > 0)

const make = Effect.gen(function* () {
  const tenantSql = yield* TenantSql
  const notices = yield* Notices

  /** To the person's other pages. */
  const tell = ({ principalId, tenantId }: CallerInfo, change: ListChange): Effect.Effect<void> =>
    Effect.sync(() => notices.tell({ type: "list", tenantId, principalIds: [principalId], change }))

  const tellFolders = <A, E>(change: Effect.Effect<A, E, Caller>): Effect.Effect<A, E, Caller> =>
    Effect.tap(change, () => Effect.flatMap(Caller, (caller) => tell(caller, { type: "folders" })))

  const listed = (sql: SqlClient.SqlClient, principalId: PrincipalId, id: ConversationId) =>
    Effect.flatMap(
      sql`
        select ${listedColumns(sql)} from members b join conversations c on c.id = b.conversation_id
        where b.principal_id = ${principalId} and c.id = ${id}`,
      decodeListed
    )

  return ConversationList.of({
    list: Effect.fn("ConversationList.list")(function* (request) {
      const { principalId, tenantId } = yield* Caller
      const limit = yield* limitOf(request)
      const [changedAtMs, id] = (yield* cursorOf(request, listCursor)) ?? []
      const rows = yield* tenantSql.read(
        tenantId,
        (sql) => sql`
          select ${listedColumns(sql)} from members b join conversations c on c.id = b.conversation_id
          where b.principal_id = ${principalId} and ${conditions(sql, request)}
            ${id === undefined ? sql`` : sql`and (c.updated_at_ms, c.id) < (${Number(changedAtMs)}, ${id})`}
          order by c.updated_at_ms desc, c.id desc limit ${limit + 1}`
      )
      return pageOf(yield* decodeListed(rows), limit, (last) => `${last.updatedAtMs}.${last.id}`)
    }),

    listed: Effect.fn("ConversationList.listed")(function* (id) {
      const { principalId, tenantId } = yield* Caller
      const [found] = yield* tenantSql.as(tenantId)((sql) => listed(sql, principalId, id))
      return found ?? (yield* conversationNotFound)
    }),

    mark: Effect.fn("ConversationList.mark")(function* (id, marks) {
      const caller = yield* Caller
      const { principalId, tenantId } = caller
      const nowMs = yield* Clock.currentTimeMillis
      const marked = yield* tenantSql.as(tenantId)((sql) =>
        Effect.gen(function* () {
          const { folderId } = marks
          if (typeof folderId === "string" && !(yield* hasFolder(sql, principalId, folderId))) return yield* folderNotFound
          const set = setOf(sql, marks, nowMs)
          if (set.length > 0) {
            yield* sql`
              update members b set ${sql.csv(set)} where b.conversation_id = ${id} and b.principal_id = ${principalId}`
          }
          const [found] = yield* listed(sql, principalId, id)
          return found ?? (yield* conversationNotFound)
        })
      )
      yield* tell(caller, { type: "changed", conversationId: id })
      return marked
    }),

    search: Effect.fn("ConversationList.search")(function* (request) {
      return yield* searchConversations(tenantSql, yield* Caller, request)
    }),

    folders: Effect.gen(function* () {
      const { principalId, tenantId } = yield* Caller
      const rows = yield* tenantSql.read(
        tenantId,
        (sql) => sql`
          select ${folderColumns(sql)} from folders f where f.principal_id = ${principalId}
          order by lower(f.name), f.id limit ${maxFolders}`
      )
      return yield* decodeFolders(rows)
    }).pipe(Effect.withSpan("ConversationList.folders")),

    createFolder: Effect.fn("ConversationList.createFolder")(function* (given) {
      const { principalId, tenantId } = yield* Caller
      const name = storableText(given)
      const nowMs = yield* Clock.currentTimeMillis
      const id = yield* makeFolderId
      return yield* tenantSql.as(tenantId)((sql) =>
        Effect.gen(function* () {
          const [count] = yield* Effect.flatMap(
            sql`select count(*)::int as folders from folders where principal_id = ${principalId}`,
            decodeCount
          )
          if ((count?.folders ?? 0) >= maxFolders) {
            return yield* new Conflict({ message: `you have ${maxFolders} folders; remove one first` })
          }
          const [folder] = yield* Effect.flatMap(
            sql`
              insert into folders as f (id, principal_id, name, created_at_ms)
              values (${id}, ${principalId}, ${name}, ${nowMs}) on conflict do nothing returning ${folderColumns(sql)}`,
            decodeFolders
          )
          return folder ?? (yield* nameTaken(name))
        })
      )
    }, tellFolders),

    renameFolder: Effect.fn("ConversationList.renameFolder")(function* (id, given) {
      const { principalId, tenantId } = yield* Caller
      const name = storableText(given)
      return yield* tenantSql.as(tenantId)((sql) =>
        Effect.gen(function* () {
          if (!(yield* hasFolder(sql, principalId, id))) return yield* folderNotFound
          // Decided by the statement itself: of two that take one name at once the second waits, and is refused.
          const [folder] = yield* Effect.flatMap(
            sql`
              update folders f set name = ${name} where f.id = ${id} and not exists (
                select from folders other where other.principal_id = ${principalId} and other.name = ${name} and other.id <> ${id}
              ) returning ${folderColumns(sql)}`,
            decodeFolders
          )
          return folder ?? (yield* nameTaken(name))
        })
      )
    }, tellFolders),

    removeFolder: Effect.fn("ConversationList.removeFolder")(function* (id) {
      const { principalId, tenantId } = yield* Caller
      const rows = yield* tenantSql.write(
        tenantId,
        (sql) => sql`
          with emptied as (update members set folder_id = null where folder_id = ${id} and principal_id = ${principalId})
          delete from folders where id = ${id} and principal_id = ${principalId} returning 1 as removed`
      )
      if (rows.length === 0) return yield* folderNotFound
    }, tellFolders)
  })
})

const layer: Layer.Layer<ConversationList, never, TenantSql> = Layer.effect(ConversationList, make)

export const SqlConversationList = { layer }
