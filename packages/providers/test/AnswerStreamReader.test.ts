import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { openaiWire } from "../src/openai/openaiWire.ts"
import { defaultLimits } from "../src/ProviderLimits.ts"
import { AnswerStreamReader } from "../src/wire/AnswerStreamReader.ts"
import { decode } from "./support/decode.ts"
import { fixture } from "./support/fixtures.ts"

const control = { pause: () => undefined, resume: () => undefined }

const read = (sink: (events: ReadonlyArray<ModelEvent>) => void = () => undefined) => {
  const failures: Array<Exit.Exit<unknown, unknown>> = []
  const reader = new AnswerStreamReader(openaiWire.decodeStream, defaultLimits, sink, (exit) => void failures.push(exit))
  return { reader, failures }
}

const delta = (content: string) => Buffer.from(`data: {"id":"1","choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`)

describe("a stream's sink", () => {
  it("gets together what one read of the socket brought, in the microtask that follows", async () => {
    const batches: Array<number> = []
    const { reader } = read((events) => void batches.push(events.length))
    reader.chunk(delta("one"), control)
    reader.chunk(delta("two"), control)
    assert.deepStrictEqual(batches, [])
    await Promise.resolve()
    assert.deepStrictEqual(batches, [2])
    reader.chunk(delta("three"), control)
    await Promise.resolve()
    assert.deepStrictEqual(batches, [2, 1])
  })

  it("gets everything before the answer is there", () => {
    const { events, exit } = decode(openaiWire.decodeStream, [fixture("openai", "text-and-then-a-tool-call")])
    assert.isTrue(Exit.isSuccess(exit))
    assert.deepStrictEqual(events.at(-1), { type: "finish", reason: "tool-calls" })
  })

  it("gets nothing once the stream is closed", async () => {
    const batches: Array<number> = []
    const { reader } = read((events) => void batches.push(events.length))
    reader.chunk(delta("one"), control)
    reader.close()
    await Promise.resolve()
    assert.deepStrictEqual(batches, [])
  })

  it("that throws ends the stream with what it threw", async () => {
    const { failures, reader } = read(() => {
      throw new Error("the sink's own fault")
    })
    reader.chunk(delta("one"), control)
    await Promise.resolve()
    assert.lengthOf(failures, 1)
    assert.isTrue(Exit.isFailure(failures[0]!) && String(failures[0].cause).includes("the sink's own fault"))
  })
})
