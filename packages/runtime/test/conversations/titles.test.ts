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
    ["a\u0000b\u202Ec", "a b c"],
    ["x".repeat(100), `${"x".repeat(79)}…`],
    [`${"x".repeat(78)}\u{1F600}yz`, `${"x".repeat(78)}…`],
    ["x".repeat(80), "x".repeat(80)]
  ])("of %j is %j", (said, title) => {
    assert.strictEqual(titleOf(text(said)), title)
  })

  it("is not made of nothing", () => {
    for (const said of ["", "   ", "\n#\n---\n", "\u0000"]) assert.isUndefined(titleOf(text(said)))
    assert.isUndefined(titleOf([{ type: "image", url: "https://x/y.png" }]))
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
