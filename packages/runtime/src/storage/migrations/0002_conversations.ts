/**
 * Conversations, their members, messages, runs and room logs.
 *
 * What is only kept and given back is `json`, not `jsonb`: it returns byte-equal, and takes every string that JSON can write (`jsonb` refuses
 * `\u0000`).
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { tenantTable } from "./tenantTable.ts"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table conversations (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      title text not null,
      model text not null,
      system_prompt text,
      parameters json not null,
      created_by text collate "C" not null,
      created_at_ms bigint not null,
      updated_at_ms bigint not null,
      -- The last number of the room's log. The row is what writers of one conversation queue up at, which makes the numbers contiguous.
      room_seq bigint not null default 0,
      last_message_id text collate "C",
      primary key (tenant_id, id),
      foreign key (tenant_id, created_by) references principals
    )`
  yield* tenantTable(sql, "conversations")
  yield* sql`grant select, insert, update, delete on conversations to parley_app`

  yield* sql`
    create table members (
      tenant_id text collate "C" not null default current_setting('app.tenant_id'),
      conversation_id text collate "C" not null,
      principal_id text collate "C" not null,
      role text not null check (role in ('owner', 'member')),
      joined_at_ms bigint not null,
      primary key (tenant_id, conversation_id, principal_id),
      foreign key (tenant_id, conversation_id) references conversations on delete cascade,
      foreign key (tenant_id, principal_id) references principals
    )`
  yield* tenantTable(sql, "members")
  yield* sql`create index members_principal on members (tenant_id, principal_id)`
  yield* sql`grant select, insert, delete on members to parley_app`

  // Partitioned by time: ids begin with theirs, so a lookup by id touches one partition, and ids stay unique across all of them.
  yield* sql`
    create table messages (
      tenant_id text collate "C" not null default current_setting('app.tenant_id'),
      id text collate "C" not null,
      conversation_id text collate "C" not null,
      parent_id text collate "C",
      role text not null check (role in ('user', 'assistant', 'system')),
      author_id text collate "C",
      content json not null,
      status text not null check (status in ('streaming', 'complete', 'cancelled', 'failed')),
      run_id text collate "C",
      model text,
      finish_reason text,
      usage json,
      error json,
      last_seq bigint,
      -- Of its "message-added" in the room's log: the order in which messages came, parents before children.
      room_seq bigint not null,
      created_at_ms bigint not null,
      primary key (tenant_id, id),
      foreign key (tenant_id, conversation_id) references conversations on delete cascade
    ) partition by range (id)`
  yield* sql`create table messages_default partition of messages default`
  yield* tenantTable(sql, "messages")
  yield* tenantTable(sql, "messages_default")
  yield* sql`create index messages_room on messages (tenant_id, conversation_id, room_seq)`
  yield* sql`grant select, insert, update, delete on messages to parley_app`

  yield* sql`
    create table runs (
      tenant_id text collate "C" not null default current_setting('app.tenant_id'),
      id text collate "C" not null,
      conversation_id text collate "C" not null,
      message_id text collate "C" not null,
      principal_id text collate "C" not null,
      model text not null,
      parameters json not null,
      epoch text collate "C" not null,
      status text not null check (status in ('running', 'complete', 'cancelled', 'failed')),
      terminal json,
      started_at_ms bigint not null,
      ended_at_ms bigint,
      primary key (tenant_id, id),
      foreign key (tenant_id, conversation_id) references conversations on delete cascade,
      check ((status = 'running') = (terminal is null)),
      check ((status = 'running') = (ended_at_ms is null))
    )`
  yield* tenantTable(sql, "runs")
  yield* sql`create index runs_conversation on runs (tenant_id, conversation_id)`
  yield* sql`create unique index runs_one_open on runs (tenant_id, conversation_id) where status = 'running'`
  yield* sql`create index runs_open on runs (started_at_ms) where status = 'running'`
  yield* sql`grant select, insert, update on runs to parley_app`
  yield* sql`grant select (tenant_id, id, conversation_id, status, started_at_ms, ended_at_ms) on runs to parley_system`

  yield* sql`
    create table client_messages (
      tenant_id text collate "C" not null default current_setting('app.tenant_id'),
      conversation_id text collate "C" not null,
      author_id text collate "C" not null,
      client_message_id text collate "C" not null,
      accepted json not null,
      at_ms bigint not null,
      primary key (tenant_id, conversation_id, author_id, client_message_id),
      foreign key (tenant_id, conversation_id) references conversations on delete cascade
    )`
  yield* tenantTable(sql, "client_messages")
  yield* sql`create index client_messages_age on client_messages (at_ms)`
  yield* sql`grant select, insert, update on client_messages to parley_app`
  yield* sql`grant select (at_ms), delete on client_messages to parley_system`

  // Events about a message name it instead of holding its content a second and a third time.
  yield* sql`
    create table room_events (
      tenant_id text collate "C" not null default current_setting('app.tenant_id'),
      conversation_id text collate "C" not null,
      seq bigint not null,
      type text not null,
      message_id text collate "C",
      event json,
      at_ms bigint not null,
      primary key (tenant_id, conversation_id, seq),
      foreign key (tenant_id, conversation_id) references conversations on delete cascade,
      check ((message_id is null) <> (event is null))
    )`
  yield* tenantTable(sql, "room_events")
  yield* sql`create index room_events_age on room_events (at_ms)`
  yield* sql`grant select, insert on room_events to parley_app`
  yield* sql`grant select (at_ms), delete on room_events to parley_system`
})
