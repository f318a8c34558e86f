/** Statements on one session, written together and answered in order. */
import type * as PgConnection from "@effect/sql-pg/PgConnection"
import { Effect, Stream } from "effect"
import type { Exit } from "effect"
import { SqlError } from "effect/sql"
import type { SqlConnection } from "effect/sql"

export type Session = PgConnection.PgConnection
export type Query = readonly [text: string, params: ReadonlyArray<unknown>]
export type Answer = Exit.Exit<PgConnection.Result, SqlError.SqlError>

/** The session said nothing for too long; it must not be used again. */
export const silence = "silence"

/**
 * Sends all queries in one write. Interrupting it does not take a query back: whoever interrupts must end the transaction, which
 * the server reads after it.
 */
export const pipeline = (
  session: Session,
  silenceMs: number,
  queries: ReadonlyArray<Query>
): Effect.Effect<ReadonlyArray<Answer> | typeof silence> =>
  Effect.callback((resume) => {
    const answers: Array<Answer> = []
    let left = queries.length
    const timer = setTimeout(() => resume(Effect.succeed(silence)), silenceMs)
    for (const [index, [text, params]] of queries.entries()) {
      // A fiber that starts here and now: its query is queued before the next one's.
      Effect.runFork(session.query(text, params)).addObserver((exit) => {
        answers[index] = exit
        left--
        if (left > 0) return
        clearTimeout(timer)
        resume(Effect.succeed(answers))
      })
    }
    return Effect.sync(() => clearTimeout(timer))
  })

const silent = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({ cause: new Error("no answer in time"), operation: "query" })
})

/** What statements inside a transaction run on. `onSilence` is told when the session is to be given up. */
export const connection = (session: Session, silenceMs: number, onSilence: () => void): SqlConnection.Connection => {
  const query = (text: string, params: ReadonlyArray<unknown>) =>
    Effect.flatMap(pipeline(session, silenceMs, [[text, params]]), (answers) => {
      if (answers === silence || answers[0] === undefined) {
        onSilence()
        return Effect.fail(silent)
      }
      return answers[0]
    })
  const rows = (text: string, params: ReadonlyArray<unknown>) => Effect.map(query(text, params), (result) => result.rows)
  const values = (text: string, params: ReadonlyArray<unknown>) => session.queryValues(text, params)
  return {
    execute: rows,
    executeUnprepared: rows,
    executeRaw: query,
    executeValues: values,
    executeValuesUnprepared: values,
    executeStream: () => Stream.die(new Error("rows are not streamed inside a transaction"))
  }
}
