/** Words, and where they are. */
import { assert, describe, it } from "@effect/vitest"
import { maxExcerptLength } from "@parley/domain/ConversationList"
import { excerptOf, highlightsOf, tsqueryOf, wordsOf } from "../../src/list/searchWords.ts"

describe("words", () => {
  it("are letters, digits and marks; the first eight count", () => {
    assert.deepStrictEqual(wordsOf("a-b c_d 'e' naïve e\u0301 1 2 3 4"), ["a", "b", "c", "d", "e", "naïve", "e\u0301", "1"])
    assert.strictEqual(tsqueryOf(["a", "b1"]), "'a':* & 'b1':*")
  })

  it("are found at their beginnings, whatever their case", () => {
    assert.deepStrictEqual(highlightsOf("Cat concat CATS", ["cat"]), [
      { start: 0, end: 3 },
      { start: 11, end: 14 }
    ])
    // Lower-casing this letter makes it longer: the whole word is marked.
    assert.deepStrictEqual(highlightsOf("\u0130stanbul", ["i"]), [{ start: 0, end: 8 }])
    assert.strictEqual(highlightsOf("a ".repeat(100), ["a"]).length, 20)
  })

  it("an excerpt has the first hit in it, and never half a character", () => {
    const text = `${"\u{1F600}".repeat(100)} needle ${"\u{1F600}".repeat(200)}`
    for (let lead = 0; lead < 2; lead++) {
      const { excerpt, highlights } = excerptOf("x".repeat(lead) + text, ["need"])
      assert.isTrue(excerpt.isWellFormed())
      assert.isAtMost(excerpt.length, maxExcerptLength)
      const [hit] = highlights
      assert.isDefined(hit)
      assert.strictEqual(excerpt.slice(hit.start, hit.end), "need")
    }
  })

  it("without a hit it is the beginning", () => {
    assert.deepStrictEqual(excerptOf("short", ["x"]), { excerpt: "short", highlights: [] })
    assert.deepStrictEqual(excerptOf("", ["x"]), { excerpt: "", highlights: [] })
  })
})
