/** How each member keeps a conversation, and search over what was said. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { createRole, joinRole } from "./roles.ts"
import { tenantTable } from "./tenantTable.ts"

/** Characters of one message that search sees; the sum of its words must stay below the megabyte of a `tsvector`. */
const maxSearchedCharacters = 100_000

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table folders (
      tenant_id text collate "C" not null default current_setting('app.tenant_id') references tenants,
      id text collate "C" not null,
      principal_id text collate "C" not null,
      name text not null,
      created_at_ms bigint not null,
      primary key (tenant_id, id),
      unique (tenant_id, principal_id, name),
      foreign key (tenant_id, principal_id) references principals
    )`
  yield* tenantTable(sql, "folders")
  yield* sql`grant select, insert, update, delete on folders to parley_app`

  yield* sql`
    alter table members
      add column folder_id text collate "C",
      add column pinned_at_ms bigint,
      add column archived_at_ms bigint`
  yield* sql`create index members_folder on members (tenant_id, folder_id) where folder_id is not null`
  yield* sql`grant update (folder_id, pinned_at_ms, archived_at_ms) on members to parley_app`

  // Indexed, so it must not fail, whatever a message holds: json may say what text cannot (NUL, half a surrogate pair), and such a message is not found.
  yield* sql.unsafe(`
    create function parley_message_text(content json) returns text
      language plpgsql immutable strict as $$
    begin
      return left(
        (select string_agg(part ->> 'text', ' ') from json_array_elements(content) part where part ->> 'type' = 'text'),
        ${maxSearchedCharacters}
      );
    exception when others then
      return '';
    end $$`)
  // The tenant is one of the words, so that the index leads to its messages only; no word of a text begins with a space.
  yield* sql.unsafe(`
    create function parley_message_words(tenant_id text, content json) returns tsvector
      language sql immutable strict as $$
      select to_tsvector('simple'::regconfig, coalesce(public.parley_message_text(content), ''))
        || array_to_tsvector(array[' ' || tenant_id])
    $$`)
  yield* sql`create index messages_words on messages using gin (parley_message_words(tenant_id, content))`

  // A condition that could leak what it sees (and matching words is one, to Postgres) may not be asked of an index before row-level security has
  // spoken. So the index is asked by a role of its own through this one function, which answers ids of the tenant's messages in the principal's
  // rooms; whoever asks reads those under row-level security as ever.
  yield* sql.unsafe(createRole("parley_search"))
  yield* sql.unsafe(joinRole("parley_search"))
  yield* sql`grant usage on schema public to parley_search`
  yield* sql`grant select (tenant_id, id, conversation_id, content) on messages to parley_search`
  yield* sql`grant select (tenant_id, principal_id, conversation_id) on members to parley_search`
  yield* sql`create policy search on messages for select to parley_search using (true)`
  yield* sql`create policy search on members for select to parley_search using (true)`
  yield* sql.unsafe(`
    create function parley_search(principal text, words tsquery, before text, most integer) returns setof text
      language sql stable security definer set search_path = public, pg_temp as $$
      select m.id from messages m
      where parley_message_words(m.tenant_id, m.content)
          @@ (words && ('''' || ' ' || current_setting('app.tenant_id') || '''')::tsquery)
        and m.tenant_id = current_setting('app.tenant_id')
        and (before is null or m.id < before)
        and exists (
          select from members b
          where b.tenant_id = m.tenant_id and b.conversation_id = m.conversation_id and b.principal_id = principal
        )
      order by m.id desc limit most
    $$`)
  yield* sql`grant create on schema public to parley_search`
  yield* sql`alter function parley_search owner to parley_search`
  yield* sql`revoke create on schema public from parley_search`
  yield* sql`revoke all on function parley_search from public`
  yield* sql`grant execute on function parley_search to parley_app`
})
