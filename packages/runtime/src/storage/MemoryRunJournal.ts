/**
 * `RunJournal` in this process's memory: for tests, and for a process that may lose partial answers. It does not know when runs close, so
 * `dropClosedBefore` drops what was last written before that time.
 */
import { Clock, Effect, Layer } from "effect"
import { RunJournal } from "./RunJournal.ts"
import type { JournalEntry } from "./RunJournal.ts"

/** Runs held at most; past it the one that was written to least recently is dropped. */
const maxRuns = 10_000

interface Held {
  /** In order of the epochs' first entries, or as one succeeded another; each epoch's by seq. */
  readonly epochs: Map<string, Map<number, JournalEntry>>
  writtenAtMs: number
}

const layer: Layer.Layer<RunJournal> = Layer.sync(RunJournal, () => {
  const runs = new Map<string, Held>()
  const keyOf = (entry: Pick<JournalEntry, "tenantId" | "runId">) => `${entry.tenantId}/${entry.runId}`

  const open = (key: string, nowMs: number): Held => {
    const held = runs.get(key) ?? { epochs: new Map<string, Map<number, JournalEntry>>(), writtenAtMs: nowMs }
    held.writtenAtMs = nowMs
    runs.delete(key)
    runs.set(key, held)
    const [oldest] = runs.keys()
    if (runs.size > maxRuns && oldest !== undefined) runs.delete(oldest)
    return held
  }
  const epochOf = ({ epochs }: Held, name: string): Map<number, JournalEntry> => {
    const epoch = epochs.get(name) ?? new Map<number, JournalEntry>()
    epochs.set(name, epoch)
    return epoch
  }
  const write = (entry: JournalEntry, nowMs: number): void => {
    const epoch = epochOf(open(keyOf(entry), nowMs), entry.epoch)
    if (!epoch.has(entry.seq)) epoch.set(entry.seq, entry)
  }

  return RunJournal.of({
    append: (entries) =>
      Effect.map(Clock.currentTimeMillis, (nowMs) => {
        for (const entry of entries) write(entry, nowMs)
      }),
    succeed: (tenantId, runId, { from, to }) =>
      Effect.map(Clock.currentTimeMillis, (nowMs) => {
        const held = open(keyOf({ tenantId, runId }), nowMs)
        for (const epoch of [from, to]) epochOf(held, epoch)
      }),
    read: (tenantId, runId) =>
      Effect.sync(() =>
        [...(runs.get(keyOf({ tenantId, runId }))?.epochs.values() ?? [])].flatMap((epoch) =>
          [...epoch.values()].toSorted((a, b) => a.seq - b.seq)
        )
      ),
    dropClosedBefore: (timeMs) =>
      Effect.sync(() => {
        for (const [key, held] of runs) if (held.writtenAtMs < timeMs) runs.delete(key)
      })
  })
})

export const MemoryRunJournal = { layer }
