/** The partial answers of running runs. No foreign key: one insert holds the entries of many runs, and must not fail for one that is gone. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table run_journal (
      tenant_id text collate "C" not null,
      run_id text collate "C" not null,
      epoch text collate "C" not null,
      seq bigint not null,
      count integer not null,
      events json not null,
      -- Tells which epoch is the older one, whatever the clocks of their owners said.
      position bigint generated always as identity,
      primary key (tenant_id, run_id, epoch, seq)
    )`
  yield* tenantTable(sql, "run_journal")
  yield* sql`grant select, delete on run_journal to parley_app`
  yield* sql`grant insert, delete, select (tenant_id, run_id, epoch, seq) on run_journal to parley_system`
})
