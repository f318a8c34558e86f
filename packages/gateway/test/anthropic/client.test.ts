/** The official `@anthropic-ai/sdk` client, unchanged, against `/v1/messages`. */
import Anthropic, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PermissionDeniedError,
  RateLimitError
} from "@anthropic-ai/sdk"
import { redactedPrefix } from "@parley/domain/Content"
import { Busy } from "@parley/domain/Errors"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { ProviderFailed, ProviderRateLimited, ProviderTruncated } from "@parley/domain/ProviderError"
import { Deferred, Effect, Schema } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { Message } from "../../src/anthropic/AnthropicGroup.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys, doorPrincipal } from "../support/doorKeys.ts"
import { answerOf, saying, words } from "../support/ScriptedCompletions.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const failing = { provider: "demo", model: "echo-1" }
const messages: Array<Anthropic.MessageParam> = [{ role: "user", content: "Hello" }]
const ask = { model: "demo/echo-1", max_tokens: 100, messages }
const path = "/v1/messages"
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
  let doors: Doors
  let client: Anthropic
  beforeAll(async () => {
    doors = await startDoors(engine)
    client = clientOf(doorKeys.member)
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.completions.reset())

  const clientOf = (apiKey: string) => new Anthropic({ baseURL: doors.url, apiKey, maxRetries: 0 })
  const failure = (call: PromiseLike<unknown>) =>
    call.then(
      () => expect.unreachable(),
      (error: unknown) => error
    )
  const streamEvents = async (body: Anthropic.MessageCreateParamsNonStreaming) => {
    const events: Array<Anthropic.RawMessageStreamEvent> = []
    for await (const event of await client.messages.create({ ...body, stream: true })) events.push(event)
    return events
  }

  it("counts the tokens of a prompt, with what a body of messages may hold", async () => {
    const { input_tokens } = await client.messages.countTokens({ model: "demo/echo-1", messages, tools, system: "Be brief" })
    expect(input_tokens).toBe(14)
    expect(doors.completions.requests.at(-1)?.parameters.tools).toHaveLength(1)
    await expect(client.messages.countTokens({ model: "nobody/nothing", messages })).rejects.toBeInstanceOf(NotFoundError)
    await expect(client.messages.countTokens({ model: "demo/echo-1", messages: [] })).rejects.toBeInstanceOf(BadRequestError)
  })

  it("reads a whole answer, its usage, its end and the request's id", async () => {
    const answer = await client.messages.create(ask).withResponse()
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
    expect(answer.request_id).toBe(doors.completions.callers[0]?.requestId)
    expect(doors.completions.callers[0]?.principalId).toBe(doorPrincipal)
    expect(doors.completions.requests[0]).toEqual({
      model: "demo/echo-1",
      messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }],
      parameters: { maxOutputTokens: 100 }
    })
  })

  it("streams text byte for byte, in the order of Anthropic's events", async () => {
    const said = ["Grüße, ", '"世界"\n', "🌍\u2028", "</script>\\"]
    doors.completions.script = saying(words(...said))
    const events = await streamEvents(ask)
    expect(events.map((event) => event.type)).toEqual([
      "message_start",
      "content_block_start",
      ...said.map(() => "content_block_delta"),
      "content_block_stop",
      "message_delta",
      "message_stop"
    ])
    doors.completions.script = saying(words(...said))
    const final = await client.messages.stream(ask).finalMessage()
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
    doors.completions.script = saying(words("Hello"))
    expect(await usageAtStart()).toMatchObject({ input_tokens: 13, output_tokens: 0, is_estimated: true })
    expect(await atEnd()).toMatchObject({ input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 7 })
    const told = { inputTokens: 100, cachedInputTokens: 60, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 }
    doors.completions.script = saying([{ type: "usage", usage: told }, ...words("Hello")])
    expect(await usageAtStart()).toMatchObject({ input_tokens: 40, cache_read_input_tokens: 60, output_tokens: 0 })
    // An answer without a word has been counted by then.
    doors.completions.script = saying([], answerOf({ content: [] }))
    expect(await usageAtStart()).toMatchObject({ input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 0 })
  })

  it("streams tool calls, in pieces or whole, and takes their results back", async () => {
    doors.completions.script = saying(callEvents, answerOf({ finishReason: "tool-calls", content: calls }))
    const streamed = await client.messages.stream({ ...ask, tools }).finalMessage()
    expect(streamed.stop_reason).toBe("tool_use")
    expect(streamed.content).toEqual([
      { type: "text", text: "Let me see.", citations: null },
      { type: "tool_use", id: "call_1", name: "weather", input: { city: "Zürich" }, caller: { type: "direct" } },
      { type: "tool_use", id: "call_2", name: "weather", input: { city: "Bern" }, caller: { type: "direct" } },
      { type: "tool_use", id: "call_3", name: "weather", input: {}, caller: { type: "direct" } }
    ])
    const whole = await client.messages.create({ ...ask, tools })
    expect(whole.content).toEqual(streamed.content.slice(1))
    expect(doors.completions.requests[0]?.parameters.tools).toEqual([
      {
        name: "weather",
        description: "Of a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        strict: true
      }
    ])
    doors.completions.reset()
    await client.messages.create({
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
    expect(doors.completions.requests[0]?.messages.slice(1)).toEqual([
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
    expect(doors.completions.requests[0]?.parameters).toMatchObject({ toolChoice: { name: "weather" }, parallelToolCalls: false })
  })

  it("keeps pieces of calls apart that come mixed", async () => {
    doors.completions.script = saying(
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
    const { content } = await client.messages.stream({ ...ask, tools }).finalMessage()
    expect(content.map((block) => block.type === "tool_use" && block.input)).toEqual([{ city: "Zürich" }, { city: "Bern" }])
  })

  it("tells arguments that are no JSON object, and does not break on them", async () => {
    doors.completions.script = saying(
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
    const { content } = await client.messages.create({ ...ask, tools })
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
    doors.completions.script = saying(told, answerOf({ content }))
    const body = { ...ask, thinking: { type: "enabled", budget_tokens: 2_048 } as const }
    const streamed = await client.messages.stream(body).finalMessage()
    expect(streamed.content).toEqual([
      { type: "thinking", thinking: "First, hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "aGlkZGVu" },
      { type: "thinking", thinking: "Then.", signature: "" },
      { type: "text", text: "Yes.", citations: null }
    ])
    const whole = await client.messages.create(body)
    expect(whole.content).toEqual(streamed.content)
    await client.messages.create({ ...ask, messages: [...messages, { role: "assistant", content: whole.content }, ...messages] })
    expect(doors.completions.requests[2]?.messages[1]).toEqual({ role: "assistant", content })

    const hidden = { ...ask, thinking: { type: "adaptive", display: "omitted" } as const }
    const silent = await client.messages.stream(hidden).finalMessage()
    expect(silent.content).toEqual([
      { type: "thinking", thinking: "", signature: "c2ln" },
      { type: "redacted_thinking", data: "aGlkZGVu" },
      { type: "text", text: "Yes.", citations: null }
    ])
    expect((await client.messages.create(hidden)).content).toEqual(silent.content)
  })

  it("passes on everything that a model can be asked for", async () => {
    await client.messages.create({
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
            { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } }
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
    expect(doors.completions.requests[0]).toEqual({
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
            { type: "image", url: "data:image/png;base64,aGk=" }
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
    const answer = await doors.ask("POST", `${path}?beta=true`, { ...ask, ...given }, { "anthropic-version": "2023-06-01" })
    expect(answer.status).toBe(200)
    expect(doors.completions.requests[0]?.parameters).toEqual({ maxOutputTokens: 100, ...parameters })
  })

  it.each([true, false])("tells at which sequence the model stopped (streaming: %s)", async (streaming) => {
    doors.completions.script = saying([
      { type: "text-delta", text: "one" },
      { type: "finish", reason: "stop", stopSequence: "END" }
    ])
    const body = { ...ask, stop_sequences: ["END"] }
    const answer = streaming ? await client.messages.stream(body).finalMessage() : await client.messages.create(body)
    expect(answer).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "END" })
  })

  it.each([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["tool-calls", "tool_use"],
    ["content-filter", "refusal"],
    ["refusal", "refusal"]
  ] as const)("tells the end %s as %s", async (finishReason, stopReason) => {
    doors.completions.script = saying([{ type: "finish", reason: finishReason }], answerOf({ finishReason, content: [] }))
    expect((await client.messages.create(ask)).stop_reason).toBe(stopReason)
    const empty = await client.messages.stream(ask).finalMessage()
    expect(empty).toMatchObject({ stop_reason: stopReason, content: [] })
  })

  it("throws the client's own error classes", async () => {
    const create = (of: Anthropic, model = ask.model) => failure(of.messages.create({ ...ask, model }))
    expect(await create(clientOf("pk_wrong"))).toBeInstanceOf(AuthenticationError)
    expect(await create(clientOf(doorKeys.chat))).toBeInstanceOf(PermissionDeniedError)
    expect(await create(client, "nobody/nothing")).toBeInstanceOf(NotFoundError)
    expect(await failure(client.messages.create({ ...ask, max_tokens: 0 }))).toBeInstanceOf(BadRequestError)
    doors.completions.script = () =>
      Effect.fail(new ProviderRateLimited({ ...failing, message: "Slow down.", retryAfterMs: 2_000 }))
    for (const stream of [true, false]) {
      const limited = await failure(client.messages.create({ ...ask, stream }))
      expect(limited).toBeInstanceOf(RateLimitError)
      expect(
        limited instanceof APIError && [limited.headers?.get("retry-after"), limited.type, limited.errorCode, limited.apiMessage]
      ).toEqual(["2", "rate_limit_error", "provider_rate_limited", "Slow down."])
    }
    doors.completions.script = () => Effect.fail(new Busy({ message: "Later.", retryAfterMs: 100 }))
    const busy = await failure(client.messages.create(ask))
    expect(busy).toBeInstanceOf(OverloadedError)
    expect(busy instanceof APIError && busy.requestID).toMatch(/^req_/)
  })

  it("never reports a stream that broke off as complete", async () => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying([{ type: "text-delta", text: "Hel" }])(request, sink, control),
        Effect.fail(new ProviderTruncated({ ...failing, message: "The answer was cut off." }))
      )
    const stream = client.messages.stream(ask)
    let text = ""
    stream.on("text", (delta) => (text += delta))
    const broken = await failure(stream.finalMessage())
    expect(text).toBe("Hel")
    expect(broken).toBeInstanceOf(APIError)
    expect(broken instanceof APIError && [broken.type, broken.errorCode]).toEqual(["api_error", "provider_truncated"])
    const raw = await doors.ask("POST", path, { ...ask, stream: true })
    expect(raw.text).not.toContain("message_stop")
    expect(raw.text).toMatch(/event: error\ndata: \{"type":"error",.*\n\n$/)
  })

  it("tells a defect in the middle of a stream as an error event, and logs it under the request's id", async () => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying([{ type: "text-delta", text: "Hel" }])(request, sink, control),
        Effect.die(new Error("a defect of the test's"))
      )
    const raw = await doors.ask("POST", path, { ...ask, stream: true }, { "x-request-id": "mine.2" })
    expect(raw.text).toContain('"error_code":"internal"')
    expect(raw.text).toContain('"request_id":"mine.2"')
    expect(raw.text).not.toContain("defect of the test")
    expect(raw.text).not.toContain("message_stop")
    expect(doors.logs.some((line) => line.requestId === "mine.2")).toBe(true)
  })

  it("answers a failure before the first token with its own status, not with a stream", async () => {
    doors.completions.script = () => Effect.fail(new ProviderFailed({ ...failing, message: "The provider failed." }))
    expect(await failure(client.messages.create({ ...ask, stream: true }))).toBeInstanceOf(InternalServerError)
    const raw = await doors.ask("POST", path, { ...ask, stream: true }, { "x-request-id": "mine.3" })
    const { headers, status } = raw
    expect([status, headers.get("content-type"), headers.get("x-request-id"), headers.get("request-id")]).toEqual([
      500,
      "application/json",
      "mine.3",
      "mine.3"
    ])
  })

  it.each([true, false])("an abort of the client interrupts the call to the model (streaming: %s)", async (stream) => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(saying(words("Hello"))(request, sink, control), Effect.never)
    const aborter = new AbortController()
    const call = client.messages.create({ ...ask, stream }, { signal: aborter.signal })
    if (stream) {
      expect(Symbol.asyncIterator in (await call)).toBe(true)
    } else {
      call.catch(() => {})
      while (doors.completions.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    aborter.abort()
    await Effect.runPromise(Deferred.await(doors.completions.interrupted))
  })

  it("sends no header that lets a proxy hold the stream back or keep it", async () => {
    const raw = await doors.ask("POST", path, { ...ask, stream: true })
    expect(raw.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
    expect(raw.headers.get("cache-control")).toBe("no-store")
    expect(raw.headers.get("x-accel-buffering")).toBe("no")
  })
})
