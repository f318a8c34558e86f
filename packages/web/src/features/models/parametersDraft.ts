/** What the dialog of parameters holds until it is saved: what was set, and the preset that it was taken from. */
import type { ConversationInput, Prompt } from "../../client/sdk.ts"

export interface ParametersDraft {
  readonly value: ConversationInput
  /** Empty: none. */
  readonly presetId: string
}

/** Its model is the only one that a draft has: without it the conversation's own stays. `undefined`: no preset, and what was set stays. */
export const withPreset = ({ value }: ParametersDraft, preset: Prompt | undefined): ParametersDraft => {
  const { model: _, ...own } = value
  if (preset === undefined) return { value: own, presetId: "" }
  const { id, model, parameters, text } = preset
  return { value: { ...own, ...(model === null ? {} : { model }), systemPrompt: text, parameters }, presetId: id }
}

/** Everything as the model has it, and from no preset. */
export const resetDraft: ParametersDraft = { value: { systemPrompt: null, parameters: {} }, presetId: "" }
