import { describe, expect, it } from "vitest"
import { firstPushChunkBytes, PushChannel, pushChunkBytes } from "../../src/server/PushChannel.ts"
import type { PushTransport } from "../../src/server/PushChannel.ts"

/** A connection that takes `room` chunks, then says stop. */
const makeTransport = (room: number) => {
  const written: Array<Buffer> = []
  const state = { room, ended: false, destroyed: false }
  const take = (chunk: string | Uint8Array) => {
    const bytes = Buffer.from(chunk)
    expect(bytes.length).toBeLessThanOrEqual(written.length === 0 ? firstPushChunkBytes : pushChunkBytes)
    written.push(bytes)
  }
  const transport: PushTransport = {
    write: (chunk) => {
      take(chunk)
      state.room -= 1
      return state.room > 0
    },
    end: (chunk) => {
      if (chunk !== undefined) take(chunk)
      state.ended = true
    },
    destroy: () => {
      state.destroyed = true
    },
    pendingBytes: () => 7
  }
  return { transport, state, text: () => Buffer.concat(written).toString("utf8"), chunks: written }
}

const turn = () => new Promise(setImmediate)

describe("PushChannel", () => {
  it.each([
    ["ü", 20_003],
    ["u", 10_003]
  ])("splits a long text by bytes, and joins what is written in one turn: %s", async (letter, bytes) => {
    const { chunks, text, transport } = makeTransport(1_000)
    const channel = new PushChannel(transport, 1_000_000, () => {})
    const long = letter.repeat(10_000)
    channel.write("a")
    channel.write(long)
    channel.write("b")
    channel.write("c")
    channel.end()
    await turn()
    expect(text()).toBe(`a${long}bc`)
    expect(chunks.map((chunk) => chunk.length)).toEqual([firstPushChunkBytes, bytes - firstPushChunkBytes])
  })

  it("does not join texts without end: what a slow client leaves is copied with each part that goes", async () => {
    const { chunks, text, transport } = makeTransport(1_000)
    const channel = new PushChannel(transport, 1_000_000, () => {})
    const texts = Array.from({ length: 200 }, (_, index) =>
      `${index} ${"x".repeat(index)}`.padEnd(997, index % 2 === 0 ? "-" : "–")
    )
    for (const each of texts) channel.write(each)
    channel.end()
    await turn()
    expect(text()).toBe(texts.join(""))
    expect(chunks.length).toBeGreaterThan(Buffer.byteLength(text()) / pushChunkBytes)
    expect(chunks.length).toBeLessThan(Buffer.byteLength(text()) / pushChunkBytes + 12)
  })

  it("writes nothing more once told to stop, until resumed, and ends only after the last byte", async () => {
    const { state, text, transport } = makeTransport(2)
    const channel = new PushChannel(transport, 1_000_000, () => {})
    for (let index = 0; index < 4; index += 1) channel.write(Buffer.alloc(firstPushChunkBytes, 48 + index))
    let finished = false
    channel.onFinished(() => {
      finished = true
    })
    channel.end()
    await turn()
    expect(text().length).toBe(2 * firstPushChunkBytes)
    expect(channel.bufferedBytes()).toBe(2 * firstPushChunkBytes + 7)
    expect([state.ended, finished, channel.closed]).toEqual([false, false, true])
    state.room = 10
    channel.resume()
    expect(text().length).toBe(4 * firstPushChunkBytes)
    expect([state.ended, finished]).toEqual([true, true])
  })

  it("says false past the high water, and calls back once when all has left", async () => {
    const { state, transport } = makeTransport(1)
    const channel = new PushChannel(transport, 1_000_000, () => {})
    let drained = 0
    channel.onDrain(() => (drained += 1))
    expect(channel.write("x".repeat(60_000))).toBe(true)
    expect(channel.write("x".repeat(10_000))).toBe(false)
    await turn()
    expect(drained).toBe(0)
    state.room = 100
    channel.resume()
    expect(drained).toBe(1)
    channel.write("y")
    await turn()
    expect(drained).toBe(1)
  })

  it("calls back after less than the high water too, for who looks at its bytes, and after the connection took no more", async () => {
    const { state, transport } = makeTransport(100)
    const channel = new PushChannel(transport, 1_000_000, () => {})
    let drained = 0
    channel.onDrain(() => (drained += 1))
    expect(channel.write("x".repeat(20_000))).toBe(true)
    await turn()
    expect([drained, channel.bufferedBytes()]).toEqual([1, 0])
    state.room = 1
    channel.write("y")
    await turn()
    channel.resume()
    expect(drained).toBe(2)
  })

  it("cuts the connection past its bound, and drops what waits", async () => {
    const { state, transport } = makeTransport(1)
    let overflows = 0
    const channel = new PushChannel(transport, 100_000, () => (overflows += 1))
    channel.write("x".repeat(60_000))
    expect(channel.write("x".repeat(60_000))).toBe(false)
    expect([state.destroyed, channel.closed, channel.bufferedBytes()]).toEqual([true, true, 0])
    await turn()
    expect(overflows).toBe(1)
    expect(state.ended).toBe(false)
  })

  it("finishes at once for who asks after it was aborted", () => {
    const { transport } = makeTransport(1)
    const channel = new PushChannel(transport, 100_000, () => {})
    channel.abort()
    let finished = false
    channel.onFinished(() => {
      finished = true
    })
    expect(finished).toBe(true)
  })
})
