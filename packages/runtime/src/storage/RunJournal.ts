/**
 * The partial answers of running runs, for after a crash. Appended to in batches off the hot path; what was not yet written when a process
 * dies (one flush interval) is lost, which the run's new epoch tells its followers.
 */
import { Context } from "effect"
import type { Effect } from "effect"
import type { Epoch, RunId, TenantId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import type { Unavailable } from "@parley/domain/Errors"

/** Events `seq … seq + count - 1` of a run, adjacent text joined. */
export interface JournalEntry {
  readonly tenantId: TenantId
  readonly runId: RunId
  readonly epoch: Epoch
  readonly seq: number
  readonly count: number
  readonly events: ReadonlyArray<RunEvent>
  /** Who spoke last, `provider/model`, where a route chose that: a call that is lost is priced by it. */
  readonly target?: string
}

export class RunJournal extends Context.Service<
  RunJournal,
  {
    /** One insert for many runs; writing an entry again (same run, epoch, seq) changes nothing. */
    readonly append: (entries: ReadonlyArray<JournalEntry>) => Effect.Effect<void, Unavailable>
    /**
     * Before a run is taken over: from now on `from` is older than `to`, whatever is written under either and when. A lost owner that was frozen
     * before it wrote anything, and writes it later, would else come after its successor.
     */
    readonly succeed: (
      tenantId: TenantId,
      runId: RunId,
      epochs: { readonly from: Epoch; readonly to: Epoch }
    ) => Effect.Effect<void, Unavailable>
    /** All entries of a run in order of epoch's age and seq; an epoch's entries may begin above 1 only if an earlier one holds the start. */
    readonly read: (tenantId: TenantId, runId: RunId) => Effect.Effect<ReadonlyArray<JournalEntry>, Unavailable>
    /** Drops the journals of runs that closed before this time, Unix milliseconds. */
    readonly dropClosedBefore: (timeMs: number) => Effect.Effect<void, Unavailable>
  }
>()("@parley/runtime/storage/RunJournal") {}
