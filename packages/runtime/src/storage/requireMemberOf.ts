/** Only members see a conversation; for anybody else there is none. Asked of the store, where its actor need not be woken. */
import { Effect } from "effect"
import type { CallerInfo } from "@parley/domain/Caller"
import { NotFound } from "@parley/domain/Errors"
import type { ConversationId } from "@parley/domain/Ids"
import type { TenantSql } from "./TenantSql.ts"

const conversationNotFound = new NotFound({ message: "No such conversation", resource: "conversation" })

export const requireMemberOf = Effect.fnUntraced(function* (
  tenantSql: TenantSql["Service"],
  { principalId, tenantId }: CallerInfo,
  id: ConversationId
) {
  const rows = yield* tenantSql.read(
    tenantId,
    (sql) => sql`select 1 from members where conversation_id = ${id} and principal_id = ${principalId}`
  )
  if (rows.length === 0) return yield* conversationNotFound
})
