import { describe, expect, it } from "vitest"
import { typedInto } from "../../src/design/typedInto.ts"

type Modifier = "Alt" | "AltGraph" | "Control" | "Meta"

const pressed = (key: string, modifiers: ReadonlyArray<Modifier> = [], isComposing = false) => ({
  key,
  altKey: modifiers.includes("Alt"),
  ctrlKey: modifiers.includes("Control"),
  metaKey: modifiers.includes("Meta"),
  isComposing,
  getModifierState: (name: string) => modifiers.some((modifier) => modifier === name)
})

describe("what a key writes", () => {
  it.each([
    ["a letter", pressed("x"), "so 👋x"],
    ["one beyond the first plane", pressed("👍"), "so 👋👍"],
    ["the last character taken back", pressed("Backspace"), "so "],
    ["what Option makes of a key on a Mac", pressed("@", ["Alt"]), "so 👋@"],
    ["what Option and Shift make of one", pressed("Å", ["Alt"]), "so 👋Å"],
    ["what AltGr makes of a key, on Windows with Ctrl and Alt", pressed("@", ["Alt", "AltGraph", "Control"]), "so 👋@"],
    ["nothing with Ctrl", pressed("x", ["Control"]), "so 👋"],
    ["nothing with ⌘", pressed("x", ["Meta"]), "so 👋"],
    ["nothing with ⌘ and Option", pressed("≈", ["Alt", "Meta"]), "so 👋"],
    ["nothing with Ctrl and Alt", pressed("@", ["Alt", "Control"]), "so 👋"],
    ["nothing with Alt that leaves the key as it is", pressed("x", ["Alt"]), "so 👋"],
    ["nothing with Alt and the space bar, which opens the window's menu", pressed(" ", ["Alt"]), "so 👋"],
    ["nothing with Alt and a key that has a name", pressed("Backspace", ["Alt"]), "so 👋"],
    ["nothing with a key that has a name", pressed("ArrowLeft"), "so 👋"],
    ["nothing where it only begins an accent", pressed("Dead", ["Alt"]), "so 👋"],
    ["nothing while a word is composed", pressed("x", [], true), "so 👋"]
  ])("%s", (_, key, text) => {
    expect(typedInto("so 👋", key)).toBe(text)
  })

  it("has an end", () => {
    expect(typedInto("x".repeat(1_000), pressed("x"))).toHaveLength(1_000)
  })
})
