/** A server that speaks Anthropic's messages. */
import type { StopReason } from "@anthropic-ai/sdk/resources/messages"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { startWire } from "./WireServer.ts"
import type { WireAnswer, WireDialect } from "./WireServer.ts"

const stopReasons: Record<FinishReason, StopReason> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  refusal: "refusal"
}

const signature = "c2lnbmVk"

/** The API's input tokens leave out what the cache read or was given. */
const usageOf = (usage: Usage) => ({
  input_tokens: usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteTokens,
  cache_creation_input_tokens: usage.cacheWriteTokens,
  cache_read_input_tokens: usage.cachedInputTokens,
  output_tokens: usage.outputTokens,
  output_tokens_details: { thinking_tokens: usage.reasoningTokens }
})

const whole = (model: string, script: WireAnswer): object => ({
  id: script.responseId,
  type: "message",
  role: "assistant",
  model,
  content: [
    ...(script.reasoning === "" ? [] : [{ type: "thinking", thinking: script.reasoning, signature }]),
    ...(script.deltas.length === 0 ? [] : [{ type: "text", text: script.deltas.join(""), citations: null }]),
    ...script.toolCalls.map((call) => ({
      type: "tool_use",
      id: call.id,
      name: call.name,
      input: JSON.parse(call.arguments)
    }))
  ],
  stop_reason: stopReasons[script.finish],
  stop_sequence: null,
  usage: usageOf(script.usage)
})

const frame = (event: { readonly type: string }) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

const frames: WireDialect["frames"] = (model, script) => {
  const { reasoning, toolCalls } = script
  const textIndex = reasoning === "" ? 0 : 1
  const start = (index: number, content_block: object) => frame(block("content_block_start", index, { content_block }))
  const delta = (index: number, value: object) => frame(block("content_block_delta", index, { delta: value }))
  const stop = (index: number) => frame(block("content_block_stop", index, {}))
  const hasText = script.deltas.length > 0
  return {
    preamble: [
      frame(started(model, script)),
      ...(reasoning === ""
        ? []
        : [
            start(0, { type: "thinking", thinking: "", signature: "" }),
            delta(0, { type: "thinking_delta", thinking: reasoning }),
            delta(0, { type: "signature_delta", signature }),
            stop(0)
          ]),
      ...(hasText ? [start(textIndex, { type: "text", text: "" })] : []),
      frame({ type: "ping" })
    ],
    deltas: script.deltas.map((text) => delta(textIndex, { type: "text_delta", text })),
    rest: [
      ...(hasText ? [stop(textIndex)] : []),
      ...toolCalls.flatMap((call, place) => {
        const index = textIndex + (hasText ? 1 : 0) + place
        const half = Math.ceil(call.arguments.length / 2)
        return [
          start(index, { type: "tool_use", id: call.id, name: call.name, input: {} }),
          delta(index, { type: "input_json_delta", partial_json: call.arguments.slice(0, half) }),
          delta(index, { type: "input_json_delta", partial_json: call.arguments.slice(half) }),
          stop(index)
        ]
      }),
      frame(ended(script)),
      frame({ type: "message_stop" })
    ]
  }
}

const block = (type: string, index: number, fields: object) => ({ type, index, ...fields })

const started = (model: string, script: WireAnswer) => ({
  type: "message_start",
  message: {
    id: script.responseId,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usageOf(script.usage), output_tokens: 1, output_tokens_details: null }
  }
})

const ended = (script: WireAnswer) => ({
  type: "message_delta",
  delta: { stop_reason: stopReasons[script.finish], stop_sequence: null },
  usage: usageOf(script.usage)
})

const errorTypes: { readonly [status: number]: string } = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  529: "overloaded_error"
}

const errorBody = (status: number): object => ({
  type: "error",
  error: { type: errorTypes[status] ?? "api_error", message: `The wire says ${status}` },
  request_id: "req-wire"
})

export const startAnthropicWire = startWire({
  basePath: "",
  completionsPath: "/v1/messages",
  countPath: "/v1/messages/count_tokens",
  count: (input_tokens) => ({ input_tokens }),
  defaultModels: ["claude-wire"],
  models: (ids) => ({
    data: ids.map((id) => ({ id, type: "model", display_name: id, created_at: "2026-01-02T03:04:05Z" })),
    has_more: false,
    first_id: ids[0] ?? null,
    last_id: ids.at(-1) ?? null
  }),
  whole,
  frames,
  errorFrame: `event: error\ndata: ${JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })}\n\n`,
  errorBody
})
