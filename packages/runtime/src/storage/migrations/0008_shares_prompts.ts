/** Links to a branch of a conversation; prompts and presets. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table shares (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      hash bytea not null unique,
      conversation_id text collate "C" not null,
      created_by text collate "C" not null,
      title text not null,
      -- What is shown, oldest first: what is said later on the branch is not.
      message_ids text[] not null,
      created_at_ms bigint not null,
      expires_at_ms bigint,
      revoked_at_ms bigint,
      primary key (tenant_id, id),
      foreign key (tenant_id, conversation_id) references conversations on delete cascade,
      foreign key (tenant_id, created_by) references principals
    )`
  yield* tenantTable(sql, "shares")
  yield* sql`create index shares_conversation on shares (tenant_id, conversation_id)`
  yield* sql`grant select, insert, update on shares to parley_app`
  yield* sql`grant select (tenant_id, hash) on shares to parley_system`

  yield* sql`
    create table prompts (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      owner_id text collate "C" not null,
      kind text not null check (kind in ('preset', 'prompt')),
      name text not null,
      body text not null,
      model text,
      parameters json not null,
      is_shared boolean not null,
      created_at_ms bigint not null,
      updated_at_ms bigint not null,
      primary key (tenant_id, id),
      foreign key (tenant_id, owner_id) references principals
    )`
  yield* tenantTable(sql, "prompts")
  yield* sql`create index prompts_owner on prompts (tenant_id, owner_id)`
  yield* sql`create index prompts_shared on prompts (tenant_id) where is_shared`
  yield* sql`grant select, insert, update, delete on prompts to parley_app`
})
