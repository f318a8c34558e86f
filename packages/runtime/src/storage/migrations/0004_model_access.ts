/** Which models a tenant may ask, and the keys of providers that it brought, sealed (`SecretBox`). */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  // Null: all models.
  yield* sql`alter table tenants add column allowed_models text[]`

  yield* sql`
    create table provider_keys (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      provider text collate "C" not null,
      master_key_id text not null,
      sealed text not null,
      hint text not null,
      created_at_ms bigint not null,
      primary key (tenant_id, provider)
    )`
  yield* tenantTable(sql, "provider_keys")
  yield* sql`grant select, insert, update, delete on provider_keys to parley_app`
})
