/** What is folded beside an answer: thoughts, and what tools were asked. */
import { createElement } from "react"
import { renderToStaticMarkup } from "react-dom/server"
import { describe, expect, it } from "vitest"
import { readableJson } from "../../src/features/thread/readableJson.ts"

describe("what a tool was asked and answered", () => {
  it("is laid out whole before it is cut", () => {
    const long = JSON.stringify({ first: 1, rest: "x".repeat(30_000) })
    expect(readableJson(long).startsWith('{\n  "first": 1,\n')).toBe(true)
    expect(readableJson(long).length).toBeLessThan(20_010)
    expect(readableJson(long).endsWith(" …")).toBe(true)
  })

  it("is shown as it is where it is no JSON, or not all of it", () => {
    expect(readableJson('{"half": ')).toBe('{"half": ')
  })
})

describe("what is folded", () => {
  it("is not rendered while it is written, and is there once it is whole", async () => {
    const { Fold } = await import("../../src/features/thread/Fold.tsx")
    const fold = (live: boolean) =>
      renderToStaticMarkup(
        createElement(Fold, { live, summary: "Thoughts", children: createElement("p", null, "I should look it up") })
      )
    expect(fold(true)).not.toContain("look it up")
    expect(fold(false)).toContain("look it up")
  })
})
