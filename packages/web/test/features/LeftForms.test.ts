import { describe, expect, it } from "vitest"
import { LeftForms } from "../../src/features/prompts/LeftForms.ts"

describe("forms that were left", () => {
  it("are as many as there may be: the one into which nothing was typed for longest goes", () => {
    const forms = new LeftForms<string>(2)
    forms.leave("a", "one")
    forms.leave("b", "two")
    forms.leave("a", "once more")
    forms.leave("c", "three")
    expect(["a", "b", "c"].map((form) => forms.get(form))).toEqual(["once more", undefined, "three"])
  })

  it("are forgotten with what they were forgotten with, and with nothing that was typed since", () => {
    const forms = new LeftForms<string>(2)
    forms.leave("a", "one")
    forms.leave("a", "another")
    forms.forget("a", "one")
    expect(forms.get("a")).toBe("another")
    forms.forget("a", "another")
    expect(forms.get("a")).toBeUndefined()
  })
})
