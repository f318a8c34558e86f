/** The official `openai` client, unchanged, against `/v1/responses`. */
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { ProviderFailed, ProviderRateLimited, ProviderTruncated } from "@parley/domain/ProviderError"
import { Deferred, Effect, Schema } from "effect"
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError
} from "openai"
import type { Response, ResponseInput, ResponseStreamEvent, Tool } from "openai/resources/responses/responses"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { ResponseObject } from "../../src/responses/ResponsesGroup.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys, doorPrincipal } from "../support/doorKeys.ts"
import { contextExceeded } from "../support/everyError.ts"
import { answerOf, saying, words } from "../support/ScriptedCompletions.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const failing = { provider: "demo", model: "echo-1" }
const ask = { model: "demo/echo-1", input: "Hello" }
const path = "/v1/responses"
const tools: Array<Tool> = [
  {
    type: "function",
    name: "weather",
    description: "Of a city",
    parameters: { type: "object", properties: { city: { type: "string" } } },
    strict: true
  }
]
const content = [
  { type: "reasoning", text: "First, hm.", signature: "c2ln" },
  { type: "text", text: "Let me see." },
  { type: "tool-call", id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
  { type: "tool-call", id: "call_2", name: "weather", arguments: "{}" }
] as const
const events: ReadonlyArray<ModelEvent> = [
  { type: "reasoning-delta", text: "First, " },
  { type: "reasoning-delta", text: "hm." },
  { type: "reasoning-delta", text: "", signature: "c2ln" },
  { type: "text-delta", text: "Let me" },
  { type: "text-delta", text: " see." },
  { type: "tool-call-delta", index: 0, id: "call_1", name: "weather", arguments: "" },
  { type: "tool-call-delta", index: 0, arguments: '{"city":' },
  { type: "tool-call-delta", index: 0, arguments: '"Zürich"}' },
  { type: "tool-call", index: 0, id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
  { type: "tool-call", index: 1, id: "call_2", name: "weather", arguments: "{}" },
  { type: "finish", reason: "tool-calls" }
]

describe.each(engines)("the openai client asking for responses, on %s", (engine) => {
  let doors: Doors
  let client: OpenAI
  beforeAll(async () => {
    doors = await startDoors(engine)
    client = clientOf(doorKeys.member)
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.completions.reset())

  const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${doors.url}/v1`, apiKey, maxRetries: 0 })
  const failure = (call: PromiseLike<unknown>) =>
    call.then(
      () => expect.unreachable(),
      (error: unknown) => error
    )
  const streamed = async (body: {
    model: string
    input: string | ResponseInput
  }): Promise<ReadonlyArray<ResponseStreamEvent>> => {
    const all: Array<ResponseStreamEvent> = []
    for await (const event of await client.responses.create({ ...body, stream: true })) all.push(event)
    return all
  }

  it("reads a whole answer, its usage and its state", async () => {
    const answer = await client.responses.create({ ...ask, instructions: "Be brief.", metadata: { a: "b" } }).withResponse()
    expect(answer.data).toMatchObject({
      object: "response",
      status: "completed",
      model: "demo/echo-1",
      output_text: "Hello there",
      output: [
        { type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: "Hello there" }] }
      ],
      error: null,
      incomplete_details: null,
      store: false,
      instructions: "Be brief.",
      metadata: { a: "b" },
      usage: {
        input_tokens: 11,
        output_tokens: 7,
        total_tokens: 18,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens_details: { reasoning_tokens: 2 }
      }
    })
    expect(Schema.is(ResponseObject)(answer.data)).toBe(true)
    expect(answer.request_id).toBe(doors.completions.callers[0]?.requestId)
    expect(doors.completions.callers[0]?.principalId).toBe(doorPrincipal)
  })

  it("streams text byte for byte, in the order of OpenAI's events, each with its number", async () => {
    const said = ["Grüße, ", '"世界"\n', "🌍\u2028", "</script>\\"]
    doors.completions.script = saying(words(...said))
    const all = await streamed(ask)
    expect(all.map((event) => event.type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      ...said.map(() => "response.output_text.delta"),
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed"
    ])
    expect(all.map((event) => "sequence_number" in event && event.sequence_number)).toEqual(all.map((_, at) => at))
    expect(all.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []))).toEqual(said)
    const final = await client.responses.stream(ask).finalResponse()
    expect(final.output_text).toBe(said.join(""))
    expect(final).toMatchObject({ status: "completed", model: "demo/echo-1", usage: { total_tokens: 18 } })
  })

  it("streams reasoning, text and calls to what a whole answer would say, and takes all of it back", async () => {
    doors.completions.script = saying(events, answerOf({ finishReason: "tool-calls", content }))
    const final = await client.responses.stream({ ...ask, tools }).finalResponse()
    expect(final.output).toMatchObject([
      { type: "reasoning", summary: [{ type: "summary_text", text: "First, hm." }], encrypted_content: "c2ln" },
      { type: "message", content: [{ type: "output_text", text: "Let me see." }] },
      { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Zürich"}', status: "completed" },
      { type: "function_call", call_id: "call_2", name: "weather", arguments: "{}", status: "completed" }
    ])
    expect(new Set(final.output.map((item) => "id" in item && item.id)).size).toBe(4)
    const whole = await client.responses.create({ ...ask, tools })
    const plain = (response: Response) =>
      JSON.parse(
        JSON.stringify(response.output, (key, value: unknown) =>
          key === "id" || key === "parsed_arguments" || key === "parsed" ? undefined : value
        )
      )
    expect(plain(final)).toEqual(plain(whole))
    expect(doors.completions.requests[0]?.parameters.tools).toEqual([
      {
        name: "weather",
        description: "Of a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        strict: true
      }
    ])
    doors.completions.reset()
    await client.responses.create({
      model: ask.model,
      input: [
        { role: "user", content: "Hello" },
        ...whole.output,
        { type: "function_call_output", call_id: "call_1", output: "sunny" },
        { type: "function_call_output", call_id: "call_2", output: [{ type: "input_text", text: "rain" }] },
        { role: "user", content: [{ type: "input_text", text: "So?" }] },
        { role: "assistant", content: "Well." }
      ] as ResponseInput,
      tools,
      tool_choice: { type: "function", name: "weather" },
      parallel_tool_calls: false
    })
    expect(doors.completions.requests[0]?.messages).toEqual([
      { role: "user", content: [{ type: "text", text: "Hello" }] },
      { role: "assistant", content },
      {
        role: "tool",
        content: [
          { type: "tool-result", toolCallId: "call_1", content: "sunny" },
          { type: "tool-result", toolCallId: "call_2", content: "rain" }
        ]
      },
      { role: "user", content: [{ type: "text", text: "So?" }] },
      { role: "assistant", content: [{ type: "text", text: "Well." }] }
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
        { type: "tool-call", index: 0, id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
        { type: "tool-call", index: 1, id: "call_2", name: "weather", arguments: '{"city":"Bern"}' },
        { type: "finish", reason: "tool-calls" }
      ],
      answerOf({ finishReason: "tool-calls" })
    )
    const { output } = await client.responses.stream({ ...ask, tools }).finalResponse()
    expect(output.map((item) => item.type === "function_call" && item.arguments)).toEqual([
      '{"city":"Zürich"}',
      '{"city":"Bern"}'
    ])
  })

  it("passes on everything that a model can be asked for", async () => {
    await client.responses.create({
      model: "demo/echo-1",
      instructions: "Be brief.",
      input: [
        { role: "developer", content: [{ type: "input_text", text: "Be kind." }] },
        {
          role: "user",
          content: [
            { type: "input_text", text: "What is this?" },
            { type: "input_image", image_url: "https://example.com/a.png", detail: "low" }
          ]
        },
        { type: "message", role: "system", content: "Now in French." }
      ],
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 100,
      reasoning: { effort: "low", summary: "auto" },
      include: ["reasoning.encrypted_content"],
      text: { format: { type: "json_schema", name: "cat", schema: { type: "object" }, strict: true } },
      tool_choice: "required",
      tools,
      safety_identifier: "u-1",
      store: false,
      truncation: "disabled"
    })
    expect(doors.completions.requests[0]).toEqual({
      model: "demo/echo-1",
      messages: [
        { role: "system", content: [{ type: "text", text: "Be brief." }] },
        { role: "system", content: [{ type: "text", text: "Be kind." }] },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", url: "https://example.com/a.png", detail: "low" }
          ]
        },
        { role: "system", content: [{ type: "text", text: "Now in French." }] }
      ],
      parameters: {
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 100,
        reasoningEffort: "low",
        responseFormat: { type: "json-schema", name: "cat", schema: { type: "object" }, strict: true },
        toolChoice: "required",
        tools: [expect.objectContaining({ name: "weather" })],
        user: "u-1"
      }
    })
    await client.responses.create({ ...ask, text: { format: { type: "json_object" } } })
    await client.responses.create({ ...ask, text: { format: { type: "text" } } })
    expect(doors.completions.requests.slice(1).map((request) => request.parameters.responseFormat)).toEqual([
      { type: "json" },
      { type: "text" }
    ])
  })

  it.each([
    ["length", "max_output_tokens"],
    ["content-filter", "content_filter"],
    ["refusal", "content_filter"]
  ] as const)("tells the end %s as incomplete", async (finishReason, reason) => {
    doors.completions.script = saying(
      [
        { type: "text-delta", text: "Hel" },
        { type: "finish", reason: finishReason }
      ],
      answerOf({ finishReason })
    )
    const expected = { status: "incomplete", incomplete_details: { reason }, output: [{ status: "incomplete" }] }
    expect(await client.responses.create(ask)).toMatchObject(expected)
    expect(await client.responses.stream(ask).finalResponse()).toMatchObject(expected)
    expect((await streamed(ask)).at(-1)?.type).toBe("response.incomplete")
  })

  it("ends an answer that says nothing", async () => {
    doors.completions.script = saying([{ type: "finish", reason: "stop" }], answerOf({ content: [] }))
    expect((await client.responses.create(ask)).output).toEqual([])
    expect((await streamed(ask)).map((event) => event.type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.completed"
    ])
  })

  it("throws the client's own error classes", async () => {
    const create = (of: OpenAI, model = ask.model) => failure(of.responses.create({ ...ask, model }))
    expect(await create(clientOf("pk_wrong"))).toBeInstanceOf(AuthenticationError)
    expect(await create(clientOf(doorKeys.chat))).toBeInstanceOf(PermissionDeniedError)
    expect(await create(client, "nobody/nothing")).toBeInstanceOf(NotFoundError)
    expect(await failure(client.responses.create({ ...ask, previous_response_id: "resp_1" }))).toBeInstanceOf(BadRequestError)
    expect(await failure(client.responses.retrieve("resp_1"))).toBeInstanceOf(NotFoundError)
    doors.completions.script = () =>
      Effect.fail(new ProviderRateLimited({ ...failing, message: "Slow down.", retryAfterMs: 2_000 }))
    for (const stream of [true, false]) {
      const limited = await failure(client.responses.create({ ...ask, stream }))
      expect(limited).toBeInstanceOf(RateLimitError)
      expect(limited instanceof APIError && [limited.headers?.get("retry-after"), limited.code, limited.type]).toEqual([
        "2",
        "provider_rate_limited",
        "rate_limit_error"
      ])
    }
  })

  it("tells a prompt that its provider found too long by OpenAI's own code", async () => {
    doors.completions.script = () => Effect.fail(contextExceeded)
    for (const stream of [true, false]) {
      const refused = await failure(client.responses.create({ ...ask, stream }))
      expect(refused).toBeInstanceOf(BadRequestError)
      expect(refused instanceof APIError && [refused.code, refused.type]).toEqual([
        "context_length_exceeded",
        "invalid_request_error"
      ])
    }
  })

  it("never reports a stream that broke off as complete, not even to who reads only the text", async () => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying(events.slice(3, 8))(request, sink, control),
        Effect.fail(new ProviderTruncated({ ...failing, message: "The answer was cut off." }))
      )
    const all: Array<ResponseStreamEvent> = []
    const broken = await failure(
      (async () => {
        for await (const event of await client.responses.create({ ...ask, stream: true })) all.push(event)
      })()
    )
    expect(broken).toBeInstanceOf(APIError)
    expect(broken instanceof APIError && broken.code).toBe("provider_truncated")
    const last = all.at(-1)
    expect(last?.type === "response.failed" && last.response).toMatchObject({
      status: "failed",
      error: { code: "server_error", message: "The answer was cut off." },
      output: [
        { type: "message", status: "completed", content: [{ text: "Let me see." }] },
        { type: "function_call", status: "incomplete", arguments: '{"city":"Zürich"}' }
      ]
    })
    expect(await failure(client.responses.stream(ask).finalResponse())).toBeInstanceOf(APIError)
    const raw = await doors.ask("POST", path, { ...ask, stream: true })
    expect(raw.text).not.toContain("response.completed")
    expect(raw.text).toMatch(/event: error\ndata: \{"type":"error",.*\n\n$/)
  })

  it("tells a defect in the middle of a stream as an error event, and logs it under the request's id", async () => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying([{ type: "text-delta", text: "Hel" }])(request, sink, control),
        Effect.die(new Error("a defect of the test's"))
      )
    const raw = await doors.ask("POST", path, { ...ask, stream: true }, { "x-request-id": "mine.2" })
    expect(raw.text).toContain('"code":"internal"')
    expect(raw.text).not.toContain("defect of the test")
    expect(raw.text).not.toContain("response.completed")
    expect(doors.logs.some((line) => line.requestId === "mine.2")).toBe(true)
  })

  it("answers a failure before the first token with its own status, not with a stream", async () => {
    doors.completions.script = () => Effect.fail(new ProviderFailed({ ...failing, message: "The provider failed." }))
    expect(await failure(client.responses.create({ ...ask, stream: true }))).toBeInstanceOf(InternalServerError)
    const raw = await doors.ask("POST", path, { ...ask, stream: true }, { "x-request-id": "mine.3" })
    expect([raw.status, raw.headers.get("content-type"), raw.headers.get("x-request-id")]).toEqual([
      502,
      "application/json",
      "mine.3"
    ])
  })

  it.each([true, false])("an abort of the client interrupts the call to the model (streaming: %s)", async (stream) => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(saying(words("Hello"))(request, sink, control), Effect.never)
    const aborter = new AbortController()
    const call = client.responses.create({ ...ask, stream }, { signal: aborter.signal })
    if (stream) {
      expect(Symbol.asyncIterator in (await call)).toBe(true)
    } else {
      call.catch(() => {})
      while (doors.completions.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    aborter.abort()
    await Effect.runPromise(Deferred.await(doors.completions.interrupted))
  })
})
