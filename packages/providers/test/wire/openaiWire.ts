/** A server that speaks OpenAI's chat completions. */
import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions"
import type { CompletionUsage } from "openai/resources/completions"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { startWire } from "./WireServer.ts"
import type { WireAnswer, WireDialect } from "./WireServer.ts"

const created = 1_790_000_000

const finishReasons: Record<FinishReason, ChatCompletion.Choice["finish_reason"]> = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
  refusal: "stop"
}

const usageOf = (usage: Usage): CompletionUsage => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.inputTokens + usage.outputTokens,
  prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, cache_write_tokens: usage.cacheWriteTokens },
  completion_tokens_details: { reasoning_tokens: usage.reasoningTokens }
})

const whole = (model: string, script: WireAnswer): object => ({
  id: script.responseId,
  object: "chat.completion",
  created,
  model,
  choices: [
    {
      index: 0,
      finish_reason: finishReasons[script.finish],
      logprobs: null,
      message: {
        role: "assistant",
        content: script.deltas.length === 0 ? null : script.deltas.join(""),
        refusal: null,
        ...(script.reasoning === "" ? {} : { reasoning_content: script.reasoning }),
        ...(script.toolCalls.length === 0
          ? {}
          : {
              tool_calls: script.toolCalls.map((call) => ({
                id: call.id,
                type: "function",
                function: { name: call.name, arguments: call.arguments }
              }))
            })
      }
    }
  ],
  usage: usageOf(script.usage)
})

const frames: WireDialect["frames"] = (model, script) => {
  const frame = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`
  const head = { id: script.responseId, object: "chat.completion.chunk", created, model }
  const choice = (
    delta: ChatCompletionChunk.Choice.Delta & { readonly reasoning_content?: string },
    finish_reason: ChatCompletionChunk.Choice["finish_reason"] = null,
    outputTokens = 0
  ) => {
    const usage = script.usageInChunks === true ? usageOf({ ...script.usage, outputTokens }) : null
    return frame({ ...head, choices: [{ index: 0, delta, finish_reason }], usage })
  }
  return {
    preamble: [
      choice({ role: "assistant", content: "" }),
      ...(script.reasoning === "" ? [] : [choice({ reasoning_content: script.reasoning })])
    ],
    deltas: script.deltas.map((content, n) => choice({ content }, null, n + 1)),
    rest: [
      ...script.toolCalls.flatMap((call, index) => {
        const half = Math.ceil(call.arguments.length / 2)
        return [
          choice({ tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] }),
          choice({ tool_calls: [{ index, function: { arguments: call.arguments.slice(0, half) } }] }),
          choice({ tool_calls: [{ index, function: { arguments: call.arguments.slice(half) } }] })
        ]
      }),
      choice({}, finishReasons[script.finish], script.deltas.length),
      frame({ ...head, choices: [], usage: usageOf(script.usage) }),
      "data: [DONE]\n\n"
    ]
  }
}

const errorTypes: { readonly [status: number]: { readonly type: string; readonly code: string | null } } = {
  400: { type: "invalid_request_error", code: null },
  401: { type: "invalid_request_error", code: "invalid_api_key" },
  404: { type: "invalid_request_error", code: "model_not_found" },
  429: { type: "requests", code: "rate_limit_exceeded" }
}

const errorBody = (status: number): object => ({
  error: { message: `The wire says ${status}`, param: null, ...(errorTypes[status] ?? { type: "server_error", code: null }) }
})

export const openaiDialect: WireDialect = {
  basePath: "/v1",
  completionsPath: "/v1/chat/completions",
  defaultModels: ["gpt-wire", "text-embedding-wire"],
  models: (ids) => ({
    object: "list",
    data: ids.map((id) => ({ id, object: "model", created, owned_by: "wire" }))
  }),
  whole,
  frames,
  errorFrame: `data: ${JSON.stringify({ error: { message: "The server had an error", type: "server_error", param: null, code: null } })}\n\n`,
  errorBody
}

export const startOpenaiWire = startWire(openaiDialect)
