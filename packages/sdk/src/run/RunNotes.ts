/** What is worth showing of a run beside its folded state. */
import type { RunEvent } from "@parley/domain/RunEvent"
import type { RunState } from "@parley/domain/RunFrame"
import { ownerRestarted } from "@parley/domain/ownerRestarted"
import { last } from "../last.ts"
import type { RunSnapshot, ToolCallDraft } from "./RunSnapshot.ts"

export interface RunNotes extends Pick<RunSnapshot, "switches" | "toolResults" | "toolCallDrafts"> {
  /** With this model, if it does: the run has another owner, which may also only close it. */
  readonly mayGoOnWith: string | null
}

export const nothingNoted: RunNotes = { switches: [], toolResults: [], toolCallDrafts: [], mayGoOnWith: null }

export const noteEvent = (before: RunNotes, event: RunEvent): RunNotes => {
  const notes = goneOn(before, event)
  switch (event.type) {
    case "provider-switch":
      return {
        ...notes,
        switches: isToldTwice(notes, event) ? notes.switches : [...notes.switches, event],
        toolCallDrafts: event.restart === true ? [] : notes.toolCallDrafts
      }
    case "tool-result":
      return { ...notes, toolResults: [...notes.toolResults, event] }
    case "tool-call-delta":
      return { ...notes, toolCallDrafts: drafted(notes.toolCallDrafts, event) }
    case "tool-call":
      return { ...notes, toolCallDrafts: notes.toolCallDrafts.filter(({ index }) => index !== event.index) }
    default:
      return notes
  }
}

/** By a snapshot's epoch the run has another owner. What that told of itself may be in the snapshot, which tells no events. */
export const noteOwner = (notes: RunNotes, model: string): RunNotes => ({ ...notes, mayGoOnWith: model })

/** All that was told until now, as one. */
export const noteState = (notes: RunNotes, { terminal }: RunState): RunNotes => {
  const noted = terminal === null ? notes : goneOn(notes, terminal)
  return { ...noted, toolCallDrafts: [] }
}

/** An owner that only closes the run tells what it is billed for, and that it failed. */
const goneOn = (notes: RunNotes, { type }: RunEvent): RunNotes => {
  const { mayGoOnWith: model } = notes
  if (model === null || type === "usage" || type === "run-fail") return notes
  return noteEvent({ ...notes, mayGoOnWith: null }, { type: "provider-switch", from: model, to: model, reason: ownerRestarted })
}

/** That there is another owner, by a snapshot's epoch and then by the owner itself; of several one after the other it is one note, too. */
const isToldTwice = ({ switches }: RunNotes, { reason }: { readonly reason: string }): boolean =>
  reason === ownerRestarted && last(switches)?.reason === ownerRestarted

const drafted = (
  drafts: ReadonlyArray<ToolCallDraft>,
  { arguments: text, id, index, name }: Extract<RunEvent, { readonly type: "tool-call-delta" }>
): ReadonlyArray<ToolCallDraft> => {
  const at = drafts.findIndex((draft) => draft.index === index)
  const before = drafts[at]
  if (before === undefined) return [...drafts, { index, id: id ?? null, name: name ?? null, arguments: text }]
  const next = { index, id: id ?? before.id, name: name ?? before.name, arguments: before.arguments + text }
  return drafts.map((draft, place) => (place === at ? next : draft))
}
