/** Ids of conversations that were deleted a short while ago: what a device still has to make under such an id is not made again. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table deleted_conversations (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      at_ms bigint not null,
      primary key (tenant_id, id)
    )`
  yield* tenantTable(sql, "deleted_conversations")
  yield* sql`create index deleted_conversations_age on deleted_conversations (at_ms)`
  yield* sql`grant select, insert, update on deleted_conversations to parley_app`
  yield* sql`grant select (at_ms), delete on deleted_conversations to parley_system`
})
