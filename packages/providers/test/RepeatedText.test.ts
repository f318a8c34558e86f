import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { SseDecoder } from "../src/call/Sse.ts"
import { anthropicWire } from "../src/anthropic/anthropicWire.ts"
import { openaiWire } from "../src/openai/openaiWire.ts"
import { RepeatedText } from "../src/wire/RepeatedText.ts"
import type { StreamDecoder } from "../src/wire/Wire.ts"

const openai = (text: string, more = "") =>
  `{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]${more}}`

const anthropic = (text: string) =>
  `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}`

const lines = (data: string, event = "") => (event === "" ? "" : `event: ${event}\n`) + `data: ${data}\n\n`

/** What was read without parsing, and what its step says of each event, in the order of the stream: `undefined` where there was no text. */
const readAll = <State>(decoder: StreamDecoder<State>, state: State, stream: string) => {
  const repeated = new RepeatedText(decoder.textKey)
  const sse = new SseDecoder(100_000)
  sse.push(Buffer.from(stream))
  const seen: Array<{ readonly text: string | undefined; readonly isParsed: boolean }> = []
  for (;;) {
    for (const text of repeated.read(state, sse)) seen.push({ text, isParsed: false })
    const event = sse.next()
    if (event === undefined) return seen
    const step = decoder.step(state, event)
    if (step.status === "more" && step.state === state) repeated.learn(state, event, sse.lastLines, step.events)
    const only = step.status === "more" && step.events.length === 1 ? step.events[0] : undefined
    seen.push({ text: only?.type === "text-delta" ? only.text : undefined, isParsed: true })
  }
}

/** The same by parsing alone. */
const parseAll = <State>(decoder: StreamDecoder<State>, state: State, datas: ReadonlyArray<string>) =>
  datas.map((data) => {
    const step = decoder.step(state, { event: "", data })
    const only = step.status === "more" && step.events.length === 1 ? step.events[0] : undefined
    return only?.type === "text-delta" ? only.text : undefined
  })

const openaiState = { ...openaiWire.decodeStream.start, responseId: "1" }

describe("text that is read without parsing", () => {
  it("is that of every chunk after the first that differs in nothing else, in both wires; an empty one is left to the step", () => {
    const texts = ["a", " quick", "", "é🚂", "fox", "\n", 'say "hi"', "\\", '\\"']
    const parsed = [true, false, true, false, false, false, false, false, false]
    const stream = texts.map((text) => lines(openai(text))).join("")
    const seen = readAll(openaiWire.decodeStream, openaiState, stream)
    assert.deepStrictEqual(
      seen.map(({ isParsed }) => isParsed),
      parsed
    )
    assert.deepStrictEqual(
      seen.map(({ text }) => text ?? ""),
      texts
    )
    const named = texts.map((text) => lines(anthropic(text), "content_block_delta")).join("")
    assert.deepStrictEqual(
      readAll(anthropicWire.decodeStream, anthropicWire.decodeStream.start, named).map(({ isParsed }) => isParsed),
      parsed
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
      const ours = chunks.map(([text, more]) => openai(text, more))
      assert.deepStrictEqual(
        readAll(openaiWire.decodeStream, openaiState, ours.map((data) => lines(data)).join("")).map(({ text }) => text),
        parseAll(openaiWire.decodeStream, openaiState, ours)
      )
      const theirs = texts.map(anthropic)
      const { start } = anthropicWire.decodeStream
      assert.deepStrictEqual(
        readAll(anthropicWire.decodeStream, start, theirs.map((data) => lines(data)).join("")).map(({ text }) => text),
        parseAll(anthropicWire.decodeStream, start, theirs)
      )
    }
  )

  const learned = openai("a")
  const rows: ReadonlyArray<readonly [says: string, stream: string]> = [
    ["a reason to finish", lines(learned.replace('"finish_reason":null', '"finish_reason":"stop"'))],
    ["a call of a tool", lines(learned.replace('"content":"a"', '"content":"a","tool_calls":[{}]'))],
    ["an error in place of everything", lines('{"error":{"message":"x"}}')],
    ["the beginning alone", lines(learned.slice(0, 60))],
    ["a text without an end", lines(learned.slice(0, 70))],
    ["a string that JSON does not read", lines(learned.replace('"content":"a"', '"content":"\\x"'))],
    ["a control character", lines(learned.replace('"content":"a"', '"content":"\u0001"'))],
    ["an event whose empty line has not come", `data: ${learned}\n`],
    ["another event's name", lines(learned, "error")],
    ["an event with a comment", `: "content":"b"\n${lines(learned)}`]
  ]
  it.each(rows)("is not tried on %s", (_says, stream) => {
    const repeated = new RepeatedText(openaiWire.decodeStream.textKey)
    repeated.learn(openaiState, { event: "", data: learned }, lines(learned), [{ type: "text-delta", text: "a" }])
    const sse = new SseDecoder(10_000)
    sse.push(Buffer.from(lines(openai("b")) + stream))
    assert.deepStrictEqual(repeated.read(openaiState, sse), ["b"])
    assert.deepStrictEqual(repeated.read(openaiState, sse), [])
    assert.strictEqual(sse.position, lines(openai("b")).length)
  })

  it("is not tried in another state, nor in the middle of an event", () => {
    const repeated = new RepeatedText(openaiWire.decodeStream.textKey)
    repeated.learn(openaiState, { event: "", data: learned }, lines(learned), [{ type: "text-delta", text: "a" }])
    const sse = new SseDecoder(10_000)
    sse.push(Buffer.from(lines(learned)))
    assert.deepStrictEqual(repeated.read({ ...openaiState }, sse), [])
    sse.push(Buffer.from("event: error\n"))
    assert.isUndefined(sse.next())
    sse.push(Buffer.from(lines(learned)))
    assert.deepStrictEqual(repeated.read(openaiState, sse), [])
    assert.deepStrictEqual(sse.next(), { event: "error", data: learned })
  })

  const unlearned: ReadonlyArray<readonly [says: string, data: string, stream: string]> = [
    ["whose text could be meant twice", openai("a", ',"other":{"content":"a"}'), lines(openai("a", ',"other":{"content":"a"}'))],
    ["with a comment, which may hold the key", learned, `: "content":"a"\n${lines(learned)}`],
    ["that began in an earlier read", learned, ""]
  ]
  it.each(unlearned)("is not learned from an event %s", (_says, data, stream) => {
    const repeated = new RepeatedText(openaiWire.decodeStream.textKey)
    repeated.learn(openaiState, { event: "", data }, stream, [{ type: "text-delta", text: "a" }])
    const sse = new SseDecoder(10_000)
    sse.push(Buffer.from(lines(data)))
    assert.deepStrictEqual(repeated.read(openaiState, sse), [])
  })
})
