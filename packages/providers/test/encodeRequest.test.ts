/** Our request in each wire's words: what a server of that wire receives. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ModelParameters, ModelRequest } from "@parley/domain/ModelRequest"
import { defaultMaxOutputTokens, jsonInstruction } from "../src/anthropic/encodeRequest.ts"
import { modelOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { wires } from "./support/wires.ts"

/** The body that the wire's server received for a request. */
const bodyOf = Effect.fnUntraced(function* (id: string, request: ModelRequest, streaming = false, name = "some-model") {
  const wire = wires.find((wire) => wire.id === id)!
  const server = yield* wire.start
  const model = yield* modelOf(wire.config(server.baseUrl), `${id}/${name}`)
  yield* streaming ? model.stream(request, () => undefined) : model.complete(request)
  return server.requests[0]!.body
})

const parametersOf = Effect.fnUntraced(function* (id: string, parameters: ModelParameters) {
  const {
    messages: _messages,
    model: _model,
    ...rest
  } = { messages: 0, model: 0, ...objectOf(yield* bodyOf(id, ask("Hello", parameters))) }
  return rest
})

const objectOf = (value: unknown): object => (typeof value === "object" && value !== null ? value : {})

const weather = {
  name: "get_weather",
  description: "The weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: true
}
const png = "data:image/png;base64,iVBORw0KGgo="

/** A conversation with all that it may hold. */
const conversation: ModelRequest = {
  model: "set-by-resolve",
  parameters: {},
  messages: [
    { role: "system", content: [{ type: "text", text: "Be brief." }] },
    {
      role: "user",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image", url: png, detail: "low" },
        { type: "image", url: "https://example.com/cat.png" }
      ]
    },
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "Let me look", signature: "sig" },
        { type: "reasoning", text: "nobody signed this" },
        { type: "reasoning", text: "", signature: "redacted:abc" },
        { type: "text", text: "I will look." },
        { type: "tool-call", id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
        { type: "tool-call", id: "call_2", name: "get_weather", arguments: "{broken" },
        { type: "tool-call", id: "call_3", name: "get_time", arguments: "" }
      ]
    },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "call_1", content: "Rain" }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "call_2", content: "No such city", isError: true }] },
    {
      role: "user",
      content: [
        { type: "text", text: "And now?" },
        { type: "tool-result", toolCallId: "call_3", content: "Noon" }
      ]
    },
    { role: "system", content: [{ type: "text", text: "Be kind." }] }
  ]
}

const all: ModelParameters = {
  temperature: 0.5,
  topP: 0.9,
  maxOutputTokens: 99,
  stop: ["END", " "],
  seed: 7,
  frequencyPenalty: 0.1,
  presencePenalty: 0.2,
  reasoningEffort: "high",
  tools: [weather, { name: "get_time" }],
  toolChoice: "auto",
  parallelToolCalls: false,
  user: "user-7"
}

const schema = { type: "object", properties: { answer: { type: "integer" } } }

describe("openai", () => {
  it.live("hears a conversation message by message, each result of a tool as its own", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* bodyOf("openai", conversation), {
        model: "some-model",
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image_url", image_url: { url: png, detail: "low" } },
              { type: "image_url", image_url: { url: "https://example.com/cat.png" } }
            ]
          },
          {
            role: "assistant",
            content: "I will look.",
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
              { id: "call_2", type: "function", function: { name: "get_weather", arguments: "{broken" } },
              { id: "call_3", type: "function", function: { name: "get_time", arguments: "" } }
            ]
          },
          { role: "tool", tool_call_id: "call_1", content: "Rain" },
          { role: "tool", tool_call_id: "call_2", content: "No such city" },
          { role: "tool", tool_call_id: "call_3", content: "Noon" },
          { role: "user", content: "And now?" },
          { role: "system", content: "Be kind." }
        ]
      })
    })
  )

  it.live("asks for usage when it streams", () =>
    Effect.gen(function* () {
      const body = yield* bodyOf("openai", ask("Hello"), true)
      assert.deepInclude(body, { stream: true, stream_options: { include_usage: true } })
    })
  )

  it.live("gets every parameter under its own name", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* parametersOf("openai", all), {
        temperature: 0.5,
        top_p: 0.9,
        max_completion_tokens: 99,
        stop: ["END", " "],
        seed: 7,
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        reasoning_effort: "high",
        tools: [
          { type: "function", function: weather },
          { type: "function", function: { name: "get_time" } }
        ],
        tool_choice: "auto",
        parallel_tool_calls: false,
        user: "user-7"
      })
    })
  )

  it.live("gets formats and choices of tools in its own shape", () =>
    Effect.gen(function* () {
      const formats = yield* Effect.forEach(
        [{ type: "text" }, { type: "json" }, { type: "json-schema", name: "Answer", schema, strict: true }] as const,
        (responseFormat) => parametersOf("openai", { responseFormat })
      )
      assert.deepStrictEqual(formats, [
        { response_format: { type: "text" } },
        { response_format: { type: "json_object" } },
        { response_format: { type: "json_schema", json_schema: { name: "Answer", schema, strict: true } } }
      ])
      const choice = yield* parametersOf("openai", { tools: [weather], toolChoice: { name: "get_weather" } })
      assert.deepInclude(choice, { tool_choice: { type: "function", function: { name: "get_weather" } } })
    })
  )

  it.live("gets no word of tools when there are none", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* parametersOf("openai", { tools: [], toolChoice: "auto", parallelToolCalls: true, stop: [] }),
        {}
      )
    })
  )
})

describe("llama", () => {
  it.live("gets the older name of the bound of tokens, which is the one that its servers know", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* parametersOf("llama", { maxOutputTokens: 99 }), { max_tokens: 99 })
    })
  )
})

describe("anthropic", () => {
  it.live("hears a conversation in turns, results of tools first, system words apart", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* bodyOf("anthropic", conversation), {
        model: "some-model",
        max_tokens: defaultMaxOutputTokens,
        system: "Be brief.\n\nBe kind.",
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
              { type: "image", source: { type: "url", url: "https://example.com/cat.png" } }
            ]
          },
          {
            role: "assistant",
            content: [
              { type: "thinking", thinking: "Let me look", signature: "sig" },
              { type: "redacted_thinking", data: "abc" },
              { type: "text", text: "I will look." },
              { type: "tool_use", id: "call_1", name: "get_weather", input: { city: "Oslo" } },
              { type: "tool_use", id: "call_2", name: "get_weather", input: { invalid_json: "{broken" } },
              { type: "tool_use", id: "call_3", name: "get_time", input: {} }
            ]
          },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "call_1", content: "Rain" },
              { type: "tool_result", tool_use_id: "call_2", content: "No such city", is_error: true },
              { type: "tool_result", tool_use_id: "call_3", content: "Noon" },
              { type: "text", text: "And now?" }
            ]
          }
        ]
      })
    })
  )

  it.live("is asked to keep what the caller wants kept, for as long, and nobody else is", () =>
    Effect.gen(function* () {
      const kept: ModelRequest = {
        model: "set-by-resolve",
        parameters: { tools: [{ ...weather, cacheFor: "1h" }] },
        messages: [
          {
            role: "system",
            content: [
              { type: "text", text: "Long.", cacheFor: "1h" },
              { type: "text", text: "Short." }
            ]
          },
          {
            role: "user",
            content: [
              { type: "image", url: png, cacheFor: "5m" },
              { type: "text", text: "What?", cacheFor: "5m" }
            ]
          },
          {
            role: "assistant",
            content: [{ type: "tool-call", id: "call_1", name: "get_weather", arguments: "{}", cacheFor: "5m" }]
          },
          { role: "tool", content: [{ type: "tool-result", toolCallId: "call_1", content: "Rain", cacheFor: "5m" }] }
        ]
      }
      const fiveMinutes = { cache_control: { type: "ephemeral", ttl: "5m" } }
      const hour = { cache_control: { type: "ephemeral", ttl: "1h" } }
      const body = yield* bodyOf("anthropic", kept)
      assert.deepInclude(body, {
        system: [
          { type: "text", text: "Long.", ...hour },
          { type: "text", text: "Short." }
        ],
        messages: [
          {
            role: "user",
            content: [
              { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" }, ...fiveMinutes },
              { type: "text", text: "What?", ...fiveMinutes }
            ]
          },
          { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "get_weather", input: {}, ...fiveMinutes }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "Rain", ...fiveMinutes }] }
        ]
      })
      assert.deepInclude(JSON.parse(JSON.stringify(body)).tools[0], hour)
      for (const other of ["openai", "llama"] as const) {
        assert.notMatch(JSON.stringify(yield* bodyOf(other, kept)), /cache/)
      }
    })
  )

  it.live("gets the parameters that its API has, and none of those it would refuse", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* parametersOf("anthropic", all), {
        max_tokens: 99,
        stop_sequences: ["END"],
        output_config: { effort: "high" },
        thinking: { type: "adaptive", display: "summarized" },
        tools: [
          { name: "get_weather", description: weather.description, input_schema: weather.parameters, strict: true },
          { name: "get_time", input_schema: { type: "object" } }
        ],
        tool_choice: { type: "auto", disable_parallel_tool_use: true },
        metadata: { user_id: "user-7" }
      })
    })
  )

  it.live.each([
    ["claude-3-5-haiku-20241022", { temperature: 1, top_p: 0.9 }],
    ["claude-opus-4-20250514", { temperature: 1, top_p: 0.9 }],
    ["claude-sonnet-4-0", { temperature: 1, top_p: 0.9 }],
    ["claude-opus-4-1-20250805", { temperature: 1 }],
    ["claude-haiku-4-5", { temperature: 1 }],
    ["claude-sonnet-4-6", { temperature: 1 }],
    ["claude-opus-4-7", {}],
    ["claude-opus-5-5", {}],
    ["somebody-elses", {}]
  ] as const)("of %s gets as much of temperature and top_p as that model takes", ([model, sent]) =>
    Effect.gen(function* () {
      const samplingOf = (parameters: ModelParameters) =>
        Effect.map(bodyOf("anthropic", ask("Hello", parameters), false, model), (body) =>
          Object.fromEntries(Object.entries(Object(body)).filter(([name]) => name === "temperature" || name === "top_p"))
        )
      assert.deepStrictEqual(yield* samplingOf({ temperature: 1.5, topP: 0.9 }), sent)
      assert.deepStrictEqual(yield* samplingOf({ topP: 0.9 }), "temperature" in sent ? { top_p: 0.9 } : {})
      assert.deepStrictEqual(yield* samplingOf({ temperature: 0.5, topP: 0.9, reasoningEffort: "high" }), {}, "it thinks")
    })
  )

  it.live("gets a schema as its output's format, and a plain wish for JSON as words", () =>
    Effect.gen(function* () {
      const typed = yield* parametersOf("anthropic", { responseFormat: { type: "json-schema", name: "Answer", schema } })
      assert.deepInclude(typed, { output_config: { format: { type: "json_schema", schema } } })
      const plain = yield* parametersOf("anthropic", { responseFormat: { type: "json" } })
      assert.deepInclude(plain, { system: jsonInstruction })
    })
  )

  it.live("gets each choice of tools in its own shape", () =>
    Effect.gen(function* () {
      const choices = yield* Effect.forEach(
        [
          { toolChoice: "none" },
          { toolChoice: "required" },
          { toolChoice: { name: "get_weather" }, parallelToolCalls: true },
          { parallelToolCalls: false },
          {}
        ] as const,
        (parameters) =>
          Effect.map(parametersOf("anthropic", { tools: [weather], ...parameters }), (body) => Reflect.get(body, "tool_choice"))
      )
      assert.deepStrictEqual(choices, [
        { type: "none" },
        { type: "any" },
        { type: "tool", name: "get_weather" },
        { type: "auto", disable_parallel_tool_use: true },
        undefined
      ])
    })
  )

  it.live("thinks not at all, or least, when it is asked to", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* parametersOf("anthropic", { reasoningEffort: "none" }), { thinking: { type: "disabled" } })
      assert.deepInclude(yield* parametersOf("anthropic", { reasoningEffort: "minimal" }), { output_config: { effort: "low" } })
    })
  )

  it.live("is spoken to with its key and its version", () =>
    Effect.gen(function* () {
      const wire = wires.find((wire) => wire.id === "anthropic")!
      const server = yield* wire.start
      const model = yield* modelOf(wire.config(`${server.baseUrl}/v1/`), "anthropic/m")
      yield* model.complete(ask("Hello"))
      assert.deepInclude(server.requests[0]!.headers, { "x-api-key": "key-of-the-test", "anthropic-version": "2023-06-01" })
    })
  )
})
