/** Marks of direction in what people write: U+202A–202E and U+2066–2069. */
import { describe, expect, it } from "vitest"
import { contained, isolated } from "../../src/i18n/bidi.ts"

const [lre, rle, pdf, lro, rlo] = ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e"]
const [lri, rli, fsi, pdi] = ["\u2066", "\u2067", "\u2068", "\u2069"]

describe("marks of direction", () => {
  it.each([
    ["one without an end is left out", `a ${rlo}b c`, "a b c"],
    ["each kind of them", `${lre}a${rle}b${lro}c${lri}d${rli}e${fsi}f`, "abcdef"],
    ["an end without a beginning is left out", `a${pdi}b${pdf}c`, "abc"],
    ["pairs stay", `a ${rlo}b${pdf} ${rli}c${pdi}`, `a ${rlo}b${pdf} ${rli}c${pdi}`],
    ["pairs in pairs stay", `${rli}a ${lre}b${pdf}${pdi}`, `${rli}a ${lre}b${pdf}${pdi}`],
    ["an isolate's end ends what is open within it", `${rli}a${rlo}b${pdi}c`, `${rli}ab${pdi}c`],
    ["an end does not reach out of an isolate", `${rlo}a${rli}b${pdf}${pdi}c`, `a${rli}b${pdi}c`],
    ["what is open ends with its line", `a${rlo}b\nc${pdf}d`, "ab\ncd"]
  ])("%s", (_, text, shown) => {
    expect(contained(text)).toBe(shown)
  })

  it("are gone through once, however many there are", () => {
    const many = 200_000
    expect(contained(rlo.repeat(many) + pdi.repeat(many))).toBe("")
    expect(contained(rli + rlo.repeat(many) + pdi.repeat(many))).toBe(rli + pdi)
  })

  it("are set around what is written from right to left, and around nothing else", () => {
    expect(isolated("notes.txt")).toBe("notes.txt")
    expect(isolated("שלום")).toBe(`${fsi}שלום${pdi}`)
    expect(isolated(`a${rlo}b`)).toBe(`${fsi}ab${pdi}`)
  })
})
