/** Who a caller is, in words that can be shown. */
import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { CallerInfo } from "@parley/domain/Caller"
import { NotFound } from "@parley/domain/Errors"
import { Session } from "@parley/domain/SignIns"
import type { WhoAmI } from "@parley/domain/SignIns"
import { decodeRows } from "../storage/decodeRows.ts"
import { sessionColumns } from "./sessionRows.ts"

const Row = Schema.Struct({ displayName: Schema.String, tenant: Schema.String, session: Schema.NullOr(Session) })
const decode = decodeRows(Row)

/** `hash`: of the session's secret, if the caller came with one. */
export const selectWhoAmI = (sql: SqlClient.SqlClient, caller: Omit<CallerInfo, "requestId">, hash: string | null) => sql`
  select p.display_name as "displayName", t.name as tenant, (
    select row_to_json(found) from (
      select ${sessionColumns(sql)} from sessions s where s.hash = decode(${hash}, 'hex')
    ) found
  ) as session
  from principals p join tenants t on t.id = p.tenant_id where p.id = ${caller.principalId}`

export const readWhoAmI = Effect.fnUntraced(function* (
  caller: Omit<CallerInfo, "requestId">,
  rows: ReadonlyArray<unknown>
): Effect.fn.Return<WhoAmI, NotFound> {
  const [row] = yield* decode(rows)
  if (row === undefined)
    return yield* new NotFound({ message: "the caller is no principal of its tenant", resource: "principal" })
  return {
    principal: { id: caller.principalId, displayName: row.displayName },
    tenant: { id: caller.tenantId, name: row.tenant },
    roles: caller.roles,
    scopes: caller.scopes,
    session: row.session
  }
})
