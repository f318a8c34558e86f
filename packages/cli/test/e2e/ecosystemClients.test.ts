/** LangChain.js and the Vercel AI SDK through each door they can use, in front of targets that misbehave. */
import { createAnthropic } from "@ai-sdk/anthropic"
import { createOpenAI } from "@ai-sdk/openai"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { assert, layer } from "@effect/vitest"
import { ChatAnthropic } from "@langchain/anthropic"
import type { BaseChatModel } from "@langchain/core/language_models/chat_models"
import { type AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages"
import { ChatOpenAI } from "@langchain/openai"
import { APICallError, generateText, isStepCount, jsonSchema, type LanguageModel, Output, streamText, tool } from "ai"
import { Context, Effect, Layer, Schema } from "effect"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { caught } from "./support/caught.ts"
import type { Parley } from "./support/startParley.ts"
import { startRouted, type Routed } from "./support/startRouted.ts"

interface Heard {
  readonly text: string
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  /** What the stream broke with. */
  readonly error: unknown
}

/** What both libraries can do, as their users ask for it. */
interface Client {
  readonly whole: (model: string) => Promise<string>
  readonly stream: (model: string) => Promise<Heard>
  /** Of the prompt of a stream, when the provider tells them with its last event only; else it sees the estimate of the first. */
  readonly seesLateInputTokens: boolean
  /** Streams until the model calls `weather`, gives it `sunny`, and is told the answer. */
  readonly callTool: (model: string) => Promise<{ readonly input: unknown; readonly text: string }>
  readonly json: (model: string) => Promise<unknown>
  readonly statusOf: (error: unknown) => { readonly status: unknown; readonly retryAfter: unknown }
}

const city = {
  type: "object" as const,
  properties: { city: { type: "string" as const } },
  required: ["city"],
  additionalProperties: false
}
const ok = {
  type: "object" as const,
  properties: { ok: { type: "boolean" as const } },
  required: ["ok"],
  additionalProperties: false
}

/** Its types lose this field where the structure of a message is the general one. */
const langchainUsage = Schema.decodeUnknownSync(
  Schema.UndefinedOr(Schema.Struct({ input_tokens: Schema.Number, output_tokens: Schema.Number }))
)

const langchain = (build: (model: string) => BaseChatModel, seesLateInputTokens = true): Client => ({
  seesLateInputTokens,
  whole: async (model) => (await build(model).invoke("Count")).text,
  stream: async (model) => {
    let text = ""
    let whole: AIMessageChunk | undefined
    const heard = (error: unknown): Heard => {
      const usage = langchainUsage(whole?.usage_metadata)
      return { text, inputTokens: usage?.input_tokens, outputTokens: usage?.output_tokens, error }
    }
    try {
      for await (const chunk of await build(model).stream("Count")) {
        text += chunk.text
        whole = whole === undefined ? chunk : whole.concat(chunk)
      }
      return heard(undefined)
    } catch (error) {
      return heard(error)
    }
  },
  callTool: async (model) => {
    const bound = build(model).bindTools?.([{ type: "function", function: { name: "weather", parameters: city } }])
    assert.ok(bound !== undefined)
    const asked = new HumanMessage("Weather in Zürich?")
    let called: AIMessageChunk | undefined
    for await (const chunk of await bound.stream([asked])) called = called === undefined ? chunk : called.concat(chunk)
    const call = called?.tool_calls?.[0]
    assert.ok(called !== undefined && call?.id !== undefined)
    assert.strictEqual(call.name, "weather")
    const result = new ToolMessage({ tool_call_id: call.id, content: "sunny" })
    return { input: call.args, text: (await bound.invoke([asked, called, result])).text }
  },
  json: (model) => build(model).withStructuredOutput(ok, { name: "answer", method: "jsonSchema" }).invoke("Is it?"),
  statusOf: (error) => {
    assert.instanceOf(error, Error)
    const headers: unknown = Reflect.get(error, "headers")
    return {
      status: Reflect.get(error, "status"),
      retryAfter: headers instanceof Headers ? headers.get("retry-after") : undefined
    }
  }
})

const vercel = (build: (model: string) => LanguageModel): Client => {
  const once = (model: string) => ({
    model: build(model),
    maxRetries: 0,
    maxOutputTokens: 100,
    // Of models that it does not know by name it asks for JSON as a tool otherwise.
    providerOptions: { anthropic: { structuredOutputMode: "outputFormat" } }
  })
  const tools = {
    weather: tool({ inputSchema: jsonSchema<{ readonly city: string }>(city), execute: () => Promise.resolve("sunny") })
  }
  return {
    seesLateInputTokens: true,
    whole: async (model) => (await generateText({ ...once(model), prompt: "Count" })).text,
    stream: async (model) => {
      let text = ""
      let error: unknown
      const result = streamText({
        ...once(model),
        prompt: "Count",
        onError: (event) => {
          error = event.error
        }
      })
      for await (const part of result.textStream) text += part
      if (error !== undefined) return { text, inputTokens: undefined, outputTokens: undefined, error }
      const { inputTokens, outputTokens } = await result.usage
      return { text, inputTokens, outputTokens, error }
    },
    callTool: async (model) => {
      const result = streamText({ ...once(model), prompt: "Weather in Zürich?", tools, stopWhen: isStepCount(2) })
      const [steps, text] = [await result.steps, await result.text]
      return { input: steps[0]?.toolCalls[0]?.input, text }
    },
    json: async (model) =>
      (
        await generateText({
          ...once(model),
          prompt: "Is it?",
          output: Output.object({ schema: jsonSchema<{ readonly ok: boolean }>(ok), name: "answer" })
        })
      ).output,
    statusOf: (error) => {
      assert.ok(APICallError.isInstance(error))
      return { status: error.statusCode, retryAfter: error.responseHeaders?.["retry-after"] }
    }
  }
}

const openaiAt = (parley: Parley, useResponsesApi: boolean) => (model: string) =>
  new ChatOpenAI({ model, apiKey: parley.key, maxRetries: 0, useResponsesApi, configuration: { baseURL: `${parley.url}/v1` } })

const rows: ReadonlyArray<readonly [name: string, make: (parley: Parley) => Client]> = [
  ["LangChain on /v1/chat/completions", (parley) => langchain(openaiAt(parley, false))],
  ["LangChain on /v1/responses", (parley) => langchain(openaiAt(parley, true))],
  [
    "LangChain on /v1/messages",
    (parley) =>
      // It reads the prompt's tokens from `message_start` alone, and not again from `message_delta`.
      langchain((model) => new ChatAnthropic({ model, apiKey: parley.key, maxRetries: 0, anthropicApiUrl: parley.url }), false)
  ],
  [
    "the AI SDK's compatible provider on /v1/chat/completions",
    (parley) =>
      vercel(
        createOpenAICompatible({
          name: "parley",
          baseURL: `${parley.url}/v1`,
          apiKey: parley.key,
          includeUsage: true,
          supportsStructuredOutputs: true
        })
      )
  ],
  [
    "the AI SDK's OpenAI provider on /v1/chat/completions",
    (parley) => vercel(createOpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key }).chat)
  ],
  [
    "the AI SDK's OpenAI provider on /v1/responses",
    (parley) => vercel(createOpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key }).responses)
  ],
  [
    "the AI SDK's Anthropic provider on /v1/messages",
    (parley) => vercel(createAnthropic({ baseURL: `${parley.url}/v1`, apiKey: parley.key }))
  ]
]

const numbered = rows.map(([name, make], index) => [name, make, index] as const)

/** For each row `one/m-…` and `two/m-…` by themselves, and `best-…`, which goes on with the second where the first fails; and again for its second claim. */
class World extends Context.Service<World, Routed>()("@parley/cli/test/EcosystemWorld") {
  static readonly layer = Layer.effect(
    World,
    startRouted(
      { one: "m", two: "m" },
      {},
      rows.flatMap((_, index) => [`${index}`, `${index}-route`])
    )
  )
}

layer(World.layer, { excludeTestServices: true })((it) => {
  it.effect.each(numbered)("%s: streams, calls tools, gets JSON, and reads errors as its own", ([, make, index]) =>
    Effect.gen(function* () {
      const { one, parley, two } = yield* World
      const client = make(parley)

      for (const [model, wire] of [
        [`one/m-${index}`, one],
        [`two/m-${index}`, two]
      ] as const) {
        wire.enqueue(answer("Grüße, 世界! 🌍 How are you?", { usage: { inputTokens: 11, outputTokens: 7 } }))
        const { inputTokens, ...heard } = yield* Effect.promise(() => client.stream(model))
        assert.deepStrictEqual(heard, { text: "Grüße, 世界! 🌍 How are you?", outputTokens: 7, error: undefined })
        if (client.seesLateInputTokens) assert.strictEqual(inputTokens, 11)
        else assert.isAbove(inputTokens ?? 0, 4)

        wire.enqueue(
          answer("", { toolCalls: [{ id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' }] }),
          answer("It is sunny in Zürich.")
        )
        const spoken = yield* Effect.promise(() => client.callTool(model))
        assert.deepStrictEqual(spoken, { input: { city: "Zürich" }, text: "It is sunny in Zürich." })
        assert.include(JSON.stringify(wire.requests.at(-1)?.body), "sunny")

        wire.enqueue(answer('{"ok":true}'))
        assert.deepStrictEqual(yield* Effect.promise(() => client.json(model)), { ok: true })
        assert.include(JSON.stringify(wire.requests.at(-1)?.body), '"json_schema"')

        wire.enqueue(httpError(429, undefined, { "retry-after": "2" }))
        const limited = client.statusOf(yield* caught(client.whole(model)))
        assert.deepStrictEqual(limited, { status: 429, retryAfter: "2" })
      }
      assert.strictEqual(client.statusOf(yield* caught(client.whole("nobody/nothing"))).status, 404)
    })
  )

  it.effect.each(numbered)(
    "%s: a route's second target goes on unseen, and what breaks without one is an error",
    ([, make, index]) =>
      Effect.gen(function* () {
        const { one, parley, two } = yield* World
        const client = make(parley)
        const [single, route] = [`one/m-${index}-route`, `best-${index}-route`]

        one.enqueue(httpError(500))
        two.enqueue(answer("From two"))
        assert.strictEqual(yield* Effect.promise(() => client.whole(route)), "From two")

        for (const broken of [{ cutAfter: 2 }, { endAfter: 2 }, { errorAfter: 2 }]) {
          one.enqueue(answer("alpha beta gamma delta", broken))
          two.enqueue(answer("gamma delta"))
          const heard = yield* Effect.promise(() => client.stream(route))
          assert.deepInclude(heard, { text: "alpha beta gamma delta", error: undefined }, JSON.stringify(broken))

          one.enqueue(answer("alpha beta gamma delta", broken))
          const alone = yield* Effect.promise(() => client.stream(single))
          assert.ok("alpha beta ".startsWith(alone.text) && alone.text !== "", JSON.stringify([broken, alone.text]))
          assert.isDefined(alone.error, JSON.stringify(broken))

          // A target that answers again between its faults keeps its circuit closed.
          one.enqueue(answer("Well again."))
          assert.strictEqual(yield* Effect.promise(() => client.whole(single)), "Well again.")
        }

        one.enqueue(httpError(500))
        const { status } = client.statusOf(yield* caught(client.whole(single)))
        // Anthropic's door words it as Anthropic does.
        assert.oneOf(status, [500, 502])
      })
  )
})
