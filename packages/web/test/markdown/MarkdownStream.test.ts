/** Blocks are lexed as they come, and end as those of the whole text. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { lexMarkdown } from "../../src/markdown/lexMarkdown.ts"
import { MarkdownStream } from "../../src/markdown/MarkdownStream.ts"

/** What models write, whole and broken, with everything that a later line may change. */
const pieces = [
  "A paragraph of words.",
  "with **bold** and `code`",
  "# Heading",
  "Setext\n---",
  "- item\n- other",
  "1. one\n2. two",
  "   - nested",
  "   continued",
  "2",
  "2. late",
  "> quote",
  "lazy",
  "```ts\nconst a = 1\n\nconst b = 2\n```",
  "```",
  "~~~",
  "    indented",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "| a | b |",
  "|---|---|",
  "<div>",
  "</div>",
  "$$\nx^2\n$$",
  "$$",
  "cost is $5 or $6",
  "[text](http://a.example",
  "[ref]: http://b.example",
  "[ref]",
  "---",
  "***",
  "\t tab",
  "😀 é\u0301",
  "- [ ] task"
]
const gaps = ["\n", "\n\n", "\n\n\n", " ", "", "\r\n", "\n  \n"]

const text = fc
  .array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...gaps)), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.flat().join(""))

const plain = (tokens: ReadonlyArray<unknown>): unknown => JSON.parse(JSON.stringify(tokens))
const whole = (given: string) => plain([...lexMarkdown(given.replace(/\r\n|\r/g, "\n"))])

describe("MarkdownStream", () => {
  it("ends with the tokens of the whole text, however it was cut", () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(400), { maxLength: 20 }), (given, cuts) => {
        const stream = new MarkdownStream()
        for (const cut of cuts.map((at) => at % (given.length + 1)).sort((a, b) => a - b))
          stream.update(given.slice(0, cut), true)
        assert.deepStrictEqual(plain([...stream.update(given)]), whole(given))
      }),
      { numRuns: 2_000 }
    )
  })

  it("keeps the object of a block that is finished, so that it is not rendered again", () => {
    const stream = new MarkdownStream()
    const [first] = stream.update("One.\n\nTwo is being wri", true)
    const [again] = stream.update("One.\n\nTwo is being written.\n\nThree", true)
    assert.strictEqual(again, first)
  })

  it("begins anew when the text is another one", () => {
    const stream = new MarkdownStream()
    stream.update("One.\n\nTwo.\n\nThree.\n", true)
    assert.deepStrictEqual(plain([...stream.update("Other.\n\nText.")]), whole("Other.\n\nText."))
  })

  it("shows half a character, an open mark and half a link as if they were whole or not there", () => {
    const shown = (given: string) =>
      new MarkdownStream()
        .update(given, true)
        .map(({ raw }) => raw)
        .join("")
    assert.strictEqual(shown("Hello \ud83d"), "Hello ")
    assert.strictEqual(shown("It is **very"), "It is **very**")
    assert.strictEqual(shown("It is **"), "It is ")
    assert.strictEqual(shown("see [the page](http://exam"), "see the page")
    assert.strictEqual(shown("run `npm"), "run `npm`")
    assert.strictEqual(shown("```\nlet **a"), "```\nlet **a")
  })

  it("lexes a line of 100,000 characters, and marks that would be matched for seconds, as plain text", () => {
    for (const line of ["a ".repeat(50_000), "*a".repeat(50_000), "[".repeat(100_000), `a ${"`".repeat(99_999)}`]) {
      const [paragraph] = new MarkdownStream().update(line)
      assert.strictEqual(paragraph?.type, "paragraph")
      assert.deepStrictEqual(paragraph !== undefined && "tokens" in paragraph ? paragraph.tokens?.map(({ type }) => type) : [], [
        "text"
      ])
    }
  })
})
