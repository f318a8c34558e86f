/**
 * A database of a test file's own on the run's server: made empty, dropped in the end with whoever is still connected.
 * Roles belong to the server, not to the database: code that makes one must bear that it exists, or comes to be meanwhile.
 */
import type { PgClient } from "@effect/sql-pg/PgClient"
import * as PgClients from "@effect/sql-pg/PgClient"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import type { SqlError } from "effect/sql/SqlError"
import { inject } from "vitest"
import "./ProvidedContext.ts"

/** The database's URL, as superuser; dropped when the scope closes. */
export const freshDatabase: Effect.Effect<Redacted.Redacted<string>, SqlError, Scope.Scope> = Effect.suspend(() => {
  const server = inject("databaseUrl")
  const name = `parley_test_${crypto.randomUUID().replaceAll("-", "")}`
  const url = new URL(server)
  url.pathname = `/${name}`
  return Effect.acquireRelease(
    onServer(server, (sql) => sql.unsafe(`create database ${name}`)).pipe(Effect.as(Redacted.make(url.href))),
    () => onServer(server, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`)).pipe(Effect.orDie)
  )
})

/** For suites that share one database: `layer(Tested.pipe(Layer.provide(FreshDatabase.layer)))("…", (it) => …)`. */
export class FreshDatabase extends Context.Service<FreshDatabase, { readonly url: Redacted.Redacted<string> }>()(
  "@parley/test/FreshDatabase"
) {
  static readonly layer = Layer.effect(
    this,
    Effect.map(freshDatabase, (url) => ({ url }))
  )
}

/** Without Effect: call `drop` in `afterAll`. */
export const createDatabase = async (): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> => {
  const scope = Scope.makeUnsafe()
  const url = await Effect.runPromise(freshDatabase.pipe(Scope.provide(scope)))
  return { url: Redacted.value(url), drop: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const onServer = <A>(server: string, work: (sql: PgClient) => Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
  PgClients.makeClient({ url: Redacted.make(server) }).pipe(Effect.flatMap(work), Effect.scoped, Effect.provide(Reactivity.layer))
