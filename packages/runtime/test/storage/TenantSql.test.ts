import { assert, describe, it as test, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql"
import { NotFound } from "@parley/domain/Errors"
import type { Unavailable } from "@parley/domain/Errors"
import { Database } from "../../src/storage/Database.ts"
import { DatabaseHealth } from "../../src/storage/DatabaseHealth.ts"
import { SystemSql } from "../../src/storage/SystemSql.ts"
import { TenantSql } from "../../src/storage/TenantSql.ts"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { until } from "./support/until.ts"
import { seedTenant, TestDatabase } from "./support/TestDatabase.ts"
import { startTcpRelay } from "./support/tcpRelay.ts"

const notFound = new NotFound({ message: "no", resource: "thing" })
const rename = (name: string) => (sql: SqlClient.SqlClient) => sql`update tenants set name = ${name} returning name`

layer(TestDatabase, { timeout: "60 seconds", excludeTestServices: true })("TenantSql", (it) => {
  it.effect("runs every statement as the tenant and as the unprivileged role, and leaves nothing of it on the session", () =>
    Effect.gen(function* () {
      const { tenantId } = yield* seedTenant
      const tenantSql = yield* TenantSql
      const systemSql = yield* SystemSql
      const who = (sql: SqlClient.SqlClient) => sql`select current_user::text as role, current_setting('app.tenant_id') as tenant`
      const tenants = { role: "parley_app", tenant: tenantId }
      assert.deepStrictEqual(yield* tenantSql.read(tenantId, who), [tenants])
      assert.deepStrictEqual(yield* tenantSql.write(tenantId, who), [tenants])
      assert.deepStrictEqual(yield* tenantSql.as(tenantId)(who), [tenants])
      assert.deepStrictEqual(yield* systemSql.read(who), [{ role: "parley_system", tenant: "" }])
    })
  )

  it.effect("commits what succeeds and rolls back what fails, by a typed error, a defect or an interruption", () =>
    Effect.gen(function* () {
      const { tenantId } = yield* seedTenant
      const tenantSql = yield* TenantSql
      const name = Effect.map(
        tenantSql.read(tenantId, (sql) => sql`select name from tenants`),
        (rows) => JSON.stringify(rows)
      )
      yield* tenantSql.as(tenantId)(rename("kept"))
      const failing = tenantSql.as(tenantId)((sql) => Effect.andThen(rename("lost")(sql), Effect.fail(notFound)))
      assert.strictEqual((yield* Effect.flip(failing))._tag, "NotFound")
      yield* Effect.exit(tenantSql.as(tenantId)((sql) => Effect.andThen(rename("lost")(sql), Effect.die("bug"))))
      const reached = yield* Deferred.make<void>()
      const stuck = yield* Effect.forkChild(
        tenantSql.as(tenantId)((sql) =>
          rename("lost")(sql).pipe(Effect.andThen(Deferred.succeed(reached, undefined)), Effect.andThen(Effect.never))
        )
      )
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(stuck)
      assert.strictEqual(yield* name, '[{"name":"kept"}]')
    })
  )

  it.effect("cannot write by a reading statement", () =>
    Effect.gen(function* () {
      const { tenantId } = yield* seedTenant
      const tenantSql = yield* TenantSql
      const error = yield* Effect.flip(tenantSql.read(tenantId, rename("written")))
      assert.deepInclude(error, { _tag: "Unavailable", workMayHaveHappened: false })
    })
  )

  it.effect("dies of a statement that cannot be right, and of one that escaped its transaction", () =>
    Effect.gen(function* () {
      const { tenantId } = yield* seedTenant
      const tenantSql = yield* TenantSql
      const wrong = [
        tenantSql.write(tenantId, (sql) => sql`select nonsense`),
        tenantSql.write(tenantId, (sql) => sql`insert into tenants (id, name, created_at_ms) values (${tenantId}, 'again', 1)`),
        Effect.flatMap(tenantSql.as(tenantId)(Effect.succeed), (sql) => sql`select 1`)
      ]
      for (const effect of wrong) {
        const exit = yield* Effect.exit(effect)
        assert.isTrue(Exit.isFailure(exit) && exit.cause.reasons.every(({ _tag }) => _tag === "Die"))
      }
      assert.strictEqual((yield* tenantSql.read(tenantId, (sql) => sql`select 1 from tenants`)).length, 1)
    })
  )

  it.effect("runs a transaction again that lost in a deadlock", () =>
    Effect.gen(function* () {
      const { alice, bob, tenantId } = yield* seedTenant
      const tenantSql = yield* TenantSql
      const touch = (sql: SqlClient.SqlClient, id: string) =>
        sql`update principals set display_name = display_name || '!' where id = ${id}`
      const firstDone = [yield* Deferred.make<void>(), yield* Deferred.make<void>()] as const
      let attempts = 0
      const crossed = (own: 0 | 1, first: string, second: string) =>
        tenantSql.as(tenantId)((sql) =>
          Effect.gen(function* () {
            attempts++
            yield* touch(sql, first)
            yield* Deferred.succeed(firstDone[own], undefined)
            yield* Deferred.await(firstDone[own === 0 ? 1 : 0])
            yield* touch(sql, second)
          })
        )
      yield* Effect.all([crossed(0, alice, bob), crossed(1, bob, alice)], { concurrency: 2 })
      const names = yield* tenantSql.read(tenantId, (sql) => sql`select display_name as name from principals order by 1`)
      assert.deepStrictEqual(names, [{ name: "Alice!!" }, { name: "Bob!!" }])
      assert.strictEqual(attempts, 3)
    })
  )

  it.effect("serves more transactions at once than it has sessions", () =>
    Effect.gen(function* () {
      const { tenantId } = yield* seedTenant
      const tenantSql = yield* TenantSql
      const rows = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => index),
        (index) => tenantSql.read(tenantId, (sql) => sql`select ${index}::int as index`),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        rows.flat(),
        Array.from({ length: 200 }, (_, index) => ({ index }))
      )
    })
  )
})

const bounds = { maxConnections: 1, statementTimeoutMs: 300, acquireTimeoutMs: 100, connectTimeoutMs: 1_000, startAttempts: 2 }

describe("A database that fails", () => {
  test.live("refuses who waits too long for a session, and ends a statement that takes too long", () =>
    Effect.gen(function* () {
      const tenantSql = yield* TenantSql
      const { tenantId } = yield* seedTenantThrough(tenantSql)
      const slow = yield* Effect.forkChild(Effect.flip(tenantSql.write(tenantId, (sql) => sql`select pg_sleep(5)`)), {
        startImmediately: true
      })
      const waited = yield* Effect.flip(tenantSql.read(tenantId, (sql) => sql`select 1`))
      assert.deepInclude(waited, { _tag: "Unavailable", workMayHaveHappened: false })
      assert.deepInclude(yield* Fiber.join(slow), { _tag: "Unavailable", workMayHaveHappened: false })
      assert.deepStrictEqual(yield* tenantSql.read(tenantId, (sql) => sql`select 1 as one`), [{ one: 1 }])
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(freshDatabase, (url) => Database.layer({ url, ...bounds })))))
  )

  test.live("says that work may have happened when the connection breaks under a write, and recovers", () =>
    Effect.gen(function* () {
      const relay = yield* startTcpRelay(yield* freshDatabase)
      yield* Effect.gen(function* () {
        const tenantSql = yield* TenantSql
        const health = yield* DatabaseHealth
        const { tenantId } = yield* seedTenantThrough(tenantSql)
        assert.isTrue(yield* health.check)
        const cut = (run: Effect.Effect<unknown, Unavailable>) =>
          Effect.gen(function* () {
            const fiber = yield* Effect.forkChild(Effect.flip(run), { startImmediately: true })
            yield* until(Effect.sync(() => relay.hasTraffic()))
            relay.cut()
            return yield* Fiber.join(fiber)
          })
        const sleep = (sql: SqlClient.SqlClient) => sql`select pg_sleep(0.25)`
        relay.resetTraffic()
        assert.deepInclude(yield* cut(tenantSql.write(tenantId, sleep)), { _tag: "Unavailable", workMayHaveHappened: true })
        relay.resetTraffic()
        assert.deepInclude(yield* cut(tenantSql.read(tenantId, sleep)), { _tag: "Unavailable", workMayHaveHappened: false })
        relay.resetTraffic()
        assert.deepInclude(yield* cut(Effect.asVoid(tenantSql.as(tenantId)(sleep))), {
          _tag: "Unavailable",
          workMayHaveHappened: false
        })
        relay.refuse()
        assert.isFalse(yield* health.check)
        assert.strictEqual((yield* Effect.flip(tenantSql.read(tenantId, sleep)))._tag, "Unavailable")
        relay.accept()
        yield* until(health.check)
        assert.strictEqual((yield* tenantSql.read(tenantId, (sql) => sql`select 1 from tenants`)).length, 1)
      }).pipe(Effect.provide(Database.layer({ url: relay.url, ...bounds })))
    }).pipe(Effect.scoped)
  )

  test.live("gives up a session that says nothing any more, and goes on with another", () =>
    Effect.gen(function* () {
      const relay = yield* startTcpRelay(yield* freshDatabase)
      yield* Effect.gen(function* () {
        const tenantSql = yield* TenantSql
        const { tenantId } = yield* seedTenantThrough(tenantSql)
        const one = (sql: SqlClient.SqlClient) => sql`select 1 as one`
        const attempts: ReadonlyArray<readonly [Effect.Effect<unknown, Unavailable>, boolean]> = [
          [tenantSql.write(tenantId, one), true],
          [tenantSql.read(tenantId, one), false],
          [tenantSql.as(tenantId)(one), false],
          [tenantSql.as(tenantId)(() => Effect.void), true]
        ]
        for (const [attempt, workMayHaveHappened] of attempts) {
          relay.mute()
          assert.deepInclude(yield* Effect.flip(attempt), { _tag: "Unavailable", workMayHaveHappened })
          assert.deepStrictEqual(yield* tenantSql.read(tenantId, one), [{ one: 1 }])
        }
      }).pipe(Effect.provide(Database.layer({ url: relay.url, ...bounds, silenceGraceMs: 50 })))
    }).pipe(Effect.scoped)
  )

  test.live("does not let the program start, and says why without the password", () =>
    Effect.gen(function* () {
      const relay = yield* startTcpRelay(Redacted.make("postgres://someone:hunter2@127.0.0.1:1/nowhere"))
      relay.refuse()
      const starting = Effect.scoped(Layer.build(Database.layer({ url: relay.url, ...bounds })))
      const error = yield* Effect.flip(starting)
      assert.strictEqual(error._tag, "DatabaseStartError")
      assert.notInclude(error.message, "hunter2")
    }).pipe(Effect.scoped)
  )
})

/** Without the superuser of the shared database. */
const seedTenantThrough = (tenantSql: TenantSql["Service"]) =>
  Effect.gen(function* () {
    const { makeTenantId } = yield* Effect.promise(() => import("./support/ids.ts"))
    const tenantId = yield* makeTenantId
    yield* tenantSql.write(
      tenantId,
      (sql) => sql`insert into tenants (id, name, created_at_ms) values (${tenantId}, 'Tenant', 1)`
    )
    return { tenantId }
  })
