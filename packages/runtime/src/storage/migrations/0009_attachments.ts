/** Files of conversations; their bytes are in the object store. No foreign key to the conversation: a row outlives it until its object is removed. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table attachments (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      conversation_id text collate "C" not null,
      created_by text collate "C" not null,
      name text not null,
      content_type text not null,
      bytes bigint not null,
      created_at_ms bigint not null,
      -- Looked at by the sweep next: after a day whether a message refers to it, later whether its conversation is still there.
      sweep_at_ms bigint not null,
      primary key (tenant_id, id)
    )`
  yield* tenantTable(sql, "attachments")
  yield* sql`create index attachments_conversation on attachments (tenant_id, conversation_id)`
  yield* sql`create index attachments_sweep on attachments (sweep_at_ms)`
  yield* sql`grant select, insert, update, delete on attachments to parley_app`
  yield* sql`grant select (tenant_id, sweep_at_ms) on attachments to parley_system`
})
