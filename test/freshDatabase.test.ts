import { assert, it } from "@effect/vitest"
import { PgClient, layer } from "@effect/sql-pg/PgClient"
import { Effect, Redacted } from "effect"
import { inject } from "vitest"
import { createDatabase, freshDatabase } from "./support/freshDatabase.ts"

const databaseOf = (url: Redacted.Redacted<string>) =>
  Effect.gen(function* () {
    const sql = yield* PgClient
    const rows = yield* sql<{ readonly name: string }>`select current_database() as name`
    return rows[0]?.name
  }).pipe(Effect.provide(layer({ url })))

it.effect("two databases taken at once are two, and both are gone in the end", () =>
  Effect.gen(function* () {
    const names = yield* Effect.scoped(
      Effect.gen(function* () {
        const urls = yield* Effect.all([freshDatabase, freshDatabase], { concurrency: 2 })
        return yield* Effect.forEach(urls, databaseOf)
      })
    )
    assert.strictEqual(new Set(names).size, 2)
    const left = yield* Effect.gen(function* () {
      const sql = yield* PgClient
      return yield* sql<{ readonly name: string }>`select datname as name from pg_database`
    }).pipe(Effect.provide(layer({ url: Redacted.make(inject("databaseUrl")) })))
    for (const name of names)
      assert.notInclude(
        left.map((row) => row.name),
        name ?? ""
      )
  })
)

it("a database is dropped though somebody is connected to it", async () => {
  const database = await createDatabase()
  const connected = databaseOf(Redacted.make(database.url)).pipe(Effect.tap(() => Effect.promise(database.drop)))
  assert.include(await Effect.runPromise(connected), "parley_test_")
})
