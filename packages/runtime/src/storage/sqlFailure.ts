/** What a failure of Postgres means to a caller. */
import { Clock, Effect } from "effect"
import type { SqlError } from "effect/sql"
import { Unavailable } from "@parley/domain/Errors"

/** When to ask again after the database was away or slow. */
const retryAfterMs = 1_000

/** Postgres' five-character code, where the server itself refused. */
const sqlState = (error: SqlError.SqlError): string | undefined => {
  const cause = error.reason.cause
  return typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : undefined
}

/** Lost against another transaction, or a prepared plan went stale under a migration: the whole transaction may run again. */
export const isContention = (error: SqlError.SqlError): boolean =>
  error.reason._tag === "DeadlockError" ||
  error.reason._tag === "SerializationError" ||
  // "cached plan must not change result type" and "prepared statement does not exist"
  sqlState(error) === "0A000" ||
  sqlState(error) === "26000"

/** A statement that can never succeed: our fault, not the database's. */
const isDefect = (error: SqlError.SqlError): boolean => {
  switch (error.reason._tag) {
    case "SqlSyntaxError":
    case "AuthorizationError":
    case "ConstraintError":
    case "UniqueViolation":
      return true
    default:
      // Class 22: data that does not fit its type; it was checked before it came here.
      return sqlState(error)?.startsWith("22") === true
  }
}

/** The cause goes to the log and not to the caller, whom it would tell about the schema. */
export const orUnavailable = (error: SqlError.SqlError, workMayHaveHappened: boolean): Effect.Effect<never, Unavailable> =>
  isDefect(error)
    ? Effect.die(error)
    : Effect.andThen(
        logFailure(error),
        Effect.fail(new Unavailable({ message: "the database is not available", retryAfterMs, workMayHaveHappened }))
      )

/** In an outage every statement fails; one line a second says so, with how many were not told. */
const logEveryMs = 1_000
let loggedAtMs = -logEveryMs
let untold = 0

const logFailure = (error: SqlError.SqlError): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
    if (Math.abs(nowMs - loggedAtMs) < logEveryMs) {
      untold++
      return Effect.void
    }
    const annotations = untold === 0 ? {} : { untoldFailures: untold }
    loggedAtMs = nowMs
    untold = 0
    return Effect.logError("The database failed", error.reason).pipe(Effect.annotateLogs(annotations))
  })
