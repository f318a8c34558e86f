/** What is worth showing of a run beside its folded state. */
import type { RunEvent } from "@parley/domain/RunEvent"
import { ownerRestarted } from "@parley/domain/ownerRestarted"
import { last } from "../last.ts"
import type { RunSnapshot, ToolCallDraft } from "./RunSnapshot.ts"

export type RunNotes = Pick<RunSnapshot, "switches" | "toolResults" | "toolCallDrafts">

export const nothingNoted: RunNotes = { switches: [], toolResults: [], toolCallDrafts: [] }

export const noteEvent = (notes: RunNotes, event: RunEvent): RunNotes => {
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

/** The owner of the run was lost, and another one goes on with the same model. */
export const noteOwner = (notes: RunNotes, model: string): RunNotes =>
  noteEvent(notes, { type: "provider-switch", from: model, to: model, reason: ownerRestarted })

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
