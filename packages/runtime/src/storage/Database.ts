/** Postgres: connected, migrated, and opened through its two doors. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import { DatabaseHealth } from "./DatabaseHealth.ts"
import { migrate } from "./migrate.ts"
import { Sessions } from "./Sessions.ts"
import { SystemSql } from "./SystemSql.ts"
import { TenantSql } from "./TenantSql.ts"

export interface DatabaseOptions {
  /** `postgres://…` of a Postgres 15 or later, whose user owns the database. */
  readonly url: Redacted.Redacted<string>
  /** Sessions of this process; 10 when absent. */
  readonly maxConnections?: number
  /** 15 s when absent. */
  readonly statementTimeoutMs?: number
  /** How much longer a session that says nothing at all is waited for; 5 s when absent. */
  readonly silenceGraceMs?: number
  /** Longest wait for a free session; 5 s when absent. */
  readonly acquireTimeoutMs?: number
  /** 5 s when absent. */
  readonly connectTimeoutMs?: number
  /** How often a database that does not answer yet is tried at start, at growing distances up to 2 s; 20 when absent. */
  readonly startAttempts?: number
  /** False behind a pooler that cannot keep named statements. */
  readonly prepare?: boolean
}

/** The program cannot start on this database; `message` is for the person who starts it. */
export class DatabaseStartError extends Schema.TaggedError<DatabaseStartError>()("DatabaseStartError", {
  message: Schema.String,
  cause: Schema.Defect()
}) {}

const minServerVersion = 150_000
const defaults = {
  maxConnections: 10,
  statementTimeoutMs: 15_000,
  silenceGraceMs: 5_000,
  acquireTimeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  startAttempts: 20,
  prepare: true
}
const startRetryBaseMs = 100
const startRetryMaxMs = 2_000

const startError = (cause: unknown): DatabaseStartError => {
  if (cause instanceof DatabaseStartError) return cause
  const reason = SqlError.isSqlError(cause) ? cause.reason : cause
  const said = reason instanceof Error ? describe(reason) : String(reason)
  return new DatabaseStartError({ message: `the database cannot be used: ${said}`, cause })
}

/** The innermost cause is what Postgres or the network said. */
const describe = (error: Error): string => (error.cause instanceof Error ? describe(error.cause) : error.message)

const checkVersion = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ readonly version: number }>`select current_setting('server_version_num')::int as version`
  if (row === undefined || row.version < minServerVersion) {
    const message = `Parley needs Postgres 15 or later, this one is ${row?.version ?? "unknown"}`
    return yield* new DatabaseStartError({ message, cause: undefined })
  }
})

/** On a connection of its own, which is closed again: the sessions of `Sessions` are not allowed to. */
const prepareDatabase = (options: DatabaseOptions & typeof defaults): Effect.Effect<void, DatabaseStartError> =>
  Effect.andThen(checkVersion, migrate).pipe(
    Effect.provide(
      PgClient.layer({
        url: options.url,
        maxConnections: 1,
        connectTimeout: options.connectTimeoutMs,
        applicationName: "parley migrate"
      })
    ),
    Effect.tapError((error) =>
      SqlError.isSqlError(error) && isAway(error)
        ? Effect.logWarning(`Waiting for the database at ${hostOf(options.url)}`, error.message)
        : Effect.void
    ),
    Effect.retry({
      while: (error) => SqlError.isSqlError(error) && isAway(error),
      times: options.startAttempts - 1,
      schedule: Schedule.min([Schedule.exponential(startRetryBaseMs, 1.5), Schedule.spaced(startRetryMaxMs)])
    }),
    Effect.mapError(startError)
  )

/** Without user and password. */
const hostOf = (url: Redacted.Redacted<string>): string => URL.parse(Redacted.value(url))?.host ?? "the given address"

/** Not reachable, or still starting up (57P03). */
const isAway = (error: SqlError.SqlError): boolean =>
  error.reason._tag === "ConnectionError" ||
  (error.reason.cause instanceof Error && "code" in error.reason.cause && error.reason.cause.code === "57P03")

const layer = (given: DatabaseOptions): Layer.Layer<TenantSql | SystemSql | DatabaseHealth, DatabaseStartError> => {
  const options = { ...defaults, ...given }
  const sessions = Layer.unwrap(Effect.as(prepareDatabase(options), Sessions.layer(options))).pipe(
    Layer.catchTag("SqlError", (error) => Layer.effect(Sessions, Effect.fail(startError(error))))
  )
  return Layer.mergeAll(TenantSql.layer, SystemSql.layer, DatabaseHealth.layer).pipe(Layer.provide(sessions))
}

export const Database = { layer }
