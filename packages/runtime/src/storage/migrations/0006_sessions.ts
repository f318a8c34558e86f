/** How people come in: sessions, one-time sign-in links, invites into a room. Their secrets have 256 random bits and are stored as SHA-256 hashes. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table sessions (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      principal_id text collate "C" not null,
      -- Of the key it was had for, whose end is its end too; null for a guest's.
      key_id text collate "C",
      hash bytea not null unique,
      roles text[] not null,
      scopes text[] not null,
      user_agent text not null,
      created_at_ms bigint not null,
      last_used_at_ms bigint not null,
      expires_at_ms bigint not null,
      idle_ms bigint not null,
      revoked_at_ms bigint,
      primary key (tenant_id, id),
      foreign key (tenant_id, principal_id) references principals,
      foreign key (tenant_id, key_id) references api_keys
    )`
  yield* tenantTable(sql, "sessions")
  yield* sql`create index sessions_principal on sessions (tenant_id, principal_id)`
  yield* sql`create index sessions_end on sessions (expires_at_ms)`
  yield* sql`grant select, insert, update on sessions to parley_app`
  yield* sql`grant select, delete, update (last_used_at_ms) on sessions to parley_system`

  yield* sql`
    create table sign_in_links (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      hash bytea primary key,
      -- Who comes in by it, and what they may.
      key_id text collate "C" not null,
      created_at_ms bigint not null,
      expires_at_ms bigint not null,
      used_at_ms bigint,
      foreign key (tenant_id, key_id) references api_keys
    )`
  yield* tenantTable(sql, "sign_in_links")
  yield* sql`create index sign_in_links_end on sign_in_links (expires_at_ms)`
  yield* sql`grant select, insert, update on sign_in_links to parley_app`
  yield* sql`grant select, delete on sign_in_links to parley_system`

  yield* sql`
    create table invites (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      hash bytea not null unique,
      conversation_id text collate "C" not null,
      created_by text collate "C" not null,
      max_uses integer not null,
      uses integer not null default 0 check (uses between 0 and max_uses),
      created_at_ms bigint not null,
      expires_at_ms bigint not null,
      revoked_at_ms bigint,
      primary key (tenant_id, id),
      foreign key (tenant_id, conversation_id) references conversations on delete cascade,
      foreign key (tenant_id, created_by) references principals
    )`
  yield* tenantTable(sql, "invites")
  yield* sql`create index invites_room on invites (tenant_id, conversation_id)`
  yield* sql`create index invites_end on invites (expires_at_ms)`
  yield* sql`grant select, insert, update on invites to parley_app`
  yield* sql`grant select (tenant_id, id, hash, expires_at_ms), delete on invites to parley_system`
})
