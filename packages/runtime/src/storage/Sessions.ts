/**
 * The pool of Postgres sessions, and how a transaction runs on one. Only `TenantSql` and `SystemSql` use it; everybody else goes through
 * one of these two.
 *
 * A transaction's `begin` and its change of role travel in the same write as its first statement, and a transaction of one statement is
 * one round trip altogether. Sessions log in with the role already lowered to `parley_app`: a statement that escaped its
 * transaction would see no rows rather than everybody's.
 *
 * Not done here: nested transactions, savepoints, streams of rows.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as PgPool from "@effect/sql-pg/PgPool"
import { Context, Effect, Exit, Fiber, Layer, Schedule, Semaphore } from "effect"
import type { Redacted, Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, SqlError } from "effect/sql"
import type { Statement } from "effect/sql"
import { Unavailable } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import { connection, pipeline, silence } from "./SessionPipeline.ts"
import type { Answer, Query, Session } from "./SessionPipeline.ts"
import { isContention, orUnavailable } from "./sqlFailure.ts"

/** Whom a transaction runs as: a tenant, the system's few reads across tenants, or (for DDL only) the login itself. */
export type RunAs = { readonly role: "parley_app"; readonly tenantId: TenantId } | { readonly role: "parley_system" | "none" }

export interface SessionsOptions {
  readonly url: Redacted.Redacted<string>
  readonly maxConnections: number
  /** The server ends a statement after this. */
  readonly statementTimeoutMs: number
  /** How much longer than that a silent session is waited for before it is given up. */
  readonly silenceGraceMs: number
  /** Longest wait for a free session. */
  readonly acquireTimeoutMs: number
  readonly connectTimeoutMs: number
  /** False behind a pooler that cannot keep named statements. */
  readonly prepare: boolean
}

/** Transactions that may wait for a session; one more is refused at once. */
const maxWaiting = 4_096
const busyRetryAfterMs = 250
/** The longest row that is read: a message with its images. */
const maxRowBytes = 64 * 1_048_576
/** The server ends a transaction that sends nothing for this long. */
const idleInTransactionTimeoutMs = 30_000
/** Repetitions of a transaction that lost against another one. */
const maxRetries = 3
const retryBaseMs = 5

/**
 * Every statement looks rows up by keys. One plan is then as good as another, and making one anew for each execution costs more than the
 * execution. But the one that is kept may have been made while the tables were empty, when reading them whole looked cheap: hence only plans
 * that go by an index.
 */
const plans = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off"
}

export class Sessions extends Context.Service<
  Sessions,
  {
    /** Its statements work only inside `transaction`; anywhere else they die. */
    readonly sql: SqlClient.SqlClient
    /** Commits when `body` succeeds. After a deadlock it runs again as a whole, so `body` does nothing but SQL. */
    readonly transaction: <A, E, R>(
      runAs: RunAs,
      body: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, Exclude<E, SqlError.SqlError> | Unavailable, R>
    /** A transaction of one statement. `SqlError`: the server refused it, and nothing was done. */
    readonly single: <A>(
      runAs: RunAs,
      mode: "read" | "write",
      statement: Statement.Statement<A>
    ) => Effect.Effect<ReadonlyArray<unknown>, Unavailable | SqlError.SqlError>
    readonly ping: Effect.Effect<void, Unavailable | SqlError.SqlError>
  }
>()("@parley/runtime/storage/Sessions") {
  static readonly layer = (options: SessionsOptions): Layer.Layer<Sessions, SqlError.SqlError> =>
    Layer.effect(Sessions, make(options)).pipe(Layer.provide(Reactivity.layer))
}

const enter = (runAs: RunAs): Query => [
  "select set_config('role', $1, true), set_config('app.tenant_id', $2, true)",
  [runAs.role, runAs.role === "parley_app" ? runAs.tenantId : ""]
]

const refused = (message: string) => new Unavailable({ message, retryAfterMs: busyRetryAfterMs, workMayHaveHappened: false })

const unanswered = (workMayHaveHappened: boolean) =>
  new Unavailable({
    message: "the database did not answer in time",
    retryAfterMs: busyRetryAfterMs,
    workMayHaveHappened
  })

const failureOf = (answer: Answer | undefined): SqlError.SqlError | undefined => {
  if (answer === undefined || Exit.isSuccess(answer)) return undefined
  for (const reason of answer.cause.reasons) if (reason._tag === "Fail") return reason.error
  return undefined
}

const lostConnection = (error: SqlError.SqlError): boolean => error.reason._tag === "ConnectionError"

/** Postgres answers the `commit` of an aborted transaction with `ROLLBACK`. */
const committed = (answer: Answer | undefined): boolean =>
  answer !== undefined && Exit.isSuccess(answer) && answer.value.command === "COMMIT"

const make = Effect.fnUntraced(function* (
  options: SessionsOptions
): Effect.fn.Return<Sessions["Service"], SqlError.SqlError, Scope.Scope | Reactivity.Reactivity> {
  const pool = yield* PgPool.make({
    url: options.url,
    maxConnections: options.maxConnections,
    // One holder at a time; being "multiplexed" is what lets that holder pipeline.
    multiplex: true,
    multiplexConcurrency: 1,
    prepare: options.prepare,
    maxMessageSize: maxRowBytes,
    connectTimeout: options.connectTimeoutMs,
    keepAlive: "30 seconds",
    applicationName: "parley",
    startupParameters: {
      role: "parley_app",
      ...plans,
      statement_timeout: String(options.statementTimeoutMs),
      idle_in_transaction_session_timeout: String(idleInTransactionTimeoutMs)
    }
  })
  const sql = yield* SqlClient.make({
    acquirer: Effect.die(new Error("a statement ran outside TenantSql and SystemSql")),
    compiler: PgClient.makeCompiler(),
    driver: "pg",
    spanAttributes: [["db.system.name", "postgresql"]]
  })
  const permits = yield* Semaphore.make(options.maxConnections)
  const silenceMs = options.statementTimeoutMs + options.silenceGraceMs
  let waiting = 0

  const waitForPermit = Effect.suspend(() => {
    if (waiting >= maxWaiting) return Effect.fail(refused("too many transactions wait for the database"))
    waiting++
    return permits.take(1).pipe(
      Effect.timeoutOrElse({
        duration: options.acquireTimeoutMs,
        orElse: () => Effect.fail(refused("the database is too busy"))
      }),
      Effect.ensuring(Effect.sync(() => waiting--))
    )
  })

  /** Uninterruptible but for the wait and what `use` restores: a session goes back clean, or not at all. */
  const withSession = <A, E, R>(
    use: (session: Session, restore: <B, F, S>(self: Effect.Effect<B, F, S>) => Effect.Effect<B, F, S>) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | Unavailable | SqlError.SqlError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(permits.takeIfAvailable(1), (taken) => {
        const held = Effect.ensuring(
          pool.use((session) => use(session, restore)),
          permits.release(1)
        )
        return taken ? held : Effect.andThen(restore(waitForPermit), held)
      })
    )

  const single: Sessions["Service"]["single"] = (runAs, mode, statement) =>
    withSession((session) => {
      const [text, params] = statement.compile()
      const begin = mode === "read" ? "begin read only" : "begin"
      return Effect.flatMap(
        pipeline(session, silenceMs, [[begin, []], enter(runAs), [text, params], ["commit", []]]),
        (answers): Effect.Effect<ReadonlyArray<unknown>, Unavailable | SqlError.SqlError> => {
          if (answers === silence) {
            return Effect.andThen(pool.invalidate(session), Effect.fail(unanswered(mode === "write")))
          }
          const rows = answers[2]
          if (rows !== undefined && Exit.isSuccess(rows) && committed(answers[3])) {
            return Effect.succeed(rows.value.rows)
          }
          // What failed first is why the rest did.
          const error = answers.map(failureOf).find((failure) => failure !== undefined)
          if (error === undefined) return Effect.die(new Error("a transaction neither failed nor committed"))
          return lostConnection(error) ? orUnavailable(error, mode === "write") : Effect.fail(error)
        }
      )
    })

  const attempt = <A, E, R>(
    runAs: RunAs,
    body: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | Unavailable | SqlError.SqlError, R> =>
    withSession((session, restore) =>
      Effect.gen(function* () {
        let isSilent = false
        const opening = [["begin", []] as const, enter(runAs)].map(([text, params]) =>
          Effect.runFork(session.query(text, params))
        )
        const inside = connection(session, silenceMs, () => {
          isSilent = true
        })
        const exit = yield* Effect.exit(restore(Effect.provideService(body, sql.transactionService, [inside, 0])))
        const end = isSilent ? silence : yield* pipeline(session, silenceMs, [[Exit.isSuccess(exit) ? "commit" : "rollback", []]])
        if (end === silence || failureOf(end[0]) !== undefined) yield* pool.invalidate(session)
        if (end === silence) {
          return yield* Exit.isSuccess(exit) ? Effect.fail(unanswered(true)) : exit
        }
        for (const fiber of opening) {
          const failure = failureOf(yield* Fiber.await(fiber))
          if (failure !== undefined) return yield* failure
        }
        if (Exit.isFailure(exit) || committed(end[0])) return yield* exit
        const failure = failureOf(end[0])
        if (failure === undefined)
          return yield* Effect.die(new Error("a failed statement was ignored and its transaction committed"))
        return yield* lostConnection(failure) ? orUnavailable(failure, true) : Effect.fail(failure)
      })
    )

  const again = { times: maxRetries, schedule: Schedule.jittered(Schedule.exponential(retryBaseMs)) }

  return Sessions.of({
    sql,
    single: (runAs, mode, statement) =>
      Effect.retry(single(runAs, mode, statement), {
        while: (error) => error._tag === "SqlError" && isContention(error),
        ...again
      }),
    transaction: <A, E, R>(runAs: RunAs, body: Effect.Effect<A, E, R>) =>
      Effect.catch(
        Effect.retry(attempt(runAs, body), {
          while: (error) => SqlError.isSqlError(error) && isContention(error),
          ...again
        }),
        (error) =>
          SqlError.isSqlError(error)
            ? orUnavailable(error, false)
            : // Narrowed by the test above, which the compiler does not carry into a type parameter.
              Effect.fail(error as Exclude<E, SqlError.SqlError> | Unavailable)
      ),
    ping: withSession((session) =>
      Effect.flatMap(
        pipeline(session, silenceMs, [["select 1", []]]),
        (answers): Effect.Effect<void, Unavailable | SqlError.SqlError> => {
          if (answers === silence) return Effect.andThen(pool.invalidate(session), Effect.fail(unanswered(false)))
          const failure = failureOf(answers[0])
          return failure === undefined ? Effect.void : Effect.fail(failure)
        }
      )
    )
  })
})
