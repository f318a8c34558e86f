/** Row-level security for one table: enabled, and forced on its owner too. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"

export const tenantTable = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  table: string,
  options: { readonly tenantColumn: string } = { tenantColumn: "tenant_id" }
) {
  const name = sql(table)
  const column = sql(options.tenantColumn)
  yield* sql`alter table ${name} enable row level security`
  yield* sql`alter table ${name} force row level security`
  // `true`: no tenant set is null, which equals nothing, so that nothing is seen.
  yield* sql`
    create policy tenant on ${name} to parley_app
      using (${column} = current_setting('app.tenant_id', true))
      with check (${column} = current_setting('app.tenant_id', true))`
  // What it may touch of which columns is said by grants, table by table.
  yield* sql`create policy system on ${name} to parley_system using (true) with check (true)`
})
