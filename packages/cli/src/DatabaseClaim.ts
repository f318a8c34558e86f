/**
 * Who runs conversations on a database: one `serve` alone, or gateways and runners together. Two that both believe that they are alone
 * would take running answers from each other. It is an advisory lock of a session of its own: exclusive for `serve`, shared for the others.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Deferred, Effect, Exit, Layer, Schedule, Schema } from "effect"
import type { Redacted, Scope } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import type { SqlError } from "effect/sql"

export class DatabaseClaimed extends Schema.TaggedError<DatabaseClaimed>()("DatabaseClaimed", { message: Schema.String }) {}

/** Of Parley's own among a database's advisory locks: "parley" in ASCII, and 1 for this use. */
const lockKey = "123581371671801"
/** How often a starting process asks whether another has stopped, in milliseconds. */
const askEveryMs = 500
/** How often it is made sure that the session, and the lock with it, is still there. */
const watchEveryMs = 5_000

const claimedMessage = {
  alone:
    "Another Parley runs on this database or data folder. Stop it first; for several at once run `parley gateway` and `parley runner`.",
  together: "A `parley serve` runs on this database, and it runs alone. Stop it first."
} as const

/** @param waitMs - how long a starting process waits for one that is stopping */
export const layerDatabaseClaim = (url: Redacted.Redacted<string>, kind: "alone" | "together", waitMs: number) =>
  Layer.effectDiscard(claimDatabase(url, kind, waitMs))

/** Held until the scope closes. A session that is lost with Postgres is opened again; if another has come meanwhile, this process stops. */
const claimDatabase = Effect.fn("claimDatabase")(function* (
  url: Redacted.Redacted<string>,
  kind: "alone" | "together",
  waitMs: number
): Effect.fn.Return<void, DatabaseClaimed | SqlError.SqlError, Scope.Scope> {
  const tryLock = kind === "alone" ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared"
  const sql = yield* PgClient.make({ url, maxConnections: 1, applicationName: "parley claim" }).pipe(
    Effect.provide(Reactivity.layer)
  )

  /** Locks in a session and watches it until it is lost. */
  const holdOnce = <R>(whenHeld: Effect.Effect<void, never, R>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const session = yield* sql.reserve
        const ask = Effect.flatMap(
          session.executeValuesUnprepared(`select ${tryLock}(${lockKey})`, []),
          ([row]): Effect.Effect<void, DatabaseClaimed> =>
            row?.[0] === true ? Effect.void : Effect.fail(new DatabaseClaimed({ message: claimedMessage[kind] }))
        )
        yield* Effect.retry(ask, {
          while: (error) => error._tag === "DatabaseClaimed",
          schedule: Schedule.spaced(askEveryMs),
          times: Math.ceil(waitMs / askEveryMs)
        })
        yield* whenHeld
        return yield* Effect.forever(Effect.delay(session.executeValuesUnprepared("select 1", []), watchEveryMs))
      })
    )
  const held = yield* Deferred.make<void, DatabaseClaimed | SqlError.SqlError>()
  yield* holdOnce(Effect.asVoid(Deferred.succeed(held, undefined))).pipe(
    Effect.tapError((error) => Deferred.fail(held, error)),
    Effect.catchTag("SqlError", () => Effect.sleep(askEveryMs)),
    Effect.forever,
    Effect.catchTag("DatabaseClaimed", (error) =>
      Effect.gen(function* () {
        // At the start the error is the start's own.
        if (Exit.isFailure(yield* Effect.exit(Deferred.await(held)))) return
        yield* Effect.logError(error.message)
        process.kill(process.pid, "SIGTERM")
      })
    ),
    Effect.forkScoped
  )
  yield* Deferred.await(held)
})
