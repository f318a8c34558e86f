/** A conversation that nobody named is named by what is said in it first. */
import { assert, describe, it } from "@effect/vitest"
import { AttachmentId } from "@parley/domain/Ids"
import { titleOf } from "../../src/conversations/giveTitle.ts"
import { text } from "./harness.ts"

describe("the title", () => {
  it.each([
    ["Hello", "Hello"],
    ["\n\n  # Plan  of\tattack \nmore", "Plan of attack"],
    ["> quoted", "quoted"],
    ["```\ncode", "code"],
    ["```js\nconst a = 1\n```", "const a = 1"],
    ["> ~~~ts title\n> let b", "let b"],
    ["```all in one``` line", "all in one line"],
    ["**bold** and *it* and _so_, ***both***, ~~gone~~ and `code`.", "bold and it and so, both, gone and code."],
    [
      "2 * 3 * 4, snake_case_name, __init__.py, f(**more) and g(**more)",
      "2 * 3 * 4, snake_case_name, __init__.py, f(**more) and g(**more)"
    ],
    ["* one of *many*", "one of many"],
    [
      "\u{1F469}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466} at home",
      "\u{1F469}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466} at home"
    ],
    ["\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645"],
    [`${"x".repeat(76)}\u{1F469}\u200D\u{1F469}yz`, `${"x".repeat(76)}\u{1F469}…`],
    ["a\u0000b\u202Ec", "a b c"],
    ["x".repeat(100), `${"x".repeat(79)}…`],
    [`${"x".repeat(78)}\u{1F600}yz`, `${"x".repeat(78)}…`],
    ["x".repeat(80), "x".repeat(80)]
  ])("of %j is %j", (said, title) => {
    assert.strictEqual(titleOf(text(said)), title)
  })

  it("is not made of nothing", () => {
    for (const said of ["", "   ", "\n#\n---\n", "\u0000", "\u200D", "```\n```"]) assert.isUndefined(titleOf(text(said)))
    assert.isUndefined(titleOf([{ type: "image", url: "https://x/y.png" }]))
  })

  it("of a very long line of marks is cut like any other", () => {
    assert.strictEqual(titleOf(text("*a ".repeat(100_000)))?.length, 80)
  })

  it("is what was said about a file, and the file's name where nothing was", () => {
    const file = {
      type: "file" as const,
      attachmentId: AttachmentId.make(`att_${"0".repeat(26)}`),
      name: "notes.txt",
      contentType: "text/plain",
      bytes: 3
    }
    assert.strictEqual(titleOf([file, { type: "text", text: "What is it?" }]), "What is it?")
    assert.strictEqual(titleOf([file]), "notes.txt")
  })
})
