import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { openaiWire } from "../src/openai/openaiWire.ts"
import { defaultLimits } from "../src/ProviderLimits.ts"
import { AnswerStreamReader } from "../src/wire/AnswerStreamReader.ts"
import { decode } from "./support/decode.ts"
import { fixture } from "./support/fixtures.ts"

const control = { pause: () => undefined, resume: () => undefined }

const read = (sink: (events: ReadonlyArray<ModelEvent>) => void) =>
  new AnswerStreamReader(openaiWire.decodeStream, defaultLimits, sink)

const delta = (content: string) => `data: {"id":"1","choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`

describe("a stream's sink", () => {
  it("gets together what one read of the socket brought, before the next is looked at", () => {
    const batches: Array<number> = []
    const reader = read((events) => void batches.push(events.length))
    reader.chunk(Buffer.from(delta("one") + delta("two") + delta("three")), control)
    assert.deepStrictEqual(batches, [3])
    reader.chunk(Buffer.from(delta("four").slice(0, 20)), control)
    assert.deepStrictEqual(batches, [3])
    reader.chunk(Buffer.from(delta("four").slice(20)), control)
    assert.deepStrictEqual(batches, [3, 1])
  })

  it("gets each piece of text as an event of its own, however many were read at once", () => {
    const texts: Array<string> = []
    const reader = read(
      (events) => void texts.push(...events.map((event) => (event.type === "text-delta" ? event.text : event.type)))
    )
    const pieces = ["a", " quick", " fox\\n", 'say \\"hi\\"', "\\u00e9\\\\", "é🚂", "end"]
    reader.chunk(Buffer.from(pieces.map(delta).join("")), control)
    assert.deepStrictEqual(texts, ["a", " quick", " fox\n", 'say "hi"', "é\\", "é🚂", "end"])
  })

  it("gets everything before the answer is there", () => {
    const { events, exit } = decode(openaiWire.decodeStream, [fixture("openai", "text-and-then-a-tool-call")])
    assert.isTrue(Exit.isSuccess(exit))
    assert.deepStrictEqual(events.at(-1), { type: "finish", reason: "tool-calls" })
  })

  it("that throws is heard by whoever reads the socket", () => {
    const reader = read(() => {
      throw new Error("the sink's own fault")
    })
    assert.throws(() => reader.chunk(Buffer.from(delta("one")), control), "the sink's own fault")
  })
})
