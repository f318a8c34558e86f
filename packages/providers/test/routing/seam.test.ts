import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { continuePrompt, isContinuable } from "../../src/routing/continuation.ts"
import { maxOverlap, Seam } from "../../src/routing/Seam.ts"

/** All that the seam lets through of a continuation that comes in these pieces. */
const sewn = (before: string, pieces: ReadonlyArray<string>, leftOff = 0): string => {
  const seam = new Seam(before, leftOff)
  return before + pieces.map((piece) => seam.push(piece)).join("") + seam.flush()
}

const rows: ReadonlyArray<readonly [says: string, before: string, after: string, whole: string]> = [
  ["goes on where it stopped", "The quick brown", " fox jumps", "The quick brown fox jumps"],
  [
    "tells the last sentence again",
    "It was late. Nobody came home",
    "Nobody came home that day.",
    "It was late. Nobody came home that day."
  ],
  ["tells the last, broken word again", "The wea", "weather is fine", "The weather is fine"],
  ["begins with the letter that ended the text", "I met Anna", "a friend", "I met Annaa friend"],
  ["says a short word twice on purpose", "It was very ", "very good", "It was very very good"],
  ["repeats all of it", "Hello there, you", "Hello there, you all", "Hello there, you all"],
  ["has nothing to add but the repetition", "Hello there, you", "Hello there, you", "Hello there, you"],
  ["looks like a repetition and is none", "one two three four five", "three four six", "one two three four fivethree four six"]
]

describe("a continuation", () => {
  it.each(rows)("that %s leaves nothing doubled and nothing missing", (_says, before, after, whole) => {
    assert.strictEqual(sewn(before, [after]), whole)
    assert.strictEqual(sewn(before, [...after]), whole)
  })

  it("gives back white space that the model was not shown, once", () => {
    assert.strictEqual(sewn("The quick brown ", [" fox"], 1), "The quick brown fox")
    assert.strictEqual(sewn("The quick brown ", ["fox"], 1), "The quick brown fox")
    assert.strictEqual(sewn("One.\n\n", ["\n\nTwo."], 2), "One.\n\nTwo.")
  })

  it("holds back no more than the longest repetition that is looked for", () => {
    const seam = new Seam("a".repeat(5_000))
    let told = 0
    for (let n = 0; n < maxOverlap + 1; n++) told += seam.push("a").length
    assert.isAtLeast(told, 1)
  })

  const Pieces = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))).check(
    Schema.isMinLength(4),
    Schema.isMaxLength(30)
  )
  it.prop(
    "is sewn on exactly, however it is cut and however much it repeats",
    [
      Pieces,
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 29 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))
    ],
    ([numbers, cutAt, repeated]) => {
      // Every word occurs once, so that there is one right answer.
      const words = numbers.map((number, at) => `w${at}x${number} `)
      const cut = Math.min(cutAt, words.length - 1)
      const before = words.slice(0, cut).join("")
      const again = words.slice(Math.max(0, cut - repeated), cut)
      // One word told again, and ended with white space, is taken for chance: the shortest that is not has twelve characters.
      const after = again.join("").length < 12 ? words.slice(cut) : [...again, ...words.slice(cut)]
      assert.strictEqual(sewn(before, after), words.join(""))
    }
  )
})

it("an answer is gone on with when it is text; a call or a JSON text has to begin again", () => {
  assert.isTrue(isContinuable({ text: "Hello", hasCalls: false }, {}))
  assert.isFalse(isContinuable({ text: " \n", hasCalls: false }, {}))
  assert.isFalse(isContinuable({ text: "Hello", hasCalls: true }, {}))
  assert.isFalse(isContinuable({ text: '{"a":', hasCalls: false }, { responseFormat: { type: "json" } }))
  assert.isTrue(isContinuable({ text: "Hello", hasCalls: false }, { responseFormat: { type: "text" } }))
})

it("a model that goes on by itself is shown the answer alone, without white space at its end; another is told to go on", () => {
  const asked = [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }]
  assert.deepStrictEqual(continuePrompt(asked, "Hello ", true), [
    ...asked,
    { role: "assistant", content: [{ type: "text", text: "Hello" }] }
  ])
  const told = continuePrompt(asked, "Hello ")
  assert.deepStrictEqual([told.length, told[1]?.content[0], told[2]?.role], [3, { type: "text", text: "Hello " }, "user"])
})
