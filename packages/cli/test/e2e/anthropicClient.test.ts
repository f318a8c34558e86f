/** Anthropic's own client against `/v1/messages`, in front of each provider's wire. */
import Anthropic, { APIError, NotFoundError, RateLimitError } from "@anthropic-ai/sdk"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { EveryWire, wireRows } from "./support/EveryWire.ts"
import { caught } from "./support/caught.ts"

const tools: Array<Anthropic.Tool> = [
  { name: "weather", input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } }
]

layer(EveryWire.layer, { excludeTestServices: true })("the anthropic client through /v1/messages", (it) => {
  for (const row of wireRows) {
    it.effect(
      `in front of ${row.name}'s wire streams, thinks, calls a tool and gives its result back, asks for JSON, reads errors as its own, and aborts`,
      () =>
        Effect.gen(function* () {
          const { parley, wires } = yield* EveryWire
          const wire = wires[row.provider]
          const client = new Anthropic({ baseURL: parley.url, apiKey: parley.key, maxRetries: 0 })
          const hello: Array<Anthropic.MessageParam> = [{ role: "user", content: "Hello" }]
          const ask = { model: row.model, max_tokens: 64, messages: hello }

          wire.enqueue(
            answer("Grüße, 世界! 🌍 How are you?", { reasoning: "A greeting.", usage: { inputTokens: 11, outputTokens: 7 } })
          )
          const streamed = yield* Effect.promise(() =>
            client.messages
              .stream({ ...ask, system: "Be brief.", thinking: { type: "enabled", budget_tokens: 1_024 } })
              .finalMessage()
          )
          assert.deepStrictEqual(
            streamed.content.map((block) =>
              block.type === "thinking" ? block.thinking : block.type === "text" ? block.text : ""
            ),
            ["A greeting.", "Grüße, 世界! 🌍 How are you?"]
          )
          assert.strictEqual(streamed.stop_reason, "end_turn")
          assert.strictEqual(streamed.usage.input_tokens, 11)
          assert.strictEqual(streamed.usage.output_tokens, 7)
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
          const messages: Array<Anthropic.MessageParam> = [{ role: "user", content: "Weather in Zürich?" }]
          const called = yield* Effect.promise(() => client.messages.stream({ ...ask, messages, tools }).finalMessage())
          assert.strictEqual(called.stop_reason, "tool_use")
          assert.deepStrictEqual(
            called.content.flatMap((block) => (block.type === "tool_use" ? [[block.id, block.name, block.input]] : [])),
            [
              ["call_1", "weather", { city: "Zürich" }],
              ["call_2", "weather", { city: "Bern" }]
            ]
          )
          messages.push(
            { role: "assistant", content: called.content },
            {
              role: "user",
              content: [
                { type: "tool_result", tool_use_id: "call_1", content: "sunny" },
                { type: "tool_result", tool_use_id: "call_2", content: "rain", is_error: true }
              ]
            }
          )
          const spoken = yield* Effect.promise(() => client.messages.create({ ...ask, messages, tools }))
          assert.strictEqual(spoken.content[0]?.type === "text" && spoken.content[0].text, "It is sunny in Zürich.")
          assert.include(JSON.stringify(wire.requests.at(-1)?.body), "sunny")

          wire.enqueue(answer('{"ok":true}'))
          const schema = { type: "object", properties: { ok: { type: "boolean" } }, additionalProperties: false }
          const json = yield* Effect.promise(() =>
            client.messages.create({ ...ask, output_config: { format: { type: "json_schema", schema } } })
          )
          assert.strictEqual(json.content[0]?.type === "text" && json.content[0].text, '{"ok":true}')
          assert.include(JSON.stringify(wire.requests.at(-1)?.body), '"json_schema"')

          wire.enqueue(httpError(429, undefined, { "retry-after": "2" }))
          // Of another model: its target is held for those two seconds.
          const limited = yield* caught(client.messages.create({ ...ask, model: `${row.model}-mini` }))
          assert.instanceOf(limited, RateLimitError)
          assert.strictEqual(limited.headers.get("retry-after"), "2")
          assert.instanceOf(yield* caught(client.messages.create({ ...ask, model: "nobody/nothing" })), NotFoundError)

          wire.enqueue(answer("One two three four.", { cutAfter: 2 }))
          let text = ""
          const cut = client.messages.stream(ask).on("text", (delta) => (text += delta))
          const broken = yield* caught(cut.finalMessage())
          assert.instanceOf(broken, APIError)
          assert.strictEqual(broken.type, "api_error")
          assert.ok("One two three four.".startsWith(text) && text !== "")

          wire.enqueue(answer("One two three four.", { holdAfter: 1 }))
          const held = yield* Effect.promise(() => client.messages.create({ ...ask, stream: true }))
          yield* Effect.promise(async () => {
            for await (const event of held) if (event.type === "content_block_delta") break
          })
          yield* wire.requests.at(-1)!.aborted
        })
    )
  }
})
