/** A server that speaks Bedrock's Converse, in Amazon's framing. */
import { EventStreamCodec } from "@smithy/eventstream-codec"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { startWire } from "./WireServer.ts"
import type { WireAnswer, WireDialect } from "./WireServer.ts"

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(typeof bytes === "string" ? bytes : Buffer.from(bytes)).toString("utf8"),
  (text) => Buffer.from(text, "utf8")
)

/** One message, with headers beside those that matter. */
export const frame = (type: string, body: unknown, kind: "event" | "exception" = "event"): Buffer =>
  framed(type, JSON.stringify(body), kind)

const framed = (type: string, text: string, kind: "event" | "exception"): Buffer =>
  Buffer.from(
    codec.encode({
      headers: {
        [kind === "event" ? ":event-type" : ":exception-type"]: { type: "string", value: type },
        ":content-type": { type: "string", value: "application/json" },
        ":message-type": { type: "string", value: kind },
        "a-number": { type: "integer", value: 7 },
        "a-flag": { type: "boolean", value: true },
        bytes: { type: "binary", value: Buffer.from([1, 2, 3]) }
      },
      body: Buffer.from(text, "utf8")
    })
  )

const stopReasons: Record<FinishReason, string> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "content_filtered",
  refusal: "content_filtered"
}

const usageOf = (usage: Usage) => ({
  inputTokens: usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteTokens,
  cacheReadInputTokens: usage.cachedInputTokens,
  cacheWriteInputTokens: usage.cacheWriteTokens,
  outputTokens: usage.outputTokens,
  totalTokens: usage.inputTokens + usage.outputTokens
})

const whole = (_model: string, script: WireAnswer): object => ({
  output: { message: { role: "assistant", content: [{ text: script.deltas.join("") }] } },
  stopReason: stopReasons[script.finish],
  usage: usageOf(script.usage)
})

const frames: WireDialect["frames"] = (_model, script) => ({
  preamble: [frame("messageStart", { role: "assistant" })],
  deltas: script.deltas.map((text) => frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text } })),
  rest: [
    frame("contentBlockStop", { contentBlockIndex: 0 }),
    frame("messageStop", { stopReason: stopReasons[script.finish] }),
    frame("metadata", { usage: usageOf(script.usage) })
  ]
})

export const startBedrockWire = startWire({
  basePath: "",
  completionsPath: /^\/model\/[^/]+\/converse(-stream)?$/,
  streamPath: /^\/model\/([^/]+)\/converse-stream$/,
  streamType: "application/vnd.amazon.eventstream",
  countPath: /^\/model\/[^/]+\/count-tokens$/,
  count: (inputTokens) => ({ inputTokens }),
  defaultModels: [],
  models: () => ({}),
  whole,
  frames,
  errorFrame: frame("modelStreamErrorException", { message: "broken" }, "exception"),
  garbageFrame: framed("contentBlockDelta", '{"contentBlockIndex":0,"del', "event"),
  errorBody: (status) => ({ message: `The wire says ${status}` })
})
