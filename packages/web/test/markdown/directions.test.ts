/** Right to left beside left to right in one answer. */
import type { Token } from "marked"
import { createElement } from "react"
import { renderToStaticMarkup } from "react-dom/server"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { lexMarkdown } from "../../src/markdown/lexMarkdown.ts"

beforeEach(() => {
  vi.stubGlobal("document", new EventTarget())
  vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: false }))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

it("lets each block of an answer find its own direction", async () => {
  const { Block } = await import("../../src/markdown/Block.tsx")
  const tokens: ReadonlyArray<Token> = lexMarkdown("## שלום\n\nEnglish\n\n- עוד\n- more\n\n> quoted")
  const shown = tokens
    .map((token) => renderToStaticMarkup(createElement(Block, { token, live: false, dir: "auto" })))
    .filter((markup) => markup !== "")
  expect(shown.map((markup) => /^<\w+[^>]*?dir="auto"/.test(markup))).toEqual([true, true, true, true])
  // Within one nothing has a direction of its own: the browser would leave it out when it looks for the block's.
  for (const markup of shown) expect(markup.match(/dir=/g)).toHaveLength(1)
})
