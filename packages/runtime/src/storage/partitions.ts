/** The monthly partitions of what is partitioned by time. Rows outside all of them go to the default one, so a missing month loses nothing. */
import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { tenantTable } from "./migrations/tenantTable.ts"

/** This month's and so many of the next are there ahead of time. */
const monthsAhead = 3
/** Longest that making a partition waits for the writers of the table. */
const lockTimeout = "2s"

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

/** The first id of a time: as `@parley/domain/Ids` writes it, without its random end. */
export const firstId = (prefix: string, timeMs: number): string => {
  let time = ""
  for (let i = 0, rest = timeMs; i < 10; i++) {
    time = alphabet.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  return `${prefix}_${time}`
}

interface Month {
  readonly table: string
  readonly from: string
  readonly to: string
}

export const months = (nowMs: number, count: number): ReadonlyArray<Month> => {
  const now = new Date(nowMs)
  return Array.from({ length: count }, (_, offset) => {
    const start = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1))
    const end = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1)
    const label = start.toISOString().slice(0, 7).replace("-", "_")
    return { table: `messages_${label}`, from: firstId("msg", start.getTime()), to: firstId("msg", end) }
  })
}

/**
 * Makes the month's table, unless rows of that month are already in the default partition (a clock was wrong, or nobody made it in time) or the
 * table is in use for too long: then they stay where they are, which costs speed and nothing else.
 */
const makeMonth = ({ from, table, to }: Month): string => `
do $$ begin
  create table ${table} partition of messages for values from ('${from}') to ('${to}');
exception when check_violation or lock_not_available then null;
end $$`

/** As the owner of the tables. Answers with what it made. */
export const ensurePartitions = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const nowMs = yield* Clock.currentTimeMillis
  const made: Array<string> = []
  const exists = (table: string) => Effect.map(sql`select where to_regclass(${table}) is not null`, (rows) => rows.length > 0)
  yield* sql`select set_config('lock_timeout', ${lockTimeout}, true)`
  for (const month of months(nowMs, monthsAhead + 1)) {
    if (yield* exists(month.table)) continue
    yield* sql.unsafe(makeMonth(month))
    if (yield* exists(month.table)) {
      yield* tenantTable(sql, month.table)
      made.push(month.table)
    } else {
      yield* Effect.logWarning("A partition could not be made; its rows go to the default one", month.table)
    }
  }
  return made
})
