/** The partial answer that a run's journal holds, and the calls that were made for it. */
import type { AssistantPart } from "@parley/domain/Content"
import { textOf } from "@parley/domain/Content"
import type { Epoch, MessageId } from "@parley/domain/Ids"
import type { RunEvent } from "@parley/domain/RunEvent"
import { foldRun, foldRunEvents, initialRunState } from "@parley/domain/foldRun"
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
  /** Those that said something and are not accounted for by `state.usage`, in order. */
  readonly calls: ReadonlyArray<LostCall>
}

/** A call whose owner was lost before it could say what was used. */
export interface LostCall {
  /** Who was asked, `provider/model`, where the journal knows it. */
  readonly target: string | undefined
  /** What had been told before, which it went on with; empty when it began. */
  readonly before: string
  readonly content: ReadonlyArray<AssistantPart>
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
  const whole: Array<JournalEntry> = []
  let seq = 0
  for (const entry of kept) {
    if (entry.seq !== seq + 1) break
    whole.push(entry)
    seq = entry.seq + entry.count - 1
  }
  const events = whole.flatMap((entry) => entry.events)
  const initial = initialRunState(messageId, model)
  return { state: foldRunEvents(initial, events), seq, epochs, idleEpochs, calls: callsIn(initial, whole) }
}

/** A call ends where another target, or another owner, goes on; and what was accounted is no more of interest. */
const callsIn = (initial: RunState, entries: ReadonlyArray<JournalEntry>): ReadonlyArray<LostCall> => {
  let calls: Array<LostCall> = []
  let state = initial
  let target: string | undefined
  let before = ""
  let own: Array<RunEvent> = []
  const end = (): void => {
    const { content } = foldRunEvents(initial, own)
    if (content.length > 0) calls.push({ target, before, content })
    own = []
    target = undefined
    before = textOf(state.content)
  }
  for (const entry of entries) {
    for (const event of entry.events) {
      if (event.type === "provider-switch") {
        // An owner that goes on with its predecessor's answer names the question's model, as which nobody need have been called.
        const isNamed = event.from !== event.to
        if (isNamed) target = event.from
        state = foldRun(state, event)
        end()
        if (isNamed) target = event.to
        continue
      }
      if (event.type === "run-start") end()
      state = foldRun(state, event)
      if (event.type === "run-start") before = ""
      else if (event.type === "usage") {
        const speaking = target
        end()
        calls = []
        target = speaking
      } else own.push(event)
    }
    target ??= own.some(isContent) ? entry.target : undefined
  }
  end()
  return calls
}

const isContent = (event: RunEvent): boolean => contentTypes.has(event.type)
const contentTypes: ReadonlySet<RunEvent["type"]> = new Set(["text-delta", "reasoning-delta", "tool-call-delta", "tool-call"])
