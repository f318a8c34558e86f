import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import type { Redacted as RedactedType } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { Database } from "../../src/storage/Database.ts"
import { Maintenance } from "../../src/storage/Maintenance.ts"
import { months } from "../../src/storage/partitions.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { TenantSql } from "../../src/storage/TenantSql.ts"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { contextOf, said, seedConversation, seedTenant, TestDatabase, withoutRun } from "./support/TestDatabase.ts"

type Url = RedactedType.Redacted<string>

const onDatabase = <A, E>(url: Url, work: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.provide(work, PgClient.layer({ url, maxConnections: 1 }))
const start = (url: Url) => Effect.scoped(Layer.build(Database.layer({ url, maxConnections: 2 })))
const schema = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`
    select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and a.attnum > 0 order by 1, 2`
})

describe("Migrations", () => {
  it.live("change nothing when they run again", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase
      yield* start(url)
      const before = yield* onDatabase(url, schema)
      yield* start(url)
      assert.isAbove(before.length, 50)
      assert.deepStrictEqual(yield* onDatabase(url, schema), before)
    }).pipe(Effect.scoped)
  )

  it.live("bear several processes that start at once", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase
      yield* Effect.all([start(url), start(url), start(url), start(url)], { concurrency: "unbounded" })
      const applied = yield* onDatabase(
        url,
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`select name from parley_migrations order by migration_id`)
      )
      assert.strictEqual(applied.length, 12)
    }).pipe(Effect.scoped)
  )

  it.live("work for an owner who is no superuser", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase
      const own = new URL(Redacted.value(url))
      const name = `owner_${own.pathname.slice(-12)}`
      const database = own.pathname.slice(1)
      yield* onDatabase(
        url,
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql.unsafe(`create role ${name} login createrole password 'secret'`)
          yield* sql.unsafe(`alter database ${database} owner to ${name}`)
          // The roles may have been made by another database's owner; this one is let in as an operator would.
          for (const role of ["parley_app", "parley_system", "parley_search"]) {
            yield* sql.unsafe(
              `do $$ begin create role ${role} nologin noinherit; exception when duplicate_object or unique_violation then null; end $$`
            )
            yield* sql.unsafe(`grant ${role} to ${name}`)
          }
        })
      )
      own.username = name
      own.password = "secret"
      const ownUrl = Redacted.make(own.href)
      yield* Effect.gen(function* () {
        const tenantSql = yield* TenantSql
        const { makeTenantId } = yield* Effect.promise(() => import("./support/ids.ts"))
        const tenantId = yield* makeTenantId
        yield* tenantSql.write(
          tenantId,
          (sql) => sql`insert into tenants (id, name, created_at_ms) values (${tenantId}, 'Tenant', 1)`
        )
        assert.strictEqual((yield* tenantSql.read(tenantId, (sql) => sql`select 1 from tenants`)).length, 1)
      }).pipe(Effect.provide(Database.layer({ url: ownUrl, maxConnections: 2 })))
      const seen = yield* onDatabase(
        ownUrl,
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          sql.withTransaction(Effect.andThen(sql`select set_config('role', 'parley_app', true)`, sql`select 1 from tenants`))
        )
      )
      assert.deepStrictEqual(seen, [])
      yield* Effect.addFinalizer(() =>
        Effect.ignore(
          onDatabase(
            url,
            Effect.flatMap(SqlClient.SqlClient, (sql) =>
              Effect.andThen(sql.unsafe(`drop owned by ${name} cascade`), sql.unsafe(`drop role ${name}`))
            )
          )
        )
      )
    }).pipe(Effect.scoped)
  )
})

describe("Partitions", () => {
  it("cover the months without gaps, over the turn of a year", () => {
    const covered = months(Date.UTC(2026, 10, 24), 4)
    assert.deepStrictEqual(
      covered.map(({ table }) => table),
      ["messages_2026_11", "messages_2026_12", "messages_2027_01", "messages_2027_02"]
    )
    for (const [index, month] of covered.entries()) {
      assert.isTrue(month.from < month.to)
      assert.isTrue(index === 0 || covered[index - 1]?.to === month.from)
    }
  })

  it.live("hold a message in its month, ids as the domain makes them", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tenant = yield* seedTenant
      const key = yield* seedConversation(tenant)
      const context = withoutRun(yield* contextOf(tenant.alice))
      yield* (yield* ConversationStore).acceptSend(key, said("hello"), context)
      const [month] = months(Date.now(), 1)
      assert.deepStrictEqual(yield* sql`select tableoid::regclass::text as table from messages where id = ${context.messageId}`, [
        { table: month?.table }
      ])
    }).pipe(Effect.provide(SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase))))
  )

  it.live("are done without where rows of the month are in the default partition already", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tenant = yield* seedTenant
      const key = yield* seedConversation(tenant)
      const [month] = months(Date.now(), 1)
      assert.isDefined(month)
      yield* sql`drop table ${sql(month.table)}`
      const context = withoutRun(yield* contextOf(tenant.alice))
      yield* (yield* ConversationStore).acceptSend(key, said("hello"), context)
      yield* Maintenance.run
      assert.deepStrictEqual(yield* sql`select to_regclass(${month.table}) is null as "isMissing"`, [{ isMissing: true }])
      assert.strictEqual((yield* (yield* ConversationStore).messages(key, {})).items.length, 1)
    }).pipe(Effect.provide(Layer.fresh(SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase)))))
  )

  it.effect("are made ahead, and what has expired is swept, by one round of maintenance", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tenant = yield* seedTenant
      const key = yield* seedConversation(tenant)
      const store = yield* ConversationStore
      yield* store.acceptSend(key, said("old"), withoutRun(yield* contextOf(tenant.alice)))
      yield* TestClock.adjust("8 days")
      yield* store.acceptSend(key, said("new"), withoutRun(yield* contextOf(tenant.alice)))
      yield* Maintenance.run
      assert.strictEqual((yield* sql`select 1 from client_messages`).length, 1)
      assert.deepStrictEqual(yield* sql`select seq::int as seq from room_events`, [{ seq: 2 }])
      // The clock of this test began in 1970, and so did its months.
      const [row] = yield* sql<{ readonly isThere: boolean }>`select to_regclass('messages_1970_04') is not null as "isThere"`
      assert.isTrue(row?.isThere)
    }).pipe(Effect.provide(SqlConversationStore.layer.pipe(Layer.provideMerge(TestDatabase))))
  )
})
