/**
 * A streamed answer in OpenAI's shape, as text. What is the same in all chunks of an answer is encoded once; only what the model wrote, and
 * JSON would escape, goes through `JSON.stringify`.
 */
import type { ModelEvent } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { switchComment } from "../switchComment.ts"
import { finishReasons, usageOf } from "./chatCompletion.ts"

/** What `JSON.stringify` writes otherwise; halves of pairs only where they stand alone. */
// oxlint-disable-next-line no-control-regex
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/

export interface ChunkEncoder {
  /** All chunks of one read of the provider's, as one text; empty when nothing of it is told. */
  readonly encode: (events: ReadonlyArray<ModelEvent>) => string
  /** The usage when it was asked for, and `[DONE]`. */
  readonly end: (usage: Usage) => string
}

export const makeChunkEncoder = (options: {
  readonly id: string
  readonly model: string
  readonly createdAtSeconds: number
  readonly includeUsage: boolean
}): ChunkEncoder => {
  const { createdAtSeconds, id, includeUsage, model } = options
  const head = `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${createdAtSeconds},"model":${JSON.stringify(model)},"choices":[`
  const before = `${head}{"index":0,"delta":{`
  const tail = includeUsage ? `,"usage":null}\n\n` : "}\n\n"
  const after = `},"logprobs":null,"finish_reason":null}]${tail}`
  const beforeText = `${before}"content":"`
  const afterText = `"${after}`
  const betweenTexts = afterText + beforeText
  let begun = false
  /** Calls whose deltas have been told; a provider that only tells whole calls gets them told here. */
  const told = new Set<number>()

  const chunkOf = (event: Exclude<ModelEvent, { readonly type: "text-delta" }>): string => {
    switch (event.type) {
      case "reasoning-delta":
        return event.text === "" ? "" : `${before}"reasoning_content":${JSON.stringify(event.text)}${after}`
      case "tool-call-delta":
        told.add(event.index)
        return `${before}"tool_calls":[${JSON.stringify({
          index: event.index,
          ...(event.id === undefined ? {} : { id: event.id, type: "function" }),
          function: { ...(event.name === undefined ? {} : { name: event.name }), arguments: event.arguments }
        })}]${after}`
      case "tool-call":
        if (told.has(event.index)) return ""
        return `${before}"tool_calls":[${JSON.stringify({
          index: event.index,
          id: event.id,
          type: "function",
          function: { name: event.name, arguments: event.arguments }
        })}]${after}`
      case "finish":
        return `${before}},"logprobs":null,"finish_reason":"${finishReasons[event.reason]}"}]${tail}`
      case "usage":
        return ""
      case "provider-switch":
        return begun ? switchComment(event) : ""
    }
  }

  /** What precedes the texts and what follows them in one go: each part that is put to a long text later has all of it copied once more. */
  const around = (before: string, texts: Array<string>, after: string): string => {
    const written = escaped.test(texts.join("")) ? texts.map((text) => JSON.stringify(text).slice(1, -1)) : texts
    written[0] = before + beforeText + (written[0] ?? "")
    written[written.length - 1] += afterText + after
    return written.join(betweenTexts)
  }

  return {
    encode: (events) => {
      const opening = begun ? "" : `${before}"role":"assistant","content":""${after}`
      let text = opening
      let texts: Array<string> = []
      for (const event of events) {
        if (event.type === "text-delta") {
          texts.push(event.text)
          continue
        }
        const told = chunkOf(event)
        if (told === "") continue
        text = texts.length > 0 ? around(text, texts, told) : text + told
        texts = []
      }
      if (texts.length > 0) text = around(text, texts, "")
      if (begun) return text
      begun = text !== opening
      return begun ? text : ""
    },
    end: (usage) => (includeUsage ? `${head}],"usage":${JSON.stringify(usageOf(usage))}}\n\n` : "") + "data: [DONE]\n\n"
  }
}
