/** Questions to the database, past the program: what is true in the end. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Exit, Redacted, Schema, Scope } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"

/** Of effect/cluster: shards of a group. */
const shards = 300

const RunRow = Schema.Struct({
  runId: Schema.String,
  conversationId: Schema.String,
  status: Schema.String,
  content: Schema.fromJsonString(Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.optionalKey(Schema.String) }))),
  /** Times that the end of its message was told in the room. */
  closes: Schema.Int,
  /** Answers that were stored for the question. */
  answers: Schema.Int
})
export type StoredRun = typeof RunRow.Type

export class Store {
  readonly #url: string
  #scope = Scope.makeUnsafe()
  #client: Promise<PgClient.PgClient> | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** How many runners hold all shards together; undefined while some are free. */
  async shardHolders(): Promise<number | undefined> {
    const rows = await this.ask<{ held: number; holders: number }>(
      "select count(*)::int as held, count(distinct address)::int as holders from parley_cluster_locks"
    ).catch(() => [])
    return rows[0]?.held === shards ? rows[0].holders : undefined
  }

  async runs(): Promise<ReadonlyArray<StoredRun>> {
    const rows = await this.ask(`
      select r.id as "runId", r.conversation_id as "conversationId", r.status, m.content::text as content,
        (select count(*)::int from room_events e
          where e.tenant_id = r.tenant_id and e.conversation_id = r.conversation_id and e.type = 'message-closed'
            and e.message_id = r.message_id) as closes,
        (select count(*)::int from messages a
          where a.tenant_id = r.tenant_id and a.parent_id = m.parent_id and a.role = 'assistant') as answers
      from runs r join messages m on m.tenant_id = r.tenant_id and m.id = r.message_id`)
    return Schema.decodeUnknownSync(Schema.Array(RunRow))(rows)
  }

  /** The client message ids of a conversation's questions, as often as they are stored as messages. */
  async questions(): Promise<ReadonlyArray<{ readonly conversationId: string; readonly text: string }>> {
    return this.ask(
      `select conversation_id as "conversationId", content::json->0->>'text' as text from messages where role = 'user'`
    )
  }

  async ask<A extends object>(text: string, values: ReadonlyArray<unknown> = []): Promise<ReadonlyArray<A>> {
    const sql = await (this.#client ??= Effect.runPromise(
      PgClient.make({ url: Redacted.make(this.#url), maxConnections: 2 }).pipe(
        Scope.provide(this.#scope),
        Effect.provide(Reactivity.layer)
      )
    ).catch((error: unknown) => {
      this.#client = undefined
      throw error
    }))
    return Effect.runPromise(sql.unsafe<A>(text, [...values]))
  }

  async close(): Promise<void> {
    await Effect.runPromise(Scope.close(this.#scope, Exit.void))
  }
}
