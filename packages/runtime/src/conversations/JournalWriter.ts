/**
 * Writes what is new of all runs into the journal, in inserts of many runs each, off the hot path. While the journal is away, a run's
 * unwritten events stay joined in its own log, so that what waits is never more than the answers themselves; at most one insert is held besides.
 */
import { Context, Effect, Latch, Layer, Semaphore } from "effect"
import type { TenantId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import { RunJournal } from "../storage/RunJournal.ts"
import type { JournalEntry } from "../storage/RunJournal.ts"
import { ConversationLimits } from "./ConversationLimits.ts"
import type { RunLog } from "./RunLog.ts"

/** Entries of one insert: to take and encode more at once would hold up the tokens that are due meanwhile. */
const maxEntries = 125

export class JournalWriter extends Context.Service<
  JournalWriter,
  {
    /** From now on the log's events are journaled, until its `endJournal`. */
    readonly register: (tenantId: TenantId, log: RunLog) => void
    /** Everything flushed so far is written, if the journal takes it. */
    readonly settle: Effect.Effect<void>
  }
>()("@parley/runtime/conversations/JournalWriter") {
  static readonly layer = Layer.effect(
    JournalWriter,
    Effect.gen(function* () {
      const journal = yield* RunJournal
      const limits = yield* ConversationLimits
      const dirty = new Map<RunLog, TenantId>()
      let unwritten: ReadonlyArray<JournalEntry> = []
      let isAway = false
      const hasWork = Latch.makeUnsafe(false)
      const writer = Semaphore.makeUnsafe(1)

      /** The next insert: as many of the dirty logs as fit. */
      const take = (): ReadonlyArray<JournalEntry> => {
        const entries: Array<JournalEntry> = []
        let chars = 0
        for (const [log, tenantId] of dirty) {
          if (chars > limits.maxJournalInsertChars || entries.length >= maxEntries) break
          dirty.delete(log)
          const slice = log.takeJournal()
          if (slice === undefined) continue
          entries.push({ tenantId, runId: log.identity.runId, epoch: log.identity.epoch, ...slice })
          for (const event of slice.events) chars += charsOf(event)
        }
        return entries
      }

      /** One insert: how many entries were written; 0 when there was nothing, or it failed. */
      const writeOne = writer.withPermit(
        Effect.suspend(() => {
          if (unwritten.length === 0) unwritten = take()
          if (unwritten.length === 0) return Effect.succeed(0)
          return Effect.matchEffect(journal.append(unwritten), {
            onSuccess: () => {
              const written = unwritten.length
              unwritten = []
              const wasAway = isAway
              isAway = false
              return Effect.as(wasAway ? Effect.logInfo("The run journal is back") : Effect.void, written)
            },
            onFailure: (error) => {
              const wasAway = isAway
              isAway = true
              return Effect.as(
                wasAway ? Effect.void : Effect.logWarning("The run journal cannot be written; it is tried again", error),
                0
              )
            }
          })
        })
      )
      const settle = Effect.uninterruptible(Effect.repeat(writeOne, { until: (written) => written === 0 || dirty.size === 0 }))

      /** What is new now, one insert after the other with the pauses that the bound asks for between them: in one go they would hold up tokens. */
      const round = Effect.gen(function* () {
        let left = dirty.size + unwritten.length
        while (true) {
          const written = yield* Effect.uninterruptible(writeOne)
          left -= written
          const paceMs = (written * 1000) / limits.maxJournalEntriesPerSecond
          if (written === 0 || left <= 0 || dirty.size === 0) return Math.max(0, paceMs - limits.journalIntervalMs)
          yield* Effect.sleep(paceMs)
        }
      })

      yield* Effect.gen(function* () {
        yield* hasWork.await
        yield* Effect.sleep(limits.journalIntervalMs)
        hasWork.closeUnsafe()
        const pauseMs = yield* round
        if (pauseMs > 0) yield* Effect.sleep(pauseMs)
        if (dirty.size > 0 || unwritten.length > 0) hasWork.openUnsafe()
      }).pipe(Effect.forever, Effect.forkScoped)
      yield* Effect.addFinalizer(() => settle)

      return JournalWriter.of({
        register: (tenantId, log) => {
          log.onJournal = () => {
            dirty.set(log, tenantId)
            hasWork.openUnsafe()
          }
        },
        settle: Effect.asVoid(settle)
      })
    })
  )
}

const charsOf = (event: RunEvent): number =>
  event.type === "text-delta" || event.type === "reasoning-delta"
    ? event.text.length
    : event.type === "tool-call" || event.type === "tool-call-delta"
      ? event.arguments.length
      : 100
