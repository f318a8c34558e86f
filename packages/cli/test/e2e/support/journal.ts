/** Waits until the journal at rest holds a text, by asking the database. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Redacted, Schedule } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"

/** Milliseconds between two questions, and how many are asked. */
const everyMs = 20
const attempts = 1_000

export const journalHolds = (url: string, text: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
    yield* sql<{
      held: boolean
    }>`select coalesce(bool_or(events::text like ${`%${text}%`}), false) as held from run_journal`.pipe(
      Effect.flatMap(([row]) => (row?.held === true ? Effect.void : Effect.fail("not yet"))),
      Effect.retry({ schedule: Schedule.spaced(everyMs), times: attempts })
    )
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
