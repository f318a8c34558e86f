import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import type { StreamControl } from "@parley/domain/ModelProvider"
import type { ModelParameters } from "@parley/domain/ModelRequest"
import { makeDemoProvider } from "../src/demo/DemoProvider.ts"
import { exampleOf } from "../src/demo/exampleOf.ts"
import { collect } from "./support/collect.ts"
import { modelOf, providersOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { startLlamaWire } from "./wire/llamaWire.ts"

const demo = (parameters: ModelParameters = {}, text = "Hello") =>
  Effect.flatMap(modelOf({ demo: { wordDelayMs: 0 } }, "demo/parley"), (model) => model.complete(ask(text, parameters)))

const tool = {
  name: "get_weather",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" }, unit: { enum: ["celsius", "kelvin"] } }
  }
}

describe("the demo", () => {
  it.effect("is alive only when nobody else is", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* providersOf({})).live, ["demo"])
      assert.deepStrictEqual((yield* providersOf({ extra: [makeDemoProvider(0)] })).live, ["demo"])
      const llama = yield* startLlamaWire
      const real = yield* providersOf({ llama: { baseUrl: llama.baseUrl } })
      assert.deepStrictEqual(real.live, ["llama"])
      assert.strictEqual((yield* Effect.flip(real.resolve("demo/parley")))._tag, "ModelNotFound")
    })
  )

  it.effect("says that it is the demo, what was asked, and how to get a model; the same every time", () =>
    Effect.gen(function* () {
      const first = yield* demo()
      assert.match(textOf(first.content), /demo/)
      assert.include(textOf(first.content), "“Hello”")
      assert.include(textOf(first.content), "OPENAI_API_KEY")
      assert.deepStrictEqual(yield* demo(), first)
      assert.strictEqual((yield* modelOf({}, "demo/parley")).isDemo, true)
    })
  )

  it.effect("has one model", () =>
    Effect.gen(function* () {
      const model = yield* modelOf({}, "demo/other")
      assert.strictEqual((yield* Effect.flip(model.complete(ask("Hello"))))._tag, "ProviderModelNotFound")
      assert.deepStrictEqual(
        (yield* (yield* providersOf({})).models).map((model) => model.id),
        ["demo/parley"]
      )
      assert.strictEqual((yield* (yield* providersOf({})).resolve("parley")).name, "demo/parley")
    })
  )

  it.effect("streams word by word at its pace", () =>
    Effect.gen(function* () {
      const model = yield* modelOf({ demo: { wordDelayMs: 50 } }, "demo/parley")
      const collected = collect()
      const call = yield* Effect.forkChild(model.stream(ask("Hello"), collected.sink), { startImmediately: true })
      yield* TestClock.adjust(1)
      assert.strictEqual(collected.text(), "This ")
      yield* TestClock.adjust(100)
      assert.strictEqual(collected.text(), "This is Parley's ")
      yield* TestClock.adjust(10_000)
      const answer = yield* Fiber.join(call)
      assert.strictEqual(collected.text(), textOf(answer.content))
    })
  )

  it.effect("waits while it is paused", () =>
    Effect.gen(function* () {
      const model = yield* modelOf({ demo: { wordDelayMs: 1 } }, "demo/parley")
      const collected = collect()
      let paused: StreamControl | undefined
      const call = yield* Effect.forkChild(
        model.stream(ask("Hello"), (events, control) => {
          collected.sink(events, control)
          if (paused === undefined) control.pause()
          paused = control
        }),
        { startImmediately: true }
      )
      yield* TestClock.adjust(10_000)
      assert.strictEqual(collected.text(), "This ")
      paused?.resume()
      yield* TestClock.adjust(10_000)
      yield* Fiber.join(call)
      assert.isAbove(collected.text().length, 50)
    })
  )

  it.effect("calls the tool that it must call, with arguments that fit, and answers after its result", () =>
    Effect.gen(function* () {
      for (const toolChoice of ["required", { name: "get_weather" }] as const) {
        const called = yield* demo({ tools: [tool], toolChoice })
        assert.deepStrictEqual(called.content, [
          { type: "tool-call", id: "call_demo_1", name: "get_weather", arguments: '{"city":"demo","days":1,"unit":"celsius"}' }
        ])
        assert.strictEqual(called.finishReason, "tool-calls")
      }
      const free = yield* demo({ tools: [tool], toolChoice: "auto" })
      assert.strictEqual(free.finishReason, "stop")
      const model = yield* modelOf({}, "demo/parley")
      const request = ask("Hello", { tools: [tool], toolChoice: "required" })
      const after = yield* model.complete({
        ...request,
        messages: [
          ...request.messages,
          { role: "tool", content: [{ type: "tool-result", toolCallId: "call_demo_1", content: "Rain" }] }
        ]
      })
      assert.include(textOf(after.content), "result has arrived")
    })
  )

  it.effect("answers in JSON when it must, by the schema when there is one", () =>
    Effect.gen(function* () {
      const free = yield* demo({ responseFormat: { type: "json" } })
      assert.deepStrictEqual(JSON.parse(textOf(free.content)), { demo: true, question: "Hello" })
      const schema = { type: "object", properties: { list: { type: "array", items: { type: "boolean" } } } }
      const typed = yield* demo({ responseFormat: { type: "json-schema", name: "List", schema } })
      assert.deepStrictEqual(JSON.parse(textOf(typed.content)), { list: [true] })
    })
  )

  it.effect("stops at its bound of tokens, and at a stop sequence", () =>
    Effect.gen(function* () {
      const short = yield* demo({ maxOutputTokens: 3 })
      assert.strictEqual(textOf(short.content), "This is Parley's ")
      assert.strictEqual(short.finishReason, "length")
      assert.strictEqual(short.usage.outputTokens, 3)
      const model = yield* modelOf({ demo: { wordDelayMs: 0 } }, "demo/parley")
      const collected = collect()
      yield* model.stream(ask("Hello", { stop: ["demo", "", "nowhere"] }), collected.sink)
      assert.strictEqual(collected.text(), "This is Parley's ")
      assert.deepStrictEqual(collected.events.at(-1), { type: "finish", reason: "stop", stopSequence: "demo" })
    })
  )

  it.effect("goes on with its own answer from where that broke off, wherever that was", () =>
    Effect.gen(function* () {
      const model = yield* modelOf({ demo: { wordDelayMs: 0 } }, "demo/parley")
      const request = ask("Hello")
      const whole = textOf((yield* model.complete(request)).content)
      for (const text of ["This ", "This is Parley's", whole.slice(0, 20), whole.slice(0, 90), whole.slice(0, -1)]) {
        const collected = collect()
        const options = { restart: request.messages, said: { text, reasoning: "" } }
        yield* model.stream(request, collected.sink, options)
        assert.strictEqual(text + collected.text(), whole)
      }
    })
  )

  it.effect("answers as ever after an answer that is not its own", () =>
    Effect.gen(function* () {
      const model = yield* modelOf({}, "demo/parley")
      const request = ask("Hello")
      const begun = { role: "assistant" as const, content: [{ type: "text" as const, text: "Good evening" }] }
      const after = yield* model.complete({ ...request, messages: [...request.messages, begun] })
      assert.strictEqual(textOf(after.content), textOf((yield* model.complete(request)).content))
    })
  )

  it.effect("repeats no more of a long question than fits, and no half of a character", () =>
    Effect.gen(function* () {
      const answer = textOf((yield* demo({}, `${"x".repeat(199)}🚂🚂`)).content)
      assert.include(answer, `${"x".repeat(199)}…”`)
      assert.isTrue(answer.isWellFormed())
    })
  )
})

it.each([
  [{ const: 7 }, 7],
  [{ type: "number", minimum: 5 }, 5],
  [{ type: ["string", "null"] }, "demo"],
  [{ anyOf: [{ type: "boolean" }, { type: "null" }] }, true],
  [{ properties: { a: {} } }, { a: null }],
  [{ type: "object" }, {}],
  [{ type: "null" }, null],
  ["nonsense", null]
])("an example of %j is %j", (schema, example) => {
  assert.deepStrictEqual(exampleOf(schema), example)
})
