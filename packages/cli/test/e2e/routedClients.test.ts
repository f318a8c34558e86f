/** OpenAI's and Anthropic's own clients, asking for a route whose targets misbehave. */
import Anthropic from "@anthropic-ai/sdk"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import OpenAI, { APIError } from "openai"
import { deadAddress } from "../../../providers/test/support/wires.ts"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import type { WireScript } from "../../../providers/test/wire/WireServer.ts"
import { createConversation, listMessages } from "./support/api.ts"
import { startRouted, type Routed } from "./support/startRouted.ts"
import { connect, runView, viewText } from "./support/ChatClient.ts"

class World extends Context.Service<World, Routed>()("@parley/cli/test/RoutedWorld") {
  static readonly layer = Layer.effect(
    World,
    Effect.flatMap(deadAddress, (baseUrl) =>
      startRouted(
        { one: "m", two: "m" },
        {
          aliases: { quick: "best" },
          models: { "one/m": { price: { input: 1, output: 10 } }, "two/m": { price: { input: 2, output: 20 } } },
          providers: { nobody: { kind: "openai-compatible", baseUrl } },
          routes: { "best-refused": { targets: [{ model: "nobody/m" }, { model: "two/m-refused" }] } }
        },
        ["cut", "again", "failing", "silent", "refused"]
      )
    )
  )
}

/** What the first target does, and the route of which it is that: nothing is told by then, so the second answers as if there were no first. */
const misbehaviours: ReadonlyArray<readonly [claim: string, route: string, first: WireScript | undefined]> = [
  ["fails", "best-failing", httpError(500)],
  ["breaks off before a word", "best-silent", answer("", { toolCalls: [], cutAfter: 0 })],
  ["cannot be reached", "best-refused", undefined]
]

const call = { id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' }
const parameters = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] }

/** A field that OpenAI's types do not know. */
const costing = (dollars: number): object => ({ cost: dollars })

const messages = [{ role: "user" as const, content: "Count" }]

const rows = [
  [
    "goes on after a cut",
    "cut",
    {},
    ["alpha beta ", "gamma delta"],
    ["alpha beta ", "gamma delta"],
    "alpha beta gamma delta",
    undefined
  ],
  [
    "begins again when it must be whole",
    "again",
    { responseFormat: { type: "json" } },
    ['{"a":', "1}"],
    ['{"b":', "2}"],
    '{"b":2}',
    true
  ]
] as const

layer(World.layer, { excludeTestServices: true })((it) => {
  it.effect.each(misbehaviours)(
    "where the first target %s clients get the second's calls of tools and its JSON",
    ([, model, first]) =>
      Effect.gen(function* () {
        const { one, parley, two } = yield* World
        const openai = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })
        const anthropic = new Anthropic({ baseURL: parley.url, apiKey: parley.key, maxRetries: 0 })
        const next = (second: WireScript) => {
          one.forget()
          two.forget()
          if (first !== undefined) one.enqueue(first)
          two.enqueue(second)
        }
        const tools = [{ type: "function" as const, function: { name: "weather", parameters } }]

        next(answer("Let me look. ", { toolCalls: [call] }))
        const asked = yield* Effect.promise(() =>
          openai.chat.completions.stream({ model, messages, tools }).finalChatCompletion()
        )
        const choice = asked.choices[0]
        assert.strictEqual(choice?.finish_reason, "tool_calls")
        assert.strictEqual(choice?.message.content, "Let me look. ")
        const [told] = choice?.message.tool_calls ?? []
        assert.deepInclude(told, { id: "call_1", type: "function" })
        assert.deepInclude(told?.type === "function" ? told.function : {}, { name: "weather", arguments: '{"city":"Oslo"}' })

        next(answer(['{"a":', "1}"]))
        const json = yield* Effect.promise(() =>
          openai.chat.completions.stream({ model, messages, response_format: { type: "json_object" } }).finalChatCompletion()
        )
        assert.deepStrictEqual([json.choices[0]?.message.content, json.choices[0]?.finish_reason], ['{"a":1}', "stop"])

        next(answer('{"a":2}'))
        const whole = yield* Effect.promise(() =>
          openai.chat.completions.create({ model, messages, response_format: { type: "json_object" } }).withResponse()
        )
        assert.strictEqual(whole.data.choices[0]?.message.content, '{"a":2}')
        assert.strictEqual(whole.response.headers.get("x-parley-provider"), `two/m${model.slice("best".length)}`)

        next(answer("", { toolCalls: [call] }))
        const message = yield* Effect.promise(() =>
          anthropic.messages
            .stream({ model, max_tokens: 100, messages, tools: [{ name: "weather", input_schema: parameters }] })
            .finalMessage()
        )
        assert.strictEqual(message.stop_reason, "tool_use")
        assert.deepInclude(message.content[0], { type: "tool_use", name: "weather", input: { city: "Oslo" } })
      })
  )

  it.effect(
    "clients of a route get whole answers from whoever can give them, are told who that was, and take no broken one for whole",
    () =>
      Effect.gen(function* () {
        const { one, parley, two } = yield* World
        const openai = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })
        const anthropic = new Anthropic({ baseURL: parley.url, apiKey: parley.key, maxRetries: 0 })

        // Not streamed: the second target answers, and the headers say so.
        one.enqueue(httpError(500))
        two.enqueue(answer("From two", { usage: { inputTokens: 5, outputTokens: 2 } }))
        const { data, response } = yield* Effect.promise(() =>
          openai.chat.completions.create({ model: "quick", messages }).withResponse()
        )
        assert.strictEqual(data.choices[0]?.message.content, "From two")
        assert.strictEqual(response.headers.get("x-parley-provider"), "two/m")
        assert.strictEqual(response.headers.get("x-parley-fallback"), "one/m; provider_failed")
        assert.deepInclude(data.usage, { prompt_tokens: 5, completion_tokens: 2, ...costing((5 * 2 + 2 * 20) / 1e6) })

        // Streamed, and cut in the middle: the client sees one answer.
        one.enqueue(answer("alpha beta gamma delta", { cutAfter: 2 }))
        two.enqueue(answer("gamma delta", { usage: { inputTokens: 9, outputTokens: 2 } }))
        const streamed = yield* Effect.promise(async () => {
          const { data: stream, response: head } = await openai.chat.completions
            .create({ model: "best", messages, stream: true, stream_options: { include_usage: true } })
            .withResponse()
          let text = ""
          let finish: string | null = null
          let used = 0
          for await (const chunk of stream) {
            text += chunk.choices[0]?.delta.content ?? ""
            finish = chunk.choices[0]?.finish_reason ?? finish
            used = chunk.usage?.completion_tokens ?? used
          }
          return { text, finish, used, provider: head.headers.get("x-parley-provider") }
        })
        assert.deepInclude(streamed, { text: "alpha beta gamma delta", finish: "stop", provider: "one/m" })
        assert.isAbove(streamed.used, 2)

        // The same over Anthropic's shape and OpenAI's newer one.
        one.enqueue(answer("alpha beta gamma delta", { endAfter: 1 }))
        two.enqueue(answer("beta gamma delta"))
        const message = yield* Effect.promise(() =>
          anthropic.messages.stream({ model: "best", max_tokens: 100, messages }).finalMessage()
        )
        assert.strictEqual(message.content[0]?.type === "text" ? message.content[0].text : "", "alpha beta gamma delta")
        one.enqueue(answer("alpha beta gamma delta", { errorAfter: 3 }))
        two.enqueue(answer("delta"))
        const told = yield* Effect.promise(() => openai.responses.stream({ model: "best", input: "Count" }).finalResponse())
        assert.strictEqual(told.output_text, "alpha beta gamma delta")

        // What begins as JSON cannot be gone on with, and what was told cannot be taken back.
        one.enqueue(answer(['{"a":', "1}"], { cutAfter: 1 }))
        const broken = yield* Effect.promise(async () => {
          let text = ""
          try {
            const stream = await openai.chat.completions.create({
              model: "best",
              messages,
              stream: true,
              response_format: { type: "json_object" }
            })
            for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ""
            return { text, error: undefined }
          } catch (error) {
            return { text, error }
          }
        })
        assert.strictEqual(broken.text, '{"a":')
        assert.instanceOf(broken.error, APIError)
        assert.include(String(broken.error), "broke")
      })
  )

  it.effect.each(rows)(
    "an answer in a conversation %s: live and late followers and the stored message have the same bytes",
    ([, route, parameters, first, second, whole, restart]) =>
      Effect.gen(function* () {
        const { one, parley, two } = yield* World
        one.forget()
        one.enqueue(answer(first, { cutAfter: 1, holdAfter: 0 }))
        two.enqueue(answer(second))
        const conversation = yield* createConversation(parley, { model: `best-${route}` })
        const client = yield* connect(parley.socketUrl, parley.key)
        const accepted = yield* Effect.promise(() =>
          client.command({
            type: "send",
            conversationId: conversation.id,
            clientMessageId: "one",
            content: [{ type: "text", text: "Count" }],
            parameters
          })
        )
        assert.ok(accepted.type === "accepted" && accepted.run !== null)
        const { runId } = accepted.run
        const [live, late] = [runView(conversation.id, runId), runView(conversation.id, runId)]
        yield* Effect.promise(() => client.follow(live))
        ;(yield* one.received(0)).release()
        yield* Effect.promise(() => client.until(() => live.terminals[0]))
        const other = yield* connect(parley.socketUrl, parley.key)
        yield* Effect.promise(() => other.follow(late))
        yield* Effect.promise(() => other.until(() => late.terminals[0]))
        assert.deepStrictEqual([viewText(live), viewText(late)], [whole, whole])
        assert.strictEqual(live.terminals[0]?.type, "run-complete")
        const switches = client.frames.flatMap((frame) =>
          frame.type === "delta" ? frame.events.filter((event) => event.type === "provider-switch") : []
        )
        assert.deepStrictEqual(switches, [
          {
            type: "provider-switch",
            from: `one/m-${route}`,
            to: `two/m-${route}`,
            reason: "provider_truncated",
            ...(restart ? { restart } : {})
          }
        ])
        const stored = (yield* listMessages(parley, conversation.id)).find(({ role }) => role === "assistant")
        assert.deepStrictEqual(stored?.content, [{ type: "text", text: whole }])
        assert.strictEqual(stored?.model, `two/m-${route}`)
        assert.strictEqual(stored?.usage?.isEstimated, true)
      })
  )
})
