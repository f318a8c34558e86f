/** A conversation that has long been going on: its messages put into the store at once, questions and answers in turn. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"

/** Each says its number. Those of the tenant's only conversation so far. */
export const seedMessages = (databaseUrl: string, count: number) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(databaseUrl) })
    yield* sql`
      insert into messages (tenant_id, id, conversation_id, parent_id, role, author_id, content, status, room_seq, created_at_ms)
      select c.tenant_id, 'msg_0' || lpad(n::text, 25, '0'), c.id, case when n = 1 then null else 'msg_0' || lpad((n - 1)::text, 25, '0') end,
        case when n % 2 = 1 then 'user' else 'assistant' end, case when n % 2 = 1 then c.created_by end,
        json_build_array(json_build_object('type', 'text', 'text',
          'Message ' || n || case when n % 2 = 1 then '' else repeat(E'\n\nA paragraph of an answer whose length differs.', n % 5) end)),
        'complete', c.room_seq + n, 1700000000000 + n
      from conversations c, generate_series(1, ${count}) n`
    yield* sql`update conversations set room_seq = room_seq + ${count}, last_message_id = ${`msg_0${String(count).padStart(25, "0")}`}`
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
