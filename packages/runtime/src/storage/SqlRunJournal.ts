/** `RunJournal` in Postgres. */
import { Effect, Layer, Schema } from "effect"
import { Epoch } from "@parley/domain/Ids"
import { RunEvent } from "@parley/domain/RunEvent"
import { decodeRows } from "./decodeRows.ts"
import { RunJournal } from "./RunJournal.ts"
import type { JournalEntry } from "./RunJournal.ts"
import { SystemSql } from "./SystemSql.ts"
import { TenantSql } from "./TenantSql.ts"

/** Entries of one insert; a longer append is several, each whole. */
const maxBatch = 1_000
/** Runs whose journals one statement drops, so that it ends within its time, and statements of one round. */
const runsPerDrop = 500
const maxDrops = 200

/** An entry that holds nothing: where its epoch is among the others, which the insert of its first words decides for one that has none. */
const birth = { seq: 0, count: 0, events: [] } as const

const EntryRow = Schema.Struct({
  epoch: Epoch,
  seq: Schema.Int,
  count: Schema.Int,
  events: Schema.Array(RunEvent),
  target: Schema.NullOr(Schema.String)
})
const decodeEntries = decodeRows(EntryRow)

/**
 * All entries as one parameter: one array for each column would be encoded value by value here. Events are a string in it, for what is
 * read as JSON is not allowed to hold a NUL, not even escaped, and what is kept as JSON is.
 */
const encodeEntries = (entries: ReadonlyArray<JournalEntry>): string =>
  JSON.stringify(entries.map((entry) => ({ ...entry, events: JSON.stringify(entry.events) })))

const layer: Layer.Layer<RunJournal, never, TenantSql | SystemSql> = Layer.effect(
  RunJournal,
  Effect.gen(function* () {
    const tenantSql = yield* TenantSql
    const systemSql = yield* SystemSql

    // The entries of many tenants' runs go in one statement, hence as the system, which can append here and not read. Without waiting for the
    // disk: what it guards against is the death of this process, which Postgres outlives.
    const insert = (entries: ReadonlyArray<JournalEntry>) =>
      systemSql.transaction((sql) =>
        Effect.andThen(
          sql`select set_config('synchronous_commit', 'off', true)`,
          sql`
            insert into run_journal (tenant_id, run_id, epoch, seq, count, events, target)
            select "tenantId", "runId", epoch, seq, count, events::json, target
            from json_to_recordset(${encodeEntries(entries)}::json) as entry (
              "tenantId" text, "runId" text, epoch text, seq int, count int, events text, target text
            )
            on conflict do nothing`
        )
      )

    return RunJournal.of({
      append: Effect.fn("RunJournal.append")(function* (entries) {
        for (let from = 0; from < entries.length; from += maxBatch) {
          yield* insert(entries.slice(from, from + maxBatch))
        }
      }),
      succeed: Effect.fn("RunJournal.succeed")((tenantId, runId, { from, to }) =>
        insert([from, to].map((epoch) => ({ tenantId, runId, epoch, ...birth })))
      ),
      read: Effect.fn("RunJournal.read")(function* (tenantId, runId) {
        const rows = yield* tenantSql.read(
          tenantId,
          (sql) => sql`
            select epoch, seq::float8 as seq, count, events, target
            from (
              select *, min(position) over (partition by epoch) as born from run_journal where run_id = ${runId}
            ) as entry
            where count > 0
            order by born, seq`
        )
        return (yield* decodeEntries(rows)).map(({ target, ...entry }) => ({
          tenantId,
          runId,
          ...entry,
          ...(target === null ? {} : { target })
        }))
      }),
      dropClosedBefore: Effect.fn("RunJournal.dropClosedBefore")(function* (timeMs) {
        for (let drops = 0; drops < maxDrops; drops++) {
          const rows = yield* systemSql.write(
            (sql) => sql`
              with over as (
                select distinct tenant_id, run_id from run_journal j where not exists (
                  select from runs r where r.tenant_id = j.tenant_id and r.id = j.run_id
                    and (r.status = 'running' or r.ended_at_ms >= ${timeMs}::bigint)
                ) limit ${runsPerDrop}
              )
              delete from run_journal j using over where j.tenant_id = over.tenant_id and j.run_id = over.run_id returning 1`
          )
          if (rows.length === 0) return
        }
      })
    })
  })
)

export const SqlRunJournal = { layer }
