/** The official `openai` client, unchanged, against `/v1`. */
import { ProviderFailed, ProviderRateLimited, ProviderTruncated } from "@parley/domain/ProviderError"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { Deferred, Effect, Schema } from "effect"
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError
} from "openai"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { ChatCompletion } from "../../src/openai/OpenaiGroup.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys, doorPrincipal } from "../support/doorKeys.ts"
import { answerOf, saying, words } from "../support/ScriptedCompletions.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const failing = { provider: "demo", model: "echo-1" }
const model = "demo/echo-1"
const messages: Array<OpenAI.ChatCompletionMessageParam> = [{ role: "user", content: "Hello" }]
const tools: Array<OpenAI.ChatCompletionTool> = [
  {
    type: "function",
    function: {
      name: "weather",
      description: "Of a city",
      parameters: { type: "object", properties: { city: { type: "string" } } },
      strict: true
    }
  }
]
const callEvents: ReadonlyArray<ModelEvent> = [
  { type: "tool-call-delta", index: 0, id: "call_1", name: "weather", arguments: "" },
  { type: "tool-call-delta", index: 0, arguments: '{"city":' },
  { type: "tool-call-delta", index: 0, arguments: '"Zürich"}' },
  { type: "tool-call", index: 0, id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
  { type: "tool-call", index: 1, id: "call_2", name: "weather", arguments: "{}" },
  { type: "finish", reason: "tool-calls" }
]

describe.each(engines)("the openai client, on %s", (engine) => {
  let doors: Doors
  let client: OpenAI
  beforeAll(async () => {
    doors = await startDoors(engine)
    client = clientOf(doorKeys.member)
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.completions.reset())

  const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${doors.url}/v1`, apiKey, maxRetries: 0 })
  const failure = (call: Promise<unknown>) =>
    call.then(
      () => expect.unreachable(),
      (error: unknown) => error
    )

  it("reads a whole answer, its usage and its finish", async () => {
    const answer = await client.chat.completions.create({ model, messages }).withResponse()
    expect(answer.data).toMatchObject({
      object: "chat.completion",
      model,
      choices: [
        { index: 0, message: { role: "assistant", content: "Hello there", refusal: null }, finish_reason: "stop", logprobs: null }
      ],
      usage: {
        prompt_tokens: 11,
        completion_tokens: 7,
        total_tokens: 18,
        prompt_tokens_details: { cached_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 2 }
      }
    })
    expect(Schema.is(ChatCompletion)(answer.data)).toBe(true)
    expect(answer.response.headers.get("content-type")).toBe("application/json")
    expect(answer.response.headers.get("content-length")).not.toBeNull()
    expect(answer.request_id).toBe(doors.completions.callers[0]?.requestId)
    expect(doors.completions.callers[0]?.principalId).toBe(doorPrincipal)
  })

  it("tells the cost beside the usage, which the client keeps", async () => {
    const usage = { inputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 2, reasoningTokens: 0 }
    doors.completions.script = saying(words("Hi"), answerOf({ usage: { ...usage, costNanoDollars: 1_250, isEstimated: true } }))
    const whole = await client.chat.completions.create({ model, messages })
    expect(whole.usage).toMatchObject({ total_tokens: 3, cost: 0.00000125, is_estimated: true })
    expect(Schema.is(ChatCompletion)(whole)).toBe(true)
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true }
    })
    const told: Array<unknown> = []
    for await (const chunk of stream) if (chunk.usage) told.push(chunk.usage)
    expect(told).toEqual([whole.usage])
  })

  it("streams text byte for byte, with its role first, one finish, and usage only when asked for", async () => {
    const said = ["Grüße, ", '"世界"\n', "🌍\u2028", "</script>\\"]
    doors.completions.script = saying(words(...said))
    for (const asked of [true, false]) {
      const stream = await client.chat.completions.create({
        model,
        messages,
        stream: true,
        ...(asked ? { stream_options: { include_usage: true } } : {})
      })
      const chunks: Array<OpenAI.ChatCompletionChunk> = []
      for await (const chunk of stream) chunks.push(chunk)
      expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" })
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(said.join(""))
      expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason).map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([
        "stop"
      ])
      expect(new Set(chunks.map((chunk) => `${chunk.id} ${chunk.created} ${chunk.model} ${chunk.object}`)).size).toBe(1)
      const told = chunks.filter((chunk) => chunk.usage)
      expect(told.map((chunk) => [chunk.choices.length, chunk.usage?.total_tokens])).toEqual(asked ? [[0, 18]] : [])
    }
  })

  it("streams tool calls, in pieces or whole, and takes their results back", async () => {
    doors.completions.script = saying(callEvents)
    const first = await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()
    const message = first.choices[0]?.message
    expect(first.choices[0]?.finish_reason).toBe("tool_calls")
    expect(message?.tool_calls).toMatchObject([
      { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Zürich"}' } },
      { id: "call_2", type: "function", function: { name: "weather", arguments: "{}" } }
    ])
    expect(doors.completions.requests[0]?.parameters.tools).toEqual([
      {
        name: "weather",
        description: "Of a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        strict: true
      }
    ])
    doors.completions.reset()
    await client.chat.completions.create({
      model,
      messages: [
        ...messages,
        message!,
        { role: "tool", tool_call_id: "call_1", content: "sunny" },
        { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "rain" }] }
      ],
      tools,
      tool_choice: { type: "function", function: { name: "weather" } },
      parallel_tool_calls: false
    })
    expect(doors.completions.requests[0]).toMatchObject({
      messages: [
        { role: "user" },
        {
          role: "assistant",
          content: [
            { type: "tool-call", id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
            { type: "tool-call", id: "call_2", name: "weather", arguments: "{}" }
          ]
        },
        { role: "tool", content: [{ type: "tool-result", toolCallId: "call_1", content: "sunny" }] },
        { role: "tool", content: [{ type: "tool-result", toolCallId: "call_2", content: "rain" }] }
      ],
      parameters: { toolChoice: { name: "weather" }, parallelToolCalls: false }
    })
  })

  it("reads tool calls and reasoning of a whole answer", async () => {
    doors.completions.script = saying(
      [],
      answerOf({
        content: [
          { type: "reasoning", text: "Let me think." },
          { type: "tool-call", id: "call_1", name: "weather", arguments: "{}" }
        ],
        finishReason: "tool-calls"
      })
    )
    const answer = await client.chat.completions.create({ model, messages, tools })
    expect(Schema.is(ChatCompletion)(answer)).toBe(true)
    const { choices } = answer
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: null,
        reasoning_content: "Let me think.",
        tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } }]
      }
    })
  })

  it("streams reasoning beside the text", async () => {
    doors.completions.script = saying([
      { type: "reasoning-delta", text: "Hm." },
      { type: "reasoning-delta", text: "", signature: "s" },
      ...words("Yes")
    ])
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    const deltas: Array<unknown> = []
    for await (const chunk of stream) deltas.push(chunk.choices[0]?.delta)
    expect(deltas).toEqual([{ role: "assistant", content: "" }, { reasoning_content: "Hm." }, { content: "Yes" }, {}])
  })

  it("passes on what the model is told: roles, images, JSON mode, and every parameter", async () => {
    await client.chat.completions.create({
      model,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: [{ type: "text", text: "Be kind." }] },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } }
          ]
        },
        { role: "assistant", content: [{ type: "text", text: "A cat." }] },
        { role: "user", content: "Really?" }
      ],
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 0.1,
      presence_penalty: -0.1,
      seed: 7,
      max_completion_tokens: 100,
      stop: "END",
      reasoning_effort: "low",
      user: "u-1",
      response_format: { type: "json_schema", json_schema: { name: "cat", schema: { type: "object" }, strict: true } }
    })
    expect(doors.completions.requests[0]).toEqual({
      model,
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
        { role: "assistant", content: [{ type: "text", text: "A cat." }] },
        { role: "user", content: [{ type: "text", text: "Really?" }] }
      ],
      parameters: {
        temperature: 0.5,
        topP: 0.9,
        frequencyPenalty: 0.1,
        presencePenalty: -0.1,
        seed: 7,
        maxOutputTokens: 100,
        stop: ["END"],
        reasoningEffort: "low",
        user: "u-1",
        responseFormat: { type: "json-schema", name: "cat", schema: { type: "object" }, strict: true }
      }
    })
    await client.chat.completions.create({
      model,
      messages,
      max_tokens: 5,
      stop: ["a", "b"],
      response_format: { type: "json_object" }
    })
    expect(doors.completions.requests[1]?.parameters).toEqual({
      maxOutputTokens: 5,
      stop: ["a", "b"],
      responseFormat: { type: "json" }
    })
  })

  it("lists the models, chat first, and finds one by either of its names", async () => {
    const listed = await client.models.list()
    expect(listed.data.map((info) => info.id)).toEqual(["demo/echo-1", "llama/meta/llama-4"])
    for (const name of ["llama/meta/llama-4", "meta/llama-4"]) {
      expect(await client.models.retrieve(name)).toEqual({
        id: "llama/meta/llama-4",
        object: "model",
        created: 1_700_000_001,
        owned_by: "llama",
        kind: "chat",
        context_window: 128_000,
        max_output_tokens: 8_192,
        pricing: {
          input: 0.5,
          cached_input: 0.05,
          output: 2,
          long_prompt: { above_input_tokens: 64_000, input: 1, output: 4 },
          later: { from: "9999-01-01", input: 0.75, output: 3 }
        }
      })
    }
    // What nobody knows is not told, rather than told as zero.
    expect(listed.data[0]).toEqual({
      id: "demo/echo-1",
      object: "model",
      created: 1_700_000_000,
      owned_by: "demo",
      kind: "chat"
    })
    expect(await failure(client.models.retrieve("nobody/nothing"))).toBeInstanceOf(NotFoundError)
  })

  it("throws the client's own error classes", async () => {
    const { completions } = client.chat
    expect(await failure(clientOf("pk_wrong").chat.completions.create({ model, messages }))).toBeInstanceOf(AuthenticationError)
    expect(await failure(clientOf("pk_wrong").models.list())).toBeInstanceOf(AuthenticationError)
    expect(await failure(clientOf(doorKeys.chat).chat.completions.create({ model, messages }))).toBeInstanceOf(
      PermissionDeniedError
    )
    expect(await failure(completions.create({ model: "nobody/nothing", messages }))).toBeInstanceOf(NotFoundError)
    expect(await failure(completions.create({ model, messages, n: 2 }))).toBeInstanceOf(BadRequestError)
    doors.completions.script = () =>
      Effect.fail(new ProviderRateLimited({ ...failing, message: "Slow down.", retryAfterMs: 2_000 }))
    for (const stream of [true, false]) {
      const limited = await failure(completions.create({ model, messages, stream }))
      expect(limited).toBeInstanceOf(RateLimitError)
      expect(limited instanceof APIError && [limited.headers?.get("retry-after"), limited.code, limited.type]).toEqual([
        "2",
        "provider_rate_limited",
        "rate_limit_error"
      ])
    }
  })

  it("never reports a stream that broke off as complete", async () => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying([{ type: "text-delta", text: "Hel" }])(request, sink, control),
        Effect.fail(new ProviderTruncated({ ...failing, message: "The answer was cut off." }))
      )
    let text = ""
    const broken = await failure(
      (async () => {
        const stream = await client.chat.completions.create({ model, messages, stream: true })
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ""
      })()
    )
    expect(text).toBe("Hel")
    expect(broken).toBeInstanceOf(APIError)
    expect(broken instanceof APIError && broken.code).toBe("provider_truncated")
    const raw = await doors.ask("POST", "/v1/chat/completions", { model, messages, stream: true })
    expect(raw.text).not.toContain("[DONE]")
    expect(raw.text).toMatch(/data: \{"error":.*\n\n$/)
  })

  it("tells a defect in the middle of a stream as an error event, and logs it under the request's id", async () => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying([{ type: "text-delta", text: "Hel" }])(request, sink, control),
        Effect.die(new Error("a defect of the test's"))
      )
    const raw = await doors.ask("POST", "/v1/chat/completions", { model, messages, stream: true }, { "x-request-id": "mine.2" })
    expect(raw.text).toContain('"code":"internal"')
    expect(raw.text).not.toContain("defect of the test")
    expect(raw.text).not.toContain("[DONE]")
    expect(doors.logs.some((line) => line.requestId === "mine.2")).toBe(true)
  })

  it("answers a failure before the first token with its own status, not with a stream", async () => {
    doors.completions.script = () => Effect.fail(new ProviderFailed({ ...failing, message: "The provider failed." }))
    const raw = await doors.ask("POST", "/v1/chat/completions", { model, messages, stream: true }, { "x-request-id": "mine.3" })
    expect([raw.status, raw.headers.get("content-type"), raw.headers.get("x-request-id")]).toEqual([
      502,
      "application/json",
      "mine.3"
    ])
    doors.completions.script = () => Effect.die(new Error("a defect of the test's"))
    expect((await doors.ask("POST", "/v1/chat/completions", { model, messages, stream: true })).status).toBe(500)
  })

  it.each([true, false])("an abort of the client interrupts the call to the model (streaming: %s)", async (stream) => {
    doors.completions.script = (request, sink, control) =>
      Effect.andThen(saying(words("Hello"))(request, sink, control), Effect.never)
    const aborter = new AbortController()
    const call = client.chat.completions.create({ model, messages, stream }, { signal: aborter.signal })
    if (stream) {
      const chunks = await call
      expect(Symbol.asyncIterator in chunks).toBe(true)
    } else {
      call.catch(() => {})
      while (doors.completions.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    aborter.abort()
    await Effect.runPromise(Deferred.await(doors.completions.interrupted))
  })

  it("sends no header that lets a proxy hold the stream back or keep it", async () => {
    const raw = await doors.ask("POST", "/v1/chat/completions", { model, messages, stream: true })
    expect(raw.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
    expect(raw.headers.get("cache-control")).toBe("no-store")
    expect(raw.headers.get("x-accel-buffering")).toBe("no")
    expect(raw.text).toMatch(/data: \[DONE\]\n\n$/)
  })
})
