/**
 * Roles, tenants, their people and their keys.
 *
 * Two roles without login, neither of which bypasses row-level security: `parley_app` sees the rows of the tenant in `app.tenant_id`, and
 * `parley_system` sees the columns granted to it below, of every tenant. The login that runs the migrations owns the tables and must be
 * a member of both; row-level security is forced on it too.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { createRole, joinRole } from "./roles.ts"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  for (const role of ["parley_app", "parley_system"]) {
    yield* sql.unsafe(createRole(role))
    yield* sql.unsafe(joinRole(role))
    yield* sql.unsafe(`grant usage on schema public to ${role}`)
  }

  // Ids are compared byte by byte: they are ASCII, and sort by time of creation.
  yield* sql`
    create table tenants (
      id text collate "C" primary key,
      name text not null,
      status text not null default 'active' check (status in ('active', 'suspended')),
      max_connections integer not null default 10000 check (max_connections >= 0),
      max_concurrent_requests integer not null default 10000 check (max_concurrent_requests >= 0),
      created_at_ms bigint not null
    )`
  yield* tenantTable(sql, "tenants", { tenantColumn: "id" })
  yield* sql`grant select, insert, update on tenants to parley_app`
  yield* sql`grant select on tenants to parley_system`

  yield* sql`
    create table principals (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      display_name text not null,
      created_at_ms bigint not null,
      primary key (tenant_id, id)
    )`
  yield* tenantTable(sql, "principals")
  yield* sql`grant select, insert, update on principals to parley_app`

  // The hash is a plain SHA-256. A slow, salted hash defends guessable secrets; a key carries 256 random bits, which nobody guesses, and it is
  // looked up by its hash on requests' way in.
  yield* sql`
    create table api_keys (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      principal_id text collate "C" not null,
      display_name text not null,
      prefix text not null,
      hash bytea not null unique,
      roles text[] not null,
      scopes text[] not null,
      created_at_ms bigint not null,
      expires_at_ms bigint,
      revoked_at_ms bigint,
      last_used_at_ms bigint,
      primary key (tenant_id, id),
      foreign key (tenant_id, principal_id) references principals
    )`
  yield* tenantTable(sql, "api_keys")
  yield* sql`create index api_keys_principal on api_keys (tenant_id, principal_id)`
  yield* sql`grant select, insert, update on api_keys to parley_app`
  yield* sql`grant select on api_keys to parley_system`
  yield* sql`grant update (last_used_at_ms) on api_keys to parley_system`
})
