/** OpenAI's own client asking `/v1/responses`, in front of each provider's wire. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import OpenAI, { APIError, NotFoundError, RateLimitError } from "openai"
import type { ResponseInput, ResponseStreamEvent, Tool } from "openai/resources/responses/responses"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { EveryWire, wireRows } from "./support/EveryWire.ts"
import { caught } from "./support/caught.ts"

const tools: Array<Tool> = [
  {
    type: "function",
    name: "weather",
    strict: false,
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
  }
]

layer(EveryWire.layer, { excludeTestServices: true })("the openai client through /v1/responses", (it) => {
  for (const row of wireRows) {
    it.effect(
      `in front of ${row.name}'s wire streams, thinks, calls a tool and gives its result back, asks for JSON, reads errors as its own, and aborts`,
      () =>
        Effect.gen(function* () {
          const { parley, wires } = yield* EveryWire
          const wire = wires[row.provider]
          const client = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })
          const ask = { model: row.model, input: "Hello" }

          wire.enqueue(
            answer("Grüße, 世界! 🌍 How are you?", { reasoning: "A greeting.", usage: { inputTokens: 11, outputTokens: 7 } })
          )
          const streamed = yield* Effect.promise(() =>
            client.responses.stream({ ...ask, instructions: "Be brief.", reasoning: { effort: "low" } }).finalResponse()
          )
          assert.strictEqual(streamed.status, "completed")
          assert.strictEqual(streamed.output_text, "Grüße, 世界! 🌍 How are you?")
          assert.deepStrictEqual(
            streamed.output.flatMap((item) => (item.type === "reasoning" ? item.summary.map((part) => part.text) : [])),
            ["A greeting."]
          )
          assert.strictEqual(streamed.usage?.input_tokens, 11)
          assert.strictEqual(streamed.usage?.output_tokens, 7)
          assert.include(JSON.stringify(wire.requests.at(-1)?.body), "Be brief.")

          wire.enqueue(
            answer("", {
              reasoning: "I need a tool.",
              toolCalls: [
                { id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' },
                { id: "call_2", name: "weather", arguments: '{"city":"Bern"}' }
              ]
            }),
            answer("It is sunny in Zürich.")
          )
          const input: ResponseInput = [{ role: "user", content: "Weather in Zürich?" }]
          const called = yield* Effect.promise(() => client.responses.create({ ...ask, input, tools }))
          const calls = called.output.filter((item) => item.type === "function_call")
          assert.deepStrictEqual(
            calls.map((call) => [call.call_id, call.name, JSON.parse(call.arguments)]),
            [
              ["call_1", "weather", { city: "Zürich" }],
              ["call_2", "weather", { city: "Bern" }]
            ]
          )
          for (const item of called.output) if (item.type === "reasoning" || item.type === "function_call") input.push(item)
          for (const call of calls) input.push({ type: "function_call_output", call_id: call.call_id, output: "sunny" })
          const spoken = yield* Effect.promise(() => client.responses.stream({ ...ask, input, tools }).finalResponse())
          assert.strictEqual(spoken.output_text, "It is sunny in Zürich.")
          assert.include(JSON.stringify(wire.requests.at(-1)?.body), "sunny")

          wire.enqueue(answer('{"ok":true}'))
          const schema = { type: "object", properties: { ok: { type: "boolean" } }, additionalProperties: false }
          const json = yield* Effect.promise(() =>
            client.responses.create({ ...ask, text: { format: { type: "json_schema", name: "ok", schema, strict: true } } })
          )
          assert.strictEqual(json.output_text, '{"ok":true}')
          assert.include(JSON.stringify(wire.requests.at(-1)?.body), '"json_schema"')

          wire.enqueue(httpError(429, undefined, { "retry-after": "2" }))
          // Of another model: its target is held for those two seconds.
          const limited = yield* caught(client.responses.create({ ...ask, model: `${row.model}-mini` }))
          assert.instanceOf(limited, RateLimitError)
          assert.strictEqual(limited.headers.get("retry-after"), "2")
          assert.instanceOf(yield* caught(client.responses.create({ ...ask, model: "nobody/nothing" })), NotFoundError)

          wire.enqueue(answer("One two three four.", { cutAfter: 2 }))
          const events: Array<ResponseStreamEvent> = []
          const broken = yield* caught(
            (async () => {
              for await (const event of await client.responses.create({ ...ask, stream: true })) events.push(event)
            })()
          )
          assert.instanceOf(broken, APIError)
          const text = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("")
          assert.ok("One two three four.".startsWith(text) && text !== "")
          assert.strictEqual(events.at(-1)?.type, "response.failed")

          wire.enqueue(answer("One two three four.", { holdAfter: 1 }))
          const held = yield* Effect.promise(() => client.responses.create({ ...ask, stream: true }))
          yield* Effect.promise(async () => {
            for await (const event of held) if (event.type === "response.output_text.delta") break
          })
          yield* wire.requests.at(-1)!.aborted
        })
    )
  }
})
