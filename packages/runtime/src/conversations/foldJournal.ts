/** The partial answer that a run's journal holds. */
import type { Epoch, MessageId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import { foldRunEvents, initialRunState } from "@parley/domain/foldRun"
import type { RunState } from "@parley/domain/RunFrame"
import type { JournalEntry } from "../storage/RunJournal.ts"

export interface JournaledRun {
  readonly state: RunState
  /** The last number that the journal holds without a gap; 0 when it holds nothing. */
  readonly seq: number
  /** Owners that wrote to it. */
  readonly epochs: number
  /** The last of them in a row that added nothing to the answer. */
  readonly idleEpochs: number
}

/**
 * Entries come by age of epoch, then seq. An epoch begins where its owner took over, so what an older one still wrote from there on is not
 * part of the answer. What follows a gap is left out.
 */
export const foldJournal = (messageId: MessageId, model: string, entries: ReadonlyArray<JournalEntry>): JournaledRun => {
  let kept: Array<JournalEntry> = []
  let epoch: Epoch | undefined
  let epochs = 0
  let idleEpochs = 0
  for (const entry of entries) {
    if (entry.epoch !== epoch) {
      epoch = entry.epoch
      epochs++
      idleEpochs++
      kept = kept.filter((earlier) => earlier.seq < entry.seq)
    }
    kept.push(entry)
    if (entry.events.some(isContent)) idleEpochs = 0
  }
  const events: Array<RunEvent> = []
  let seq = 0
  for (const entry of kept) {
    if (entry.seq !== seq + 1) break
    events.push(...entry.events)
    seq = entry.seq + entry.count - 1
  }
  return { state: foldRunEvents(initialRunState(messageId, model), events), seq, epochs, idleEpochs }
}

const isContent = (event: RunEvent): boolean => contentTypes.has(event.type)
const contentTypes: ReadonlySet<RunEvent["type"]> = new Set(["text-delta", "reasoning-delta", "tool-call-delta", "tool-call"])
