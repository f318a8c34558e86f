/** What the database needs from time to time: next months' partitions, and the end of what has expired. Any process may do it; doing it twice is harmless. */
import { Clock, Effect, Layer } from "effect"
import type { Unavailable } from "@parley/domain/Errors"
import { dedupeWindowMs } from "./conversations/turnStatement.ts"
import { ensurePartitions } from "./partitions.ts"
import { SystemSql } from "./SystemSql.ts"

const intervalMs = 3_600_000
/** A room's events are kept this long; a client that was away for longer gets a snapshot. */
const roomEventsKeptMs = 7 * 86_400_000
/** Rows that one statement deletes (and those of the last one's millisecond), so that it holds no lock for long. */
const sweepRows = 5_000
const maxSweeps = 200

/** Sessions, links and invites are kept for so long after their end: then nobody asks about them any more. */
const endedKeptMs = 7 * 86_400_000

type Swept =
  | readonly [table: "client_messages" | "deleted_conversations" | "room_events", column: "at_ms"]
  | readonly [table: Ended, column: "expires_at_ms"]
type Ended = "sessions" | "sign_in_links" | "invites"

const sweep = (systemSql: SystemSql["Service"], [table, column]: Swept, beforeMs: number) =>
  Effect.gen(function* () {
    for (let sweeps = 0; sweeps < maxSweeps; sweeps++) {
      const rows = yield* systemSql.write(
        (sql) => sql`
          with last as (
            select max(${sql(column)}) as at_ms from (
              select ${sql(column)} from ${sql(table)} where ${sql(column)} < ${beforeMs}::bigint
              order by ${sql(column)} limit ${sweepRows}
            ) oldest
          )
          delete from ${sql(table)} expired using last where expired.${sql(column)} <= last.at_ms returning 1`
      )
      if (rows.length < sweepRows) return
    }
  })

/** One round, as tests and operators call it. */
const run: Effect.Effect<void, Unavailable, SystemSql> = Effect.gen(function* () {
  const systemSql = yield* SystemSql
  const nowMs = yield* Clock.currentTimeMillis
  const made = yield* systemSql.asOwner(ensurePartitions)
  if (made.length > 0) yield* Effect.logInfo("Made partitions", made)
  yield* sweep(systemSql, ["client_messages", "at_ms"], nowMs - dedupeWindowMs)
  // A device that may still make one under such an id has written its first message earlier, and sends that no later than a client message id is remembered.
  yield* sweep(systemSql, ["deleted_conversations", "at_ms"], nowMs - dedupeWindowMs)
  yield* sweep(systemSql, ["room_events", "at_ms"], nowMs - roomEventsKeptMs)
  for (const table of ["sessions", "sign_in_links", "invites"] as const) {
    yield* sweep(systemSql, [table, "expires_at_ms"], nowMs - endedKeptMs)
  }
}).pipe(Effect.withSpan("Maintenance.run"))

/** A round that fails, or dies (a row that stands in a new partition's way), is logged and tried again at the next hour. */
const layer: Layer.Layer<never, never, SystemSql> = Layer.effectDiscard(
  Effect.sleep(intervalMs).pipe(
    Effect.andThen(Effect.catchCause(run, (cause) => Effect.logError("Maintenance of the database failed", cause))),
    Effect.forever,
    Effect.forkScoped
  )
)

export const Maintenance = { layer, run }
