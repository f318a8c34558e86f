/**
 * No statement sees another tenant's rows. Generated: every table is found in the catalogue, and a new one without row-level security fails. The
 * services' operations are tried in `isolation.test.ts`.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { SqlClient } from "effect/sql"
import { TenantSql } from "../../src/storage/TenantSql.ts"
import { seedTenant } from "./support/TestDatabase.ts"
import { belongings, furnished, shown, Tested, tenantTables } from "./support/furnished.ts"

/** Those on which row-level security is not enabled, forced, and bound to the tenant for the program's role. */
const unprotected = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const faults: Array<string> = []
  for (const { name, tenantColumn } of yield* tenantTables) {
    const [flags] = yield* sql<{ readonly isForced: boolean }>`
      select relrowsecurity and relforcerowsecurity as "isForced" from pg_class where oid = ${name}::regclass`
    const policies = yield* sql<{ readonly using: string | null; readonly check: string | null }>`
      select qual as using, with_check as check from pg_policies
      where schemaname = 'public' and tablename = ${name} and 'parley_app' = any (roles)`
    const expected = `(${tenantColumn} = current_setting('app.tenant_id'::text, true))`
    const isBound = policies.length === 1 && policies.every(({ check, using }) => using === expected && check === expected)
    if (flags?.isForced !== true || !isBound) faults.push(name)
  }
  return faults
})

layer(Tested, { timeout: "60 seconds" })("Tenants are isolated", (it) => {
  describe("tables", () => {
    it.effect("every table has forced row-level security bound to the tenant", () =>
      Effect.gen(function* () {
        assert.isAtLeast((yield* tenantTables).length, 20)
        assert.deepStrictEqual(yield* unprotected, [])
      })
    )

    it.effect("a table without it, or with half of it, would be found", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`create table careless (tenant_id text)`
        yield* sql`create table halfway (tenant_id text)`
        yield* sql`alter table halfway enable row level security`
        yield* sql`alter table halfway force row level security`
        yield* sql`create policy everybody on halfway to parley_app using (true) with check (true)`
        assert.deepStrictEqual(yield* Effect.ensuring(unprotected, Effect.ignore(sql`drop table careless, halfway`)), [
          "careless",
          "halfway"
        ])
      })
    )

    it.effect("no table shows the program's role a row while no tenant is set", () =>
      Effect.gen(function* () {
        yield* furnished
        const sql = yield* SqlClient.SqlClient
        for (const { name } of yield* tenantTables) {
          const seen = yield* Effect.exit(
            sql.withTransaction(
              Effect.andThen(sql`select set_config('role', 'parley_app', true)`, sql`select 1 from ${sql(name)} limit 1`)
            )
          )
          assert.isTrue(Exit.isFailure(seen) ? shown(seen).includes("42501") : seen.value.length === 0, name)
        }
      })
    )

    it.effect("no statement in one tenant's transaction touches another's rows", () =>
      Effect.gen(function* () {
        const own = yield* seedTenant
        const other = yield* furnished
        const tenantSql = yield* TenantSql
        const before = yield* belongings(other.tenantId)
        for (const { name, tenantColumn } of yield* tenantTables) {
          const theirs = (build: (sql: SqlClient.SqlClient) => ReturnType<SqlClient.SqlClient["unsafe"]>) =>
            Effect.exit(tenantSql.tryWrite(own.tenantId, build))
          const exits = [
            yield* theirs((sql) => sql`select * from ${sql(name)} where ${sql(tenantColumn)} = ${other.tenantId}`),
            yield* theirs((sql) => sql`delete from ${sql(name)} where ${sql(tenantColumn)} = ${other.tenantId} returning 1`),
            yield* theirs(
              (sql) =>
                sql`update ${sql(name)} set ${sql(tenantColumn)} = ${own.tenantId}
                  where ${sql(tenantColumn)} = ${other.tenantId} returning 1`
            )
          ]
          for (const exit of exits) assert.isTrue(Exit.isFailure(exit) || exit.value.length === 0, `${name}: ${shown(exit)}`)
        }
        assert.deepStrictEqual(yield* belongings(other.tenantId), before)
      })
    )

    it.effect("no row can be written in another tenant's name", () =>
      Effect.gen(function* () {
        const own = yield* seedTenant
        const other = yield* furnished
        const tenantSql = yield* TenantSql
        const exit = yield* Effect.exit(
          tenantSql.tryWrite(
            own.tenantId,
            (sql) => sql`
              insert into principals (tenant_id, id, display_name, created_at_ms)
              values (${other.tenantId}, 'prn_forged', 'forged', 1)`
          )
        )
        assert.include(shown(exit), "42501")
      })
    )

    it.effect("the system's role cannot read what anybody said", () =>
      Effect.gen(function* () {
        yield* furnished
        const sql = yield* SqlClient.SqlClient
        for (const [table, column] of [
          ["messages", "content"],
          ["room_events", "event"],
          ["conversations", "title"],
          ["run_journal", "events"],
          ["client_messages", "accepted"],
          ["folders", "name"],
          ["invites", "conversation_id"],
          ["shares", "title"],
          ["prompts", "body"],
          ["attachments", "name"]
        ] as const) {
          const seen = yield* Effect.exit(
            sql.withTransaction(
              Effect.andThen(
                sql`select set_config('role', 'parley_system', true)`,
                sql`select ${sql(column)} from ${sql(table)} limit 1`
              )
            )
          )
          assert.include(shown(seen), "42501", table)
        }
      })
    )
  })
})
