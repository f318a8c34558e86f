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

  it.effect(
    "counts a prompt by its provider's own word where there is one, and says where it is an estimate; asks for no answer",
    () =>
      Effect.gen(function* () {
        const { parley, wires } = yield* EveryWire
        const client = new Anthropic({ baseURL: parley.url, apiKey: parley.key, maxRetries: 0 })
        const asked = {
          system: "Be brief.",
          messages: [{ role: "user" as const, content: "How is the weather in Bern?" }],
          tools
        }
        const isAsked = Object.values(wires).map((wire) => wire.requests.length)
        const counted = (model: string) => Effect.promise(() => client.messages.countTokens({ ...asked, model }))
        // Another than broke off above: its provider was asked to count that, refused, and is left alone with it for a while.
        const [claude, gpt, llama] = ["anthropic/claude-opus-5", "openai/gpt-5", "llama/llama-4"] as const

        wires.anthropic.counts(() => 1_234)
        assert.deepStrictEqual({ ...(yield* counted(claude)) }, { input_tokens: 1_234 })
        const question = wires.anthropic.counted.at(-1)
        assert.deepInclude(question, { path: "/v1/messages/count_tokens", model: "claude-opus-5" })
        assert.strictEqual(question?.headers["x-api-key"], "sk-ant-wire")
        assert.deepInclude(question?.body, {
          messages: [{ role: "user", content: [{ type: "text", text: "How is the weather in Bern?" }] }]
        })
        const sent = JSON.stringify(question?.body)
        for (const part of ["Be brief.", "weather", "input_schema"]) assert.include(sent, part)
        assert.notInclude(sent, "max_tokens")

        // Where the provider does not say, and for models that nobody counts, it is an estimate, and told as one.
        wires.anthropic.counts(() => httpError(529))
        for (const model of [claude, llama, gpt]) {
          const estimate = yield* counted(model)
          assert.isAbove(estimate.input_tokens, 5)
          assert.isBelow(estimate.input_tokens, 200)
          if (model !== gpt) assert.strictEqual(Reflect.get(estimate, "is_estimated"), true)
        }
        assert.deepStrictEqual(
          Object.values(wires).map((wire) => wire.requests.length),
          isAsked
        )
        const missing = client.messages.countTokens({ ...asked, model: "nobody/nothing" })
        assert.instanceOf(yield* caught(missing), NotFoundError)
      })
  )
})
