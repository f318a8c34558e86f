/** OpenAI's own client against `/v1`, in front of each provider's wire. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import OpenAI, { APIError, APIUserAbortError, NotFoundError } from "openai"
import { answer, hang, httpError } from "../../../providers/test/wire/WireServer.ts"
import { EveryWire, wireRows } from "./support/EveryWire.ts"

const tools: Array<OpenAI.ChatCompletionTool> = [
  {
    type: "function",
    function: {
      name: "weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
    }
  }
]

layer(EveryWire.layer, { excludeTestServices: true })("the openai client through /v1", (it) => {
  for (const row of wireRows) {
    it.effect(
      `in front of ${row.name}'s wire streams an answer, calls a tool and gives its result back, and reads errors as its own`,
      () =>
        Effect.gen(function* () {
          const { parley, wires } = yield* EveryWire
          const wire = wires[row.provider]
          const client = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })

          wire.enqueue(answer("Grüße, 世界! 🌍 How are you?", { usage: { inputTokens: 11, outputTokens: 7 } }))
          const streamed = yield* Effect.promise(async () => {
            const stream = await client.chat.completions.create({
              model: row.model,
              messages: [
                { role: "system", content: "Be brief." },
                { role: "user", content: "Hello" }
              ],
              stream: true,
              stream_options: { include_usage: true }
            })
            let text = ""
            let finish: string | null = null
            let usage: OpenAI.CompletionUsage | null | undefined
            for await (const chunk of stream) {
              text += chunk.choices[0]?.delta.content ?? ""
              finish = chunk.choices[0]?.finish_reason ?? finish
              usage = chunk.usage ?? usage
            }
            return { text, finish, usage }
          })
          assert.strictEqual(streamed.text, "Grüße, 世界! 🌍 How are you?")
          assert.strictEqual(streamed.finish, "stop")
          assert.strictEqual(streamed.usage?.prompt_tokens, 11)
          assert.strictEqual(streamed.usage?.completion_tokens, 7)

          wire.enqueue(
            answer("", { toolCalls: [{ id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' }] }),
            answer("It is sunny in Zürich.")
          )
          const spoken = yield* Effect.promise(async () => {
            const messages: Array<OpenAI.ChatCompletionMessageParam> = [{ role: "user", content: "Weather in Zürich?" }]
            const first = await client.chat.completions.stream({ model: row.model, messages, tools }).finalChatCompletion()
            const choice = first.choices[0]!
            assert.strictEqual(choice.finish_reason, "tool_calls")
            const call = choice.message.tool_calls?.[0]
            assert.ok(call?.type === "function")
            assert.strictEqual(call.function.name, "weather")
            assert.deepStrictEqual(JSON.parse(call.function.arguments), { city: "Zürich" })
            messages.push(choice.message, { role: "tool", tool_call_id: call.id, content: "sunny" })
            const second = await client.chat.completions.create({ model: row.model, messages, tools })
            return second.choices[0]?.message.content
          })
          assert.strictEqual(spoken, "It is sunny in Zürich.")
          assert.include(JSON.stringify(wire.requests.at(-1)?.body), "sunny")

          wire.enqueue(answer(['{"city":', '"Zürich"}']), answer('{"city":"Zürich"}'))
          const json = yield* Effect.promise(async () => {
            const asked = {
              model: row.model,
              messages: [{ role: "user" as const, content: "Which city? As JSON." }],
              response_format: { type: "json_object" as const }
            }
            const streamed = await client.chat.completions.stream(asked).finalChatCompletion()
            const whole = await client.chat.completions.create(asked)
            return [streamed, whole].map(({ choices }) => [choices[0]?.message.content, choices[0]?.finish_reason])
          })
          assert.deepStrictEqual(json, [
            ['{"city":"Zürich"}', "stop"],
            ['{"city":"Zürich"}', "stop"]
          ])
          assert.match(JSON.stringify(wire.requests.at(-1)?.body), /json_object|one JSON object/)

          wire.enqueue(httpError(429, undefined, { "retry-after": "2" }))
          const limited = yield* Effect.promise(() =>
            client.chat.completions
              .create({ model: row.model, messages: [{ role: "user", content: "Hello" }] })
              .catch((error: unknown) => error)
          )
          assert.instanceOf(limited, APIError)
          assert.strictEqual(limited.status, 429)
          assert.strictEqual(limited.headers?.get("retry-after"), "2")

          const unknown = yield* Effect.promise(() =>
            client.chat.completions
              .create({ model: "nobody/nothing", messages: [{ role: "user", content: "Hello" }] })
              .catch((error: unknown) => error)
          )
          assert.instanceOf(unknown, NotFoundError)
          assert.strictEqual(unknown.code, "model_not_found")

          const models = yield* Effect.promise(() => client.models.list())
          assert.ok(models.data.some(({ id }) => id.startsWith(`${row.provider}/`)))
        })
    )

    it.effect(`in front of ${row.name}'s wire, a stream that its client leaves is left at the provider too`, () =>
      Effect.gen(function* () {
        const { parley, wires } = yield* EveryWire
        const wire = wires[row.provider]
        const client = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })
        // Of its own: the other was told to be left alone for a while.
        const model = `${row.model}-mini`
        const asked = wire.requests.length
        wire.enqueue(answer("One two three", { holdAfter: 1 }))
        const stream = yield* Effect.promise(() =>
          client.chat.completions.create({ model, messages: [{ role: "user", content: "Hello" }], stream: true })
        )
        const request = yield* wire.received(asked)
        yield* Effect.promise(async () => {
          for await (const chunk of stream) {
            if (chunk.choices[0]?.delta.content === "One ") stream.controller.abort()
          }
        })
        // The answer is held: nothing but the client's abort ends it.
        yield* request.aborted
        request.release()

        // And one that has not begun to be answered.
        wire.enqueue(hang)
        const leaving = new AbortController()
        const pending = client.chat.completions
          .create({ model, messages: [{ role: "user", content: "Hello" }], stream: true }, { signal: leaving.signal })
          .catch((error: unknown) => error)
        const hung = yield* wire.received(asked + 1)
        leaving.abort()
        yield* hung.aborted
        assert.instanceOf(yield* Effect.promise(() => pending), APIUserAbortError)
      })
    )
  }
})
