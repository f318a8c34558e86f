/** What the dialog of parameters holds. */
import { describe, expect, it } from "vitest"
import type { Prompt } from "../../src/client/sdk.ts"
import { resetDraft, withPreset } from "../../src/features/models/parametersDraft.ts"

const preset = (given: Pick<Prompt, "model" | "text">): Prompt => ({
  id: "prm_teacher",
  kind: "preset",
  name: "Teacher",
  parameters: { temperature: 0.3 },
  isShared: false,
  ownerId: "pri_1",
  ownerName: "Ada",
  createdAtMs: 0,
  updatedAtMs: 0,
  ...given
})

describe("a preset that is taken over", () => {
  it("brings its model, prompt and parameters, and is the one that is shown", () => {
    const taken = withPreset(resetDraft, preset({ model: "openai/gpt-5", text: "As to a child." }))
    expect(taken).toEqual({
      value: { model: "openai/gpt-5", systemPrompt: "As to a child.", parameters: { temperature: 0.3 } },
      presetId: "prm_teacher"
    })
  })

  it("leaves no model of another one behind", () => {
    const before = withPreset(resetDraft, preset({ model: "openai/gpt-5", text: "One" }))
    expect(withPreset(before, preset({ model: null, text: "Two" })).value).toEqual({
      systemPrompt: "Two",
      parameters: { temperature: 0.3 }
    })
    expect(withPreset(before, undefined)).toEqual({
      value: { systemPrompt: "One", parameters: { temperature: 0.3 } },
      presetId: ""
    })
  })

  it("is not shown any more after all was set back", () => {
    expect(resetDraft).toEqual({ value: { systemPrompt: null, parameters: {} }, presetId: "" })
  })
})
