/** What the pace of a client does to a long text. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { PacedWriter, pieceLength } from "../../src/PacedWriter.ts"

/** A client that takes one piece at a time. */
const slowClient = () => {
  const taken: Array<string> = []
  let drained = () => {}
  const paced = new PacedWriter({
    write: (chunk) => {
      taken.push(String(chunk))
      return false
    },
    end: () => {},
    bufferedBytes: () => 0,
    onDrain: (callback) => {
      drained = callback
    },
    closed: false,
    begun: true
  })
  return { paced, taken, drain: () => drained() }
}

describe("a paced writer", () => {
  it("gives a long text piece by piece, each once the last was taken, and says when nothing waits any more", () => {
    const { drain, paced, taken } = slowClient()
    let drains = 0
    paced.onDrain(() => drains++)
    const text = "x".repeat(pieceLength * 2 + 1)
    expect(paced.write(text)).toBe(false)
    expect(paced.write("after")).toBe(false)
    expect(taken.map((piece) => piece.length)).toEqual([pieceLength])
    paced.writeBetween("never in the middle")
    drain()
    drain()
    expect(drains).toBe(0)
    drain()
    expect(taken.join("")).toBe(`${text}after`)
    expect(drains).toBe(1)
    paced.writeBetween("between")
    expect(taken.at(-1)).toBe("between")
  })

  it("never cuts a character in two", () => {
    const { drain, paced, taken } = slowClient()
    const text = `${"x".repeat(pieceLength - 1)}🌍${"y".repeat(pieceLength)}`
    paced.write(text)
    for (let turn = 0; turn < 4; turn++) drain()
    expect(taken.map((piece) => Buffer.from(piece).toString()).join("")).toBe(text)
  })

  it("is flushed at once when nothing waits, and otherwise once the last piece was taken", async () => {
    const { drain, paced, taken } = slowClient()
    await Effect.runPromise(paced.flushed)
    paced.write("x".repeat(pieceLength + 1))
    const flushed = Effect.runPromise(paced.flushed)
    drain()
    drain()
    await flushed
    expect(taken.length).toBe(2)
  })
})
