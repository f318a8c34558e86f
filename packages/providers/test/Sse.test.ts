import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { SseDecoder, SseLineTooLong } from "../src/call/Sse.ts"
import type { SseEvent } from "../src/call/Sse.ts"
import { push } from "./support/sse.ts"

const decodeAll = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<SseEvent> => {
  const decoder = new SseDecoder(10_000)
  return chunks.flatMap((chunk) => push(decoder, chunk))
}

const decodeText = (text: string) => decodeAll([Buffer.from(text)])

const data = (text: string) => decodeText(text).map((event) => event.data)

/** Every rule of the format at once, with characters of one to four bytes. */
const everything = [
  "\ufeffdata: first\n\n",
  ": a comment\n\n",
  ":\r\n\r\n",
  "event: named\r\ndata: zweite – 東京\r\n\r\n",
  "data: third 🚂\rdata: in two lines\r\r",
  "id: 7\nretry: 3000\nunknown: field\ndata:no space\n\n",
  "data\n\n",
  "data: \n\n",
  "event: empty of data\n\n",
  "data:  two spaces\n\n",
  "data: with: colons: in it\r\n\r\n"
].join("")

describe("a stream of events", () => {
  it("holds data, a name where one is given, and nothing else that it says", () => {
    assert.deepStrictEqual(decodeText(everything), [
      { event: "", data: "first" },
      { event: "named", data: "zweite – 東京" },
      { event: "", data: "third 🚂\nin two lines" },
      { event: "", data: "no space" },
      { event: "", data: "" },
      { event: "", data: "" },
      { event: "", data: " two spaces" },
      { event: "", data: "with: colons: in it" }
    ])
  })

  it("is the same wherever it is cut in two", () => {
    const bytes = Buffer.from(everything)
    const whole = decodeAll([bytes])
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepStrictEqual(decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut at ${cut}`)
    }
  })

  it("is the same byte by byte", () => {
    const bytes = Buffer.from(everything)
    assert.deepStrictEqual(decodeAll([...bytes].map((byte) => Uint8Array.of(byte))), decodeAll([bytes]))
  })

  it.prop(
    "is the same however its text is made and cut",
    [
      Schema.Array(Schema.Literals(["data: ", "data:x", "é", "🚂", "\n", "\n\n", "\r\n", "\r", ": c", "event: e", "a"])),
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })))
    ],
    ([pieces, cuts]) => {
      const bytes = Buffer.from(pieces.join(""))
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
      assert.deepStrictEqual(decodeAll(chunks), decodeAll([bytes]))
    }
  )

  it("has no event whose empty line never came", () => {
    assert.deepStrictEqual(data("data: whole\n\ndata: half\n"), ["whole"])
    assert.deepStrictEqual(data("data: half"), [])
  })

  it("keeps a line that came in pieces when the caller reuses its buffer", () => {
    const decoder = new SseDecoder(100)
    const buffer = Buffer.from("data: abc")
    decoder.push(buffer)
    buffer.fill(0)
    assert.deepStrictEqual(push(decoder, Buffer.from("def\n\n")), [{ event: "", data: "abcdef" }])
  })

  it("does not take a line feed for half of a CRLF when something stood between them", () => {
    const decoder = new SseDecoder(100)
    push(decoder, Buffer.from("data: a\rdata: b"))
    assert.deepStrictEqual(push(decoder, Buffer.from("\n\n")), [{ event: "", data: "a\nb" }])
  })

  it("is given up when a line grows past its bound, and not before", () => {
    const decoder = new SseDecoder(20)
    decoder.push(Buffer.from("data: 0123456789"))
    decoder.push(Buffer.from("0123"))
    assert.throws(() => decoder.push(Buffer.from("4")), SseLineTooLong)
  })
})
