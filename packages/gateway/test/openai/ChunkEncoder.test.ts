import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { makeChunkEncoder } from "../../src/openai/ChunkEncoder.ts"

const encoder = () => makeChunkEncoder({ id: "chatcmpl-1", model: "demo/echo", createdAtSeconds: 1, includeUsage: false })

const textDelta = (text: string): ModelEvent => ({ type: "text-delta", text })

/** Each event's `data`, as a client parses it. */
const contents = (stream: string): ReadonlyArray<unknown> =>
  stream
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(event.replace(/^data: /, "")).choices[0].delta.content)

describe("text that came in one read", () => {
  it.prop("is one chunk for each piece, and every piece is what it was", [Schema.Array(Schema.String)], ([texts]) => {
    assert.deepStrictEqual(contents(encoder().encode(texts.map(textDelta))).slice(1), [...texts])
  })

  it.prop("is the same bytes as text that came piece by piece", [Schema.Array(Schema.String)], ([texts]) => {
    const alone = encoder()
    assert.strictEqual(encoder().encode(texts.map(textDelta)), texts.map((text) => alone.encode([textDelta(text)])).join(""))
  })

  it("keeps its place among other events", () => {
    const stream = encoder().encode([
      textDelta("a"),
      textDelta('"b"\n'),
      { type: "reasoning-delta", text: "hm" },
      textDelta("c"),
      { type: "finish", reason: "stop" }
    ])
    assert.deepStrictEqual(contents(stream), ["", "a", '"b"\n', undefined, "c", undefined])
  })
})
