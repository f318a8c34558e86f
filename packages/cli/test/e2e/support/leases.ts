/** Waits until so many runners share all conversations, by asking the database. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Redacted, Schedule } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"

/** Milliseconds between two questions, and how many are asked. */
const everyMs = 50
const attempts = 600
/** Of effect/cluster: shards of a group. */
const shards = 300

export const runnersShare = (url: string, runners: number) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
    yield* sql<{
      held: number
      holders: number
    }>`select count(*)::int as held, count(distinct address)::int as holders from parley_cluster_locks`.pipe(
      Effect.flatMap(([row]) => (row?.held === shards && row.holders === runners ? Effect.void : Effect.fail("not yet"))),
      Effect.retry({ schedule: Schedule.spaced(everyMs), times: attempts })
    )
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
