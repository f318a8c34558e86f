import { assert, describe, it } from "@effect/vitest"
import { anchorMark, anchorOf, maxAnchor } from "../../src/routing/anchor.ts"
import { maxHeld, Seam } from "../../src/routing/Seam.ts"
import type { Continuing } from "../../src/routing/Seam.ts"

/** All that a client has of what was told before and a continuation that comes in these pieces. */
const sewn = (before: string, pieces: Iterable<string>, continuing?: Continuing): string => {
  const seam = new Seam(before, continuing)
  let told = before
  for (const piece of pieces) told += seam.push(piece)
  return told + seam.flush()
}

/** The same at once and letter by letter. */
const sewnAlike = (before: string, after: string, continuing?: Continuing): string => {
  const whole = sewn(before, [after], continuing)
  assert.strictEqual(sewn(before, after, continuing), whole)
  return whole
}

type Row = readonly [says: string, before: string, after: string, whole: string]

const tale = "The lighthouse keeper counted seventeen ships before dawn, and "

const rows: ReadonlyArray<Row> = [
  ["goes on where it stopped", "The quick brown", " fox jumps", "The quick brown fox jumps"],
  ["leaves out the space", `${tale}each`, "of them carried", `${tale}each of them carried`],
  ["leaves out the space after a name", tale.trimEnd(), "each of them", `${tale}each of them`],
  ["writes the space a second time", tale, " each of them", `${tale}each of them`],
  ["writes the last word again", tale, "and each of them", `${tale}each of them`],
  ["writes the last word again after a space", tale.trimEnd(), " and each of them", `${tale}each of them`],
  ["writes the last word again and breaks the line", tale, "and\neach of them", `${tale}\neach of them`],
  ["writes the last words again", `${tale}each of them`, "of them carried a cargo", `${tale}each of them carried a cargo`],
  ["writes the last sentence again", "It was late. Nobody came", "Nobody came home.", "It was late. Nobody came home."],
  ["writes the last, broken word again", "The wea", "weather is fine", "The weather is fine"],
  ["repeats all of it", "Hello there, you", "Hello there, you all", "Hello there, you all"],
  ["has nothing to add but the repetition", "Hello there, you", "Hello there, you", "Hello there, you"],
  ["begins with the letter that ended the text", "I met Anna", "a friend", "I met Anna a friend"],
  ["looks like a repetition and is none", "one three five", "three five four", "one three five four"],
  ["looks like the anchor and is none", "one two three", "one two four", "one two three one two four"],
  ["repeats more than the anchor", `${tale}each of them`, `${tale.slice(30)}each of them sank`, `${tale}each of them sank`],
  ["is of a script without spaces", "灯塔看守人 每艘都载着 ", "每艘都载着不同的货物", "灯塔看守人 每艘都载着 不同的货物"],
  ["goes on in a script without spaces", "灯塔看守人数了十七", "艘船", "灯塔看守人数了十七艘船"],
  ["goes on within a number", "It was 19", "84 then", "It was 1984 then"],
  ["begins with a mark of its own", "Well", "… I do not know", "Well… I do not know"],
  ["goes on with emoji", "Yes 👍", "👍👍 indeed", "Yes 👍👍👍 indeed"],
  ["tells nothing but white space", "The end.", " \n", "The end. \n"]
]

/** Whether these repeat or go on nobody can tell: what may be missing is worse than what stands there twice. */
const undecidable: ReadonlyArray<Row> = [
  ["of zeros", "row = [0, 0, 0, 0, 0, 0, ", "0, 0, 0, 0, 0, 1]", "row = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]"],
  ["of zeros, the last", "row = [0, 0, 0, ", "0, 1]", "row = [0, 0, 0, 0, 1]"],
  ["of one word", "no no no no ", "no no no no no no no no end", "no no no no no no no no no no no no end"],
  ["of a table", "| a | 0 | 0 | 0 | ", "0 | 0 | 0 |", "| a | 0 | 0 | 0 | 0 | 0 | 0 |"],
  ["of many zeros", `[${"0, ".repeat(200)}`, `${"0, ".repeat(300)}1]`, `[${"0, ".repeat(500)}1]`],
  ["of a word that comes twice more", "It was very ", "very very good", "It was very very very good"]
]

describe("a continuation", () => {
  it.each(rows)("that %s leaves nothing doubled and nothing missing", (_says, before, after, whole) => {
    assert.strictEqual(sewnAlike(before, after), whole)
  })

  it.each(undecidable)("%s loses nothing", (_says, before, after, whole) => {
    assert.strictEqual(sewnAlike(before, after), whole)
  })

  it("that begins with the last words as it was asked to is joined after them, with three dots or other white space too", () => {
    const anchor = anchorOf(tale)
    for (const mark of ["… ", "…", "...", " …", ""]) {
      assert.strictEqual(sewnAlike(tale, `${mark}${anchor} each`), `${tale}each`)
      assert.strictEqual(sewnAlike(tale, `${mark}${anchor.replace(" ", "\n")} each`), `${tale}each`)
    }
    assert.strictEqual(sewnAlike("no no no ", "…no no no no end"), "no no no no end")
  })

  it("that begins with fewer of the last words than it was asked to loses its mark", () => {
    assert.strictEqual(sewnAlike(`${tale}each of them`, "…of them carried"), `${tale}each of them carried`)
  })

  it("that says all of it again is recognised whatever its length, and nothing of it is kept meanwhile", () => {
    const before = Array.from({ length: 3_000 }, (_, n) => `item${n}`).join(" ")
    assert.strictEqual(sewnAlike(before, `${before} end`), `${before} end`)
    // It changes its mind: nothing is lost.
    assert.strictEqual(sewnAlike(before, `${before.slice(0, 9_000)}!`), `${before} ${before.slice(0, 9_000)}!`)
    assert.strictEqual(sewnAlike(before, ` ${before.slice(0, 9_000)}`), `${before} ${before.slice(0, 9_000)}`)
  })

  it("of a model that goes on by itself is told as it comes, but for white space that it was not shown", () => {
    assert.strictEqual(sewnAlike("The quick brown ", " fox", "begun"), "The quick brown fox")
    assert.strictEqual(sewnAlike("The quick brown ", "fox", "begun"), "The quick brown fox")
    assert.strictEqual(sewnAlike("One.\n\n", "\n\nTwo.", "begun"), "One.\n\nTwo.")
    assert.strictEqual(sewnAlike("It was very ", " very good", "begun"), "It was very very good")
    assert.strictEqual(sewnAlike("[0, 0, 0, 0, 0, 0, ", " 0, 0, 0, 0, 0, 1]", "begun"), "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]")
  })

  it("of a server that tells the beginning before what follows it loses that, and is told as it comes where it has none", () => {
    assert.strictEqual(sewnAlike("no no ", "no no no end", "echoes"), "no no no end")
    assert.strictEqual(sewnAlike("The quick ", " brown fox", "echoes"), "The quick brown fox")
    assert.strictEqual(sewnAlike("The quick ", "The quack", "echoes"), "The quick The quack")
  })

  it("is held back no longer than a bound, and not at all once it is decided", () => {
    const seam = new Seam(`b ${"a".repeat(5_000)}`)
    let told = 0
    for (let n = 0; n <= maxHeld + 1; n++) told += seam.push("a").length
    assert.isAtLeast(told, maxHeld)
    const spaces = new Seam(`x${" ".repeat(20_000)}`, "begun")
    assert.strictEqual(spaces.push(" ".repeat(maxHeld)), "")
    assert.isAbove(spaces.push(" ").length, 0)
    const decided = new Seam(tale)
    assert.strictEqual(decided.push("each"), "each")
    assert.strictEqual(decided.push(tale), tale)
  })
})

describe("the last words that a model is asked to begin with", () => {
  it("begin with a word, have no white space at their ends and are enough to be found again", () => {
    assert.strictEqual(anchorOf(tale), "counted seventeen ships before dawn, and")
    assert.strictEqual(anchorOf("\n Hello "), "Hello")
    assert.strictEqual(anchorOf(`row = [${"0, ".repeat(30)}`), `[${"0, ".repeat(30)}`.trimEnd())
    assert.isAtMost(anchorOf("0, ".repeat(1_000)).length, maxAnchor)
    assert.isFalse(/^[\udc00-\udfff]/.test(anchorOf("👍".repeat(40) + "x")))
  })
})

/** xorshift32, so that a failure is the same the next time. */
const seeded = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const vocabularies: Record<string, ReadonlyArray<string>> = {
  prose: ["the ", "cat ", "and ", "of ", "them ", "dawn, ", "ships. ", "Nobody ", "a\n\n", "very ", "I "],
  periodic: ["0, ", "no ", "0, ", "no "],
  unspaced: ["每艘", "都", "载着", "货物", " ", "哈哈", "。"],
  emoji: ["👍", "👩‍👧", "a", " ", "é", "🎉🎉"],
  spaces: ["  ", "\n", "\t", "x", "if ", "}\n", "    "],
  marks: ["…", "...", ".", " ", "a"]
}

/** Texts of these words, at random and one phrase again and again; and where each is cut: between any two characters. */
function* cuts(words: ReadonlyArray<string>): Generator<readonly [whole: string, before: string]> {
  const random = seeded(20)
  for (let n = 0; n < 30; n++) {
    const phrase = Array.from({ length: 1 + random(n % 3 === 0 ? 40 : 4) }, () => words[random(words.length)] ?? "").join("")
    const whole = n % 3 === 0 ? phrase : phrase.repeat(2 + random(12))
    let at = 0
    for (const character of whole) {
      at += character.length
      const before = whole.slice(0, at)
      // An answer of which nothing was told begins again.
      if (before.trim() !== "" && at < whole.length) yield [whole, before]
    }
  }
}

describe.each(Object.entries(vocabularies))("whatever the text, wherever it is cut: %s", (_name, words) => {
  const pieces = function* (text: string): Generator<string> {
    const random = seeded(text.length + 1)
    for (let at = 0; at < text.length;) {
      const length = 1 + random(9)
      yield text.slice(at, at + length)
      at += length
    }
  }

  it("a model that begins with the last words as it was asked to is joined to the letter", () => {
    for (const [whole, before] of cuts(words)) {
      const after = anchorMark + anchorOf(before) + whole.slice(before.trimEnd().length)
      assert.strictEqual(sewn(before, pieces(after)), whole)
    }
  })

  it("a model that was shown the beginning as its own is joined to the letter, whether or not its server tells that too", () => {
    for (const [whole, before] of cuts(words)) {
      assert.strictEqual(sewn(before, pieces(whole.slice(before.trimEnd().length)), "begun"), whole)
      assert.strictEqual(sewn(before, pieces(whole), "echoes"), whole)
    }
  })

  it("a model that says all of it again is joined to the letter, unless the text is nothing but one thing again and again", () => {
    for (const [whole, before] of cuts(words)) {
      // A text that begins with the mark is the answer of a model that does as it was asked to.
      if (/^(…|\.)/.test(before.trim())) continue
      const joined = sewn(before, pieces(whole))
      if (joined !== whole) {
        assert.isTrue(isRepeated(before.trim()), JSON.stringify([before, whole, joined]))
        assert.isTrue(joined.endsWith(whole.trim()) || joined.endsWith(whole.trimStart()))
      }
    }
  })

  it("a model that just goes on in a text that repeats itself loses nothing", () => {
    for (const [whole, before] of cuts(words)) {
      if (!isRepeated(before.trim()) || !isRepeated(whole.trim())) continue
      const after = whole.slice(before.length)
      if (/^\s*(…|\.)/.test(after)) continue
      const joined = sewn(before, pieces(after))
      assert.strictEqual(joined.replace(/\s/g, ""), whole.replace(/\s/g, ""))
    }
  })
})

/** Found another way than the code finds it: some period is in it one and a half times. */
const isRepeated = (text: string): boolean => {
  for (let period = 1; 3 * period <= 2 * text.length; period++) {
    if (text.slice(period) === text.slice(0, -period)) return true
  }
  return false
}

describe("a model that repeats the last words", () => {
  it("however many, is joined to the letter where every word occurs once", () => {
    const random = seeded(7)
    for (let n = 0; n < 2_000; n++) {
      const texts = Array.from({ length: 4 + random(26) }, (_, at) => `word${String.fromCharCode(97 + at)}x${random(40)} `)
      const cut = 1 + random(texts.length - 1)
      const before = texts.slice(0, cut).join("")
      const again = texts.slice(cut - (1 + random(cut))).join("")
      assert.strictEqual(sewn(before, again.match(/.{1,5}/g) ?? []), texts.join(""))
      assert.strictEqual(sewn(before.trimEnd(), again.match(/.{1,5}/g) ?? []), texts.join(""))
    }
  })
})
