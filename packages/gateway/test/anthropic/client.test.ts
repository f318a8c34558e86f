/** The official `@anthropic-ai/sdk` client, unchanged, against `/v1/messages`. */
import type Anthropic from "@anthropic-ai/sdk"
import { BadRequestError, NotFoundError } from "@anthropic-ai/sdk"
import { redactedPrefix } from "@parley/domain/Content"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { Message } from "../../src/anthropic/AnthropicGroup.ts"
import { engines } from "../server/support/engines.ts"
import { doorPrincipal } from "../support/doorKeys.ts"
import { answerOf, saying, words } from "../support/ScriptedCompletions.ts"
import { anthropicDoors, ask, messages, path } from "./support/anthropicDoors.ts"

const tools: Array<Anthropic.Tool> = [
  {
    name: "weather",
    description: "Of a city",
    input_schema: { type: "object", properties: { city: { type: "string" } } },
    strict: true
  }
]
const callEvents: ReadonlyArray<ModelEvent> = [
  { type: "text-delta", text: "Let me see." },
  { type: "tool-call-delta", index: 0, id: "call_1", name: "weather", arguments: "" },
  { type: "tool-call-delta", index: 0, arguments: '{"city":' },
  { type: "tool-call-delta", index: 0, arguments: '"Zürich"}' },
  { type: "tool-call", index: 0, id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
  { type: "tool-call", index: 1, id: "call_2", name: "weather", arguments: '{"city":"Bern"}' },
  { type: "tool-call-delta", index: 2, id: "call_3", name: "weather", arguments: "" },
  { type: "tool-call", index: 2, id: "call_3", name: "weather", arguments: "{}" },
  { type: "finish", reason: "tool-calls" }
]
const calls = [
  { type: "tool-call", id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
  { type: "tool-call", id: "call_2", name: "weather", arguments: '{"city":"Bern"}' },
  { type: "tool-call", id: "call_3", name: "weather", arguments: "{}" }
] as const

describe.each(engines)("the anthropic client, on %s", (engine) => {
  const at = anthropicDoors(engine)

  const streamEvents = async (body: Anthropic.MessageCreateParamsNonStreaming) => {
    const events: Array<Anthropic.RawMessageStreamEvent> = []
    for await (const event of await at.client.messages.create({ ...body, stream: true })) events.push(event)
    return events
  }

  it("counts the tokens of a prompt, with what a body of messages may hold", async () => {
    const { input_tokens } = await at.client.messages.countTokens({ model: "demo/echo-1", messages, tools, system: "Be brief" })
    expect(input_tokens).toBe(14)
    expect(at.doors.completions.requests.at(-1)?.parameters.tools).toHaveLength(1)
    await expect(at.client.messages.countTokens({ model: "nobody/nothing", messages })).rejects.toBeInstanceOf(NotFoundError)
    await expect(at.client.messages.countTokens({ model: "demo/echo-1", messages: [] })).rejects.toBeInstanceOf(BadRequestError)
  })

  it("reads a whole answer, its usage, its end and the request's id", async () => {
    const answer = await at.client.messages.create(ask).withResponse()
    expect(answer.data).toMatchObject({
      type: "message",
      role: "assistant",
      model: "demo/echo-1",
      content: [{ type: "text", text: "Hello there" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: {
        input_tokens: 8,
        cache_read_input_tokens: 3,
        cache_creation_input_tokens: 0,
        output_tokens: 7,
        output_tokens_details: { thinking_tokens: 2 }
      }
    })
    expect(Schema.is(Message)(answer.data)).toBe(true)
    expect(answer.request_id).toBe(at.doors.completions.callers[0]?.requestId)
    expect(at.doors.completions.callers[0]?.principalId).toBe(doorPrincipal)
    expect(at.doors.completions.requests[0]).toEqual({
      model: "demo/echo-1",
      messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
      parameters: { maxOutputTokens: 100 }
    })
  })

  it("streams text byte for byte, in the order of Anthropic's events", async () => {
    const said = ["Grüße, ", '"世界"\n', "🌍\u2028", "</script>\\"]
    at.doors.completions.script = saying(words(...said))
    const events = await streamEvents(ask)
    expect(events.map((event) => event.type)).toEqual([
      "message_start",
      "content_block_start",
      ...said.map(() => "content_block_delta"),
      "content_block_stop",
      "message_delta",
      "message_stop"
    ])
    at.doors.completions.script = saying(words(...said))
    const final = await at.client.messages.stream(ask).finalMessage()
    expect(final.content).toEqual([{ type: "text", text: said.join(""), citations: null }])
    expect(final).toMatchObject({ model: "demo/echo-1", stop_reason: "end_turn", stop_sequence: null })
    expect(final.usage).toMatchObject({ input_tokens: 8, output_tokens: 7, cache_read_input_tokens: 3 })
  })

  it("tells the prompt's tokens at the beginning of a stream: estimated, or as the provider has told them, and corrected at the end", async () => {
    const usageAtStart = async () => {
      const [first] = await streamEvents(ask)
      return first?.type === "message_start" ? first.message.usage : expect.unreachable()
    }
    const atEnd = async () => (await streamEvents(ask)).find((event) => event.type === "message_delta")?.usage
    at.doors.completions.script = saying(words("Hello"))
    expect(await usageAtStart()).toMatchObject({ input_tokens: 13, output_tokens: 0, is_estimated: true })
    expect(await atEnd()).toMatchObject({ input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 7 })
    const told = { inputTokens: 100, cachedInputTokens: 60, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 }
    at.doors.completions.script = saying([{ type: "usage", usage: told }, ...words("Hello")])
    expect(await usageAtStart()).toMatchObject({ input_tokens: 40, cache_read_input_tokens: 60, output_tokens: 0 })
    // An answer without a word has been counted by then.
    at.doors.completions.script = saying([], answerOf({ content: [] }))
    expect(await usageAtStart()).toMatchObject({ input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 0 })
  })

  it("streams tool calls, in pieces or whole, and takes their results back", async () => {
    at.doors.completions.script = saying(callEvents, answerOf({ finishReason: "tool-calls", content: calls }))
    const streamed = await at.client.messages.stream({ ...ask, tools }).finalMessage()
    expect(streamed.stop_reason).toBe("tool_use")
    expect(streamed.content).toEqual([
      { type: "text", text: "Let me see.", citations: null },
      { type: "tool_use", id: "call_1", name: "weather", input: { city: "Zürich" }, caller: { type: "direct" } },
      { type: "tool_use", id: "call_2", name: "weather", input: { city: "Bern" }, caller: { type: "direct" } },
      { type: "tool_use", id: "call_3", name: "weather", input: {}, caller: { type: "direct" } }
    ])
    const whole = await at.client.messages.create({ ...ask, tools })
    expect(whole.content).toEqual(streamed.content.slice(1))
    expect(at.doors.completions.requests[0]?.parameters.tools).toEqual([
      {
        name: "weather",
        description: "Of a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        strict: true
      }
    ])
    at.doors.completions.reset()
    await at.client.messages.create({
      ...ask,
      messages: [
        ...messages,
        { role: "assistant", content: streamed.content },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_1", content: "sunny" },
            { type: "tool_result", tool_use_id: "call_2", content: [{ type: "text", text: "rain" }], is_error: true },
            { type: "tool_result", tool_use_id: "call_3" },
            { type: "text", text: "So?" }
          ]
        }
      ],
      tools,
      tool_choice: { type: "tool", name: "weather", disable_parallel_tool_use: true }
    })
    expect(at.doors.completions.requests[0]?.messages.slice(1)).toEqual([
      { role: "assistant", content: [{ type: "text", text: "Let me see." }, ...calls] },
      {
        role: "user",
        content: [
          { type: "tool-result", toolCallId: "call_1", content: "sunny" },
          { type: "tool-result", toolCallId: "call_2", content: "rain", isError: true },
          { type: "tool-result", toolCallId: "call_3", content: "" },
          { type: "text", text: "So?" }
        ]
      }
    ])
    expect(at.doors.completions.requests[0]?.parameters).toMatchObject({
      toolChoice: { name: "weather" },
      parallelToolCalls: false
    })
  })

  it("keeps pieces of calls apart that come mixed", async () => {
    at.doors.completions.script = saying(
      [
        { type: "tool-call-delta", index: 0, id: "call_1", name: "weather", arguments: '{"city"' },
        { type: "tool-call-delta", index: 1, id: "call_2", name: "weather", arguments: '{"city":' },
        { type: "tool-call-delta", index: 0, arguments: ':"Zürich"}' },
        { type: "tool-call-delta", index: 1, arguments: '"Bern"}' },
        ...calls.slice(0, 2).map((call, index) => ({ ...call, index })),
        { type: "finish", reason: "tool-calls" }
      ],
      answerOf({ finishReason: "tool-calls" })
    )
    const { content } = await at.client.messages.stream({ ...ask, tools }).finalMessage()
    expect(content.map((block) => block.type === "tool_use" && block.input)).toEqual([{ city: "Zürich" }, { city: "Bern" }])
  })

  it("tells arguments that are no JSON object, and does not break on them", async () => {
    at.doors.completions.script = saying(
      words(),
      answerOf({
        finishReason: "tool-calls",
        content: ["[1]", "{oops", " "].map((text, at) => ({
          type: "tool-call",
          id: `call_${at}`,
          name: "weather",
          arguments: text
        }))
      })
    )
    const { content } = await at.client.messages.create({ ...ask, tools })
    expect(content.map((block) => block.type === "tool_use" && block.input)).toEqual([
      { invalid_json: "[1]" },
      { invalid_json: "{oops" },
      {}
    ])
  })

  it("tells thinking with its signature, hidden thinking, and thinking that nobody signed, and takes all of it back", async () => {
    const content = [
      { type: "reasoning", text: "First, hm.", signature: "c2ln" },
      { type: "reasoning", text: "", signature: `${redactedPrefix}aGlkZGVu` },
      { type: "reasoning", text: "Then." },
      { type: "text", text: "Yes." }
    ] as const
    const told: ReadonlyArray<ModelEvent> = [
      { type: "reasoning-delta", text: "First, " },
      { type: "reasoning-delta", text: "hm." },
      { type: "reasoning-delta", text: "", signature: "c2ln" },
      { type: "reasoning-delta", text: "", signature: `${redactedPrefix}aGlkZGVu` },
      { type: "reasoning-delta", text: "Then." },
      { type: "text-delta", text: "Yes." },
      { type: "finish", reason: "stop" }
    ]
    at.doors.completions.script = saying(told, answerOf({ content }))
    const body = { ...ask, thinking: { type: "enabled", budget_tokens: 2_048 } as const }
    const streamed = await at.client.messages.stream(body).finalMessage()
    expect(streamed.content).toEqual([
      { type: "thinking", thinking: "First, hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "aGlkZGVu" },
      { type: "thinking", thinking: "Then.", signature: "" },
      { type: "text", text: "Yes.", citations: null }
    ])
    const whole = await at.client.messages.create(body)
    expect(whole.content).toEqual(streamed.content)
    await at.client.messages.create({
      ...ask,
      messages: [...messages, { role: "assistant", content: whole.content }, ...messages]
    })
    expect(at.doors.completions.requests[2]?.messages[1]).toEqual({ role: "assistant", content })

    const hidden = { ...ask, thinking: { type: "adaptive", display: "omitted" } as const }
    const silent = await at.client.messages.stream(hidden).finalMessage()
    expect(silent.content).toEqual([
      { type: "thinking", thinking: "", signature: "c2ln" },
      { type: "redacted_thinking", data: "aGlkZGVu" },
      { type: "text", text: "Yes.", citations: null }
    ])
    expect((await at.client.messages.create(hidden)).content).toEqual(silent.content)
  })

  it("passes on everything that a model can be asked for", async () => {
    await at.client.messages.create({
      model: "demo/echo-1",
      max_tokens: 100,
      system: [
        { type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } },
        { type: "text", text: "Be kind." }
      ],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?", cache_control: { type: "ephemeral", ttl: "1h" } },
            { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } }
          ]
        },
        { role: "system", content: "Now in French." },
        { role: "assistant", content: "Un chat." }
      ],
      cache_control: { type: "ephemeral" },
      stop_sequences: ["END"],
      metadata: { user_id: "u-1" },
      tools,
      tool_choice: { type: "any" },
      output_config: { effort: "xhigh", format: { type: "json_schema", schema: { type: "object" } } }
    })
    expect(at.doors.completions.requests[0]).toEqual({
      model: "demo/echo-1",
      messages: [
        {
          role: "system",
          content: [
            { type: "text", text: "Be brief.", cacheFor: "5m" },
            { type: "text", text: "Be kind." }
          ]
        },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?", cacheFor: "1h" },
            { type: "image", url: "https://example.com/a.png" },
            { type: "image", url: "data:image/png;base64,iVBORw0KGgo=" }
          ]
        },
        { role: "system", content: [{ type: "text", text: "Now in French." }] },
        { role: "assistant", content: [{ type: "text", text: "Un chat.", cacheFor: "5m" }] }
      ],
      parameters: {
        maxOutputTokens: 100,
        stop: ["END"],
        reasoningEffort: "xhigh",
        responseFormat: { type: "json-schema", name: "answer", schema: { type: "object" }, strict: true },
        tools: [expect.objectContaining({ name: "weather" })],
        toolChoice: "required",
        user: "u-1"
      }
    })
  })

  it.each([
    [
      { system: "Hi", temperature: 0.5, top_p: 0.9, top_k: null },
      { temperature: 0.5, topP: 0.9 }
    ],
    [{ thinking: { type: "disabled" } }, { reasoningEffort: "none" }],
    [{ thinking: { type: "adaptive" } }, { reasoningEffort: "high" }],
    [{ thinking: { type: "adaptive" }, output_config: { effort: "low" } }, { reasoningEffort: "low" }],
    [{ thinking: { type: "enabled", budget_tokens: 1_024 } }, { reasoningEffort: "low" }],
    [{ thinking: { type: "enabled", budget_tokens: 10_000 } }, { reasoningEffort: "medium" }],
    [{ thinking: { type: "enabled", budget_tokens: 60_000 } }, { reasoningEffort: "high" }],
    [{ tool_choice: { type: "none" } }, { toolChoice: "none" }],
    [{ tool_choice: { type: "auto", disable_parallel_tool_use: false } }, { toolChoice: "auto" }],
    [{ container: null, mcp_servers: [], service_tier: "auto", speed: "fast" }, {}]
  ])("reads %j", async (given, parameters) => {
    const answer = await at.doors.ask("POST", `${path}?beta=true`, { ...ask, ...given }, { "anthropic-version": "2023-06-01" })
    expect(answer.status).toBe(200)
    expect(at.doors.completions.requests[0]?.parameters).toEqual({ maxOutputTokens: 100, ...parameters })
  })

  it.each([true, false])("tells at which sequence the model stopped (streaming: %s)", async (streaming) => {
    at.doors.completions.script = saying([
      { type: "text-delta", text: "one" },
      { type: "finish", reason: "stop", stopSequence: "END" }
    ])
    const body = { ...ask, stop_sequences: ["END"] }
    const answer = streaming ? await at.client.messages.stream(body).finalMessage() : await at.client.messages.create(body)
    expect(answer).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "END" })
  })

  it.each([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["tool-calls", "tool_use"],
    ["content-filter", "refusal"],
    ["refusal", "refusal"]
  ] as const)("tells the end %s as %s", async (finishReason, stopReason) => {
    at.doors.completions.script = saying([{ type: "finish", reason: finishReason }], answerOf({ finishReason, content: [] }))
    expect((await at.client.messages.create(ask)).stop_reason).toBe(stopReason)
    const empty = await at.client.messages.stream(ask).finalMessage()
    expect(empty).toMatchObject({ stop_reason: stopReason, content: [] })
  })
})
