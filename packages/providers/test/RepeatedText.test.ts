import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { anthropicWire } from "../src/anthropic/anthropicWire.ts"
import { openaiWire } from "../src/openai/openaiWire.ts"
import { RepeatedText } from "../src/wire/RepeatedText.ts"
import type { StreamDecoder } from "../src/wire/Wire.ts"

const openai = (text: string, more = "") =>
  `{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]${more}}`

const anthropic = (text: string) =>
  `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}`

/** What the step says of each chunk, and what was read without it. */
const readAll = <State>(decoder: StreamDecoder<State>, state: State, chunks: ReadonlyArray<string>) => {
  const repeated = new RepeatedText(decoder.textKey)
  return chunks.map((data) => {
    const event = { event: "", data }
    const read = repeated.read(state, event)
    const step = decoder.step(state, event)
    if (step.status !== "more") return { read, parsed: undefined }
    if (step.state === state) repeated.learn(state, event, step.events)
    const only = step.events.length === 1 && step.state === state ? step.events[0] : undefined
    return { read, parsed: only?.type === "text-delta" ? only.text : undefined }
  })
}

const openaiState = { ...openaiWire.decodeStream.start, responseId: "1" }

describe("text that is read without parsing", () => {
  it("is that of every chunk after the first that differs in nothing else, in both wires", () => {
    const texts = ["a", " quick", "", "é🚂", "fox"]
    assert.deepStrictEqual(
      readAll(
        openaiWire.decodeStream,
        openaiState,
        texts.map((text) => openai(text))
      ).map(({ read }) => read),
      [undefined, " quick", undefined, "é🚂", "fox"]
    )
    assert.deepStrictEqual(
      readAll(anthropicWire.decodeStream, anthropicWire.decodeStream.start, texts.map(anthropic)).map(({ read }) => read),
      [undefined, " quick", undefined, "é🚂", "fox"]
    )
  })

  it.prop(
    "is never other than what parsing says",
    [
      Schema.Array(
        Schema.Tuple([
          Schema.String,
          Schema.Literals(["", ',"usage":null', ',"usage":{"prompt_tokens":1}', ',"x":"\\"content\\":\\"y"'])
        ])
      ),
      Schema.Array(Schema.String)
    ],
    ([chunks, texts]) => {
      const seen = [
        ...readAll(
          openaiWire.decodeStream,
          openaiState,
          chunks.map(([text, more]) => openai(text, more))
        ),
        ...readAll(anthropicWire.decodeStream, anthropicWire.decodeStream.start, texts.map(anthropic))
      ]
      for (const { parsed, read } of seen) if (read !== undefined) assert.strictEqual(read, parsed)
    }
  )

  const learned = openai("a")
  const rows: ReadonlyArray<readonly [says: string, data: string]> = [
    ["a reason to finish", learned.replace('"finish_reason":null', '"finish_reason":"stop"')],
    ["a call of a tool", learned.replace('"content":"a"', '"content":"a","tool_calls":[{}]')],
    ["a quote that JSON has escaped", openai('say "hi"')],
    ["a backslash", openai("a\\b")],
    ["a new line", openai("a\nb")],
    ["an error in place of everything", '{"error":{"message":"x"}}'],
    ["the beginning alone", learned.slice(0, 60)]
  ]
  it.each(rows)("is not tried on %s", (_says, data) => {
    const repeated = new RepeatedText(openaiWire.decodeStream.textKey)
    const event = { event: "", data: learned }
    repeated.learn(openaiState, event, [{ type: "text-delta", text: "a" }])
    assert.strictEqual(repeated.read(openaiState, event), "a")
    assert.isUndefined(repeated.read(openaiState, { event: "", data }))
  })

  it("is not tried in another state, nor under another event's name", () => {
    const repeated = new RepeatedText(openaiWire.decodeStream.textKey)
    const event = { event: "", data: openai("a") }
    repeated.learn(openaiState, event, [{ type: "text-delta", text: "a" }])
    assert.isUndefined(repeated.read({ ...openaiState }, event))
    assert.isUndefined(repeated.read(openaiState, { ...event, event: "error" }))
  })

  it("is not learned from a chunk whose text could be meant twice", () => {
    const repeated = new RepeatedText(openaiWire.decodeStream.textKey)
    const event = { event: "", data: openai("a", ',"other":{"content":"a"}') }
    repeated.learn(openaiState, event, [{ type: "text-delta", text: "a" }])
    assert.isUndefined(repeated.read(openaiState, event))
  })
})
