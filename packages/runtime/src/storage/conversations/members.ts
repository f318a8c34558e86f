/** Who is in the room. */
import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { NotFound } from "@parley/domain/Errors"
import type { ConversationId, PrincipalId } from "@parley/domain/Ids"
import type { ConversationStore } from "../ConversationStore.ts"
import type { TenantSql } from "../TenantSql.ts"
import { conversationNotFound, tell } from "./roomLog.ts"
import { decodeMembers } from "./rows.ts"

const principalNotFound = new NotFound({ message: "no such principal", resource: "principal" })
const memberNotFound = new NotFound({ message: "not a member", resource: "member" })

/** Takes turns with every other writer of the room. */
const lock = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, conversationId: ConversationId) {
  const rows = yield* sql`select 1 from conversations where id = ${conversationId} for update`
  if (rows.length === 0) return yield* conversationNotFound
})

const memberOf = (sql: SqlClient.SqlClient, conversationId: ConversationId, principalId: PrincipalId) =>
  Effect.flatMap(
    sql`
      select p.id as "principalId", p.display_name as "displayName", b.role, b.joined_at_ms::float8 as "joinedAtMs"
      from members b join principals p on p.id = b.principal_id
      where b.conversation_id = ${conversationId} and b.principal_id = ${principalId}`,
    decodeMembers
  )

export const members = (tenantSql: TenantSql["Service"]): Pick<ConversationStore["Service"], "addMember" | "removeMember"> => ({
  addMember: Effect.fn("ConversationStore.addMember")((key, principalId) =>
    tenantSql.as(key.tenantId)((sql) =>
      Effect.gen(function* () {
        const nowMs = yield* Clock.currentTimeMillis
        yield* lock(sql, key.conversationId)
        const added = yield* sql`
          insert into members (conversation_id, principal_id, role, joined_at_ms)
          select ${key.conversationId}, id, 'member', ${nowMs} from principals where id = ${principalId}
          on conflict do nothing returning 1 as added`
        const [member] = yield* memberOf(sql, key.conversationId, principalId)
        if (member === undefined) return yield* principalNotFound
        const roomEvents = added.length === 0 ? [] : [yield* tell(sql, key.conversationId, { type: "member-joined", member })]
        return { member, roomEvents }
      })
    )
  ),

  removeMember: Effect.fn("ConversationStore.removeMember")((key, principalId) =>
    tenantSql.as(key.tenantId)((sql) =>
      Effect.gen(function* () {
        yield* lock(sql, key.conversationId)
        const removed = yield* sql`
          delete from members where conversation_id = ${key.conversationId} and principal_id = ${principalId}
          returning 1 as removed`
        if (removed.length === 0) return yield* memberNotFound
        return { roomEvents: [yield* tell(sql, key.conversationId, { type: "member-left", principalId })] }
      })
    )
  )
})
