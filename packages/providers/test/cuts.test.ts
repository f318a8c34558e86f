import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { anthropicWire } from "../src/anthropic/anthropicWire.ts"
import { SseDecoder } from "../src/call/Sse.ts"
import { openaiWire } from "../src/openai/openaiWire.ts"
import type { StreamDecoder } from "../src/wire/Wire.ts"
import { decode } from "./support/decode.ts"
import { fixture, fixturesOf } from "./support/fixtures.ts"
import { push } from "./support/sse.ts"

/** A wire without the type of its decoder's state, which no test looks into. */
interface Recorded {
  readonly wire: string
  readonly name: string
  readonly decodeChunks: (chunks: ReadonlyArray<Uint8Array>) => ReturnType<typeof decode>
  readonly endings: (bytes: Uint8Array) => ReadonlyArray<string>
}

const recorded = <State>(wire: string, decoder: StreamDecoder<State>): ReadonlyArray<Recorded> =>
  fixturesOf(wire, ".sse").map((name) => ({
    wire,
    name,
    decodeChunks: (chunks) => decode(decoder, chunks),
    endings: (bytes) => endingsOf(decoder, bytes)
  }))

/** How the answer would have ended, had the body ended after each byte. Steps are pure, so asking changes nothing. */
const endingsOf = <State>(decoder: StreamDecoder<State>, bytes: Uint8Array): ReadonlyArray<string> => {
  const sse = new SseDecoder(bytes.length)
  const endings: Array<string> = []
  let state = decoder.start
  for (const byte of bytes) {
    for (const event of push(sse, Uint8Array.of(byte))) {
      const step = decoder.step(state, event)
      if (step.status !== "more") return [...endings, step.status]
      state = step.state
    }
    endings.push(decoder.end(state).status)
  }
  return endings
}

const all = [
  ...recorded("openai", openaiWire.decodeStream),
  ...recorded("llama", openaiWire.decodeStream),
  ...recorded("anthropic", anthropicWire.decodeStream)
]

describe.each(all)("$wire: $name", ({ decodeChunks, endings, name, wire }) => {
  it("is the same answer in the same events wherever the bytes are cut in two", () => {
    const bytes = fixture(wire, name)
    const whole = decodeChunks([bytes])
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepStrictEqual(decodeChunks([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut at ${cut}`)
    }
  })

  it("is truncated when the body ends before the wire's own end, at whatever byte", () => {
    const bytes = fixture(wire, name)
    const whole = decodeChunks([bytes])
    const seen = endings(bytes)
    const firstOther = seen.findIndex((status) => status !== "truncated")
    const last = Exit.isSuccess(whole.exit) ? "done" : "failed"
    assert.isAbove(firstOther, bytes.length / 2)
    assert.deepStrictEqual([...new Set(seen.slice(firstOther))], [last])
  })
})
