/** A streamed answer that breaks off is gone on with, or begun again, or ends as what it is. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { textOf } from "@parley/domain/Content"
import { anchorMark, anchorOf } from "../../src/routing/anchor.ts"
import { continueInstruction } from "../../src/routing/continuation.ts"
import { Ledger } from "../../src/routing/Ledger.ts"
import { estimateTokens } from "../../src/tokens/estimateTokens.ts"
import { collect } from "../support/collect.ts"
import { ask } from "../support/requests.ts"
import { answer, hang, httpError, raw } from "../wire/WireServer.ts"
import type { WireRequest } from "../wire/WireServer.ts"
import { switches, world } from "./world.ts"

const chunkOf = (delta: object) =>
  `data: ${JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
/** Words, the beginning of a tool's call, and nothing more. */
const callThenCut = [
  chunkOf({ content: "Let me " }),
  chunkOf({ tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look", arguments: '{"at":' } }] })
]

const messagesOf = (body: unknown): ReadonlyArray<unknown> => {
  const messages: unknown = Reflect.get(Object(body), "messages")
  return Array.isArray(messages) ? messages : []
}

describe("a streamed answer", () => {
  it.live("goes on with the next target after a cut, from the text so far, and nothing of it is doubled or missing", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(answer("One two three four five six", { cutAfter: 3 }))
      two.enqueue(answer("One two three four five six", { usage: { inputTokens: 20, outputTokens: 4 } }))
      const collected = collect()
      const whole = yield* model.stream(ask("Count"), collected.sink)
      assert.strictEqual(collected.text(), "One two three four five six")
      assert.strictEqual(textOf(whole.content), "One two three four five six")
      assert.deepStrictEqual(switches(collected.events), [
        { type: "provider-switch", from: "one/m", to: "two/m", reason: "provider_truncated" }
      ])
      assert.deepStrictEqual(messagesOf(two.requests[0]?.body), [
        { role: "user", content: "Count" },
        { role: "assistant", content: "One two three " },
        { role: "user", content: continueInstruction("One two three ") }
      ])
      const [first, second] = whole.attempts ?? []
      assert.deepInclude(first, { target: "one/m", failure: "ProviderTruncated" })
      assert.isAbove(first?.usage.outputTokens ?? 0, 0)
      assert.strictEqual(first?.usage.isEstimated, true)
      assert.strictEqual(second?.usage.outputTokens, 4)
      assert.strictEqual(whole.usage.outputTokens, (first?.usage.outputTokens ?? 0) + 4)
      assert.deepStrictEqual(collected.events.at(-1), { type: "usage", usage: whole.usage })
    })
  )

  it.live("accounts what a call thought before it broke off as reasoning", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(answer(["One ", "two"], { reasoning: "Let me think about what comes first. ".repeat(20), cutAfter: 1 }))
      two.enqueue(answer("two"))
      const { attempts = [] } = yield* model.stream(ask("Count"), () => undefined)
      const [broken, whole] = attempts
      assert.isAbove(broken?.usage.reasoningTokens ?? 0, 100)
      assert.isAbove((broken?.usage.outputTokens ?? 0) - (broken?.usage.reasoningTokens ?? 0), 0)
      assert.strictEqual(whole?.usage.reasoningTokens, 0)
    })
  )

  it.live("is only begun for a model that goes on with an answer by itself", () =>
    Effect.gen(function* () {
      const { model, ollama, one } = yield* world({}, {}, ["one", "ollama"])
      one.enqueue(answer("One two three four", { cutAfter: 2 }))
      ollama.enqueue(answer(["three ", "four"]))
      const collected = collect()
      yield* model.stream(ask("Count"), collected.sink)
      assert.strictEqual(collected.text(), "One two three four")
      assert.deepStrictEqual(messagesOf(ollama.requests[0]?.body).at(-1), { role: "assistant", content: "One two" })
    })
  )

  it.live("goes on over several cuts, and over wires", () =>
    Effect.gen(function* () {
      const { claude, model, one, two } = yield* world({}, {}, ["one", "claude", "two"])
      one.enqueue(answer("alpha beta gamma delta epsilon", { cutAfter: 1 }))
      claude.enqueue(answer("beta gamma delta epsilon", { endAfter: 2 }))
      two.enqueue(answer("delta epsilon"))
      const collected = collect()
      const whole = yield* model.stream(ask("Count"), collected.sink)
      assert.strictEqual(collected.text(), "alpha beta gamma delta epsilon")
      assert.strictEqual(whole.attempts?.length, 3)
      assert.lengthOf(switches(collected.events), 2)
    })
  )

  it.live("that nobody can go on with ends as an error, never as an answer", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ retry: { attempts: 2, baseMs: 1, maxMs: 2 } })
      one.enqueue(answer("One two three", { cutAfter: 2 }))
      two.enqueue(httpError(500))
      const collected = collect()
      const ledger = new Ledger()
      const error = yield* Effect.flip(model.stream(ask("Count"), collected.sink, { ledger }))
      assert.strictEqual(error._tag, "ProviderFailed")
      assert.isFalse(collected.events.some((event) => event.type === "finish" || event.type === "usage"))
      assert.isAbove((yield* ledger.total(false)).outputTokens, 0)
    })
  )

  /** Calls of the same body, by their keys, are those of the same key. */
  const assertKeys = (requests: ReadonlyArray<WireRequest>) => {
    const keys = requests.map(({ headers }) => headers["idempotency-key"])
    const bodies = requests.map(({ body }) => JSON.stringify(body))
    for (const [n, body] of bodies.entries()) assert.strictEqual(keys.indexOf(keys[n]), bodies.indexOf(body), `call ${n}`)
  }

  it.live("asks the same target for more under another key than that of the question, and again under the same", () =>
    Effect.gen(function* () {
      const { model, two } = yield* world({ retry: { attempts: 6, baseMs: 1, maxMs: 2 } }, {}, ["two"])
      const said = [answer("One two three", { cutAfter: 1 }), httpError(500), answer(["two ", "three"], { cutAfter: 1 })]
      two.enqueue(...said, answer("three"))
      const collected = collect()
      yield* model.stream(ask("Count"), collected.sink)
      assert.strictEqual(collected.text(), "One two three")
      assert.lengthOf(two.requests, 4)
      assertKeys(two.requests)
    })
  )

  it.live("begins again under another key than that of the question", () =>
    Effect.gen(function* () {
      const { model, two } = yield* world({ retry: { attempts: 6, baseMs: 1, maxMs: 2 } }, {}, ["two"])
      const request = ask("JSON", { responseFormat: { type: "json" } })
      const cut = answer(['{"a":', "1}"], { cutAfter: 1 })
      two.enqueue(cut, cut, answer("{}"))
      yield* model.stream(request, collect().sink, { restart: [...request.messages, ...request.messages] })
      assert.lengthOf(two.requests, 3)
      assertKeys(two.requests)
    })
  )

  it.live("is not gone on with where the route says so", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({ midStream: false })
      one.enqueue(answer("One two three", { cutAfter: 2 }))
      assert.strictEqual((yield* Effect.flip(model.stream(ask("Count"), collect().sink)))._tag, "ProviderTruncated")
      assert.strictEqual(two.requests.length, 0)
    })
  )

  const calls = [{ id: "call_1", name: "look", arguments: '{"at":"sky"}' }]

  it.live("that must be whole begins again where the client can be told so", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      const json = { responseFormat: { type: "json" } } as const
      one.enqueue(answer(['{"a":', "1}"], { cutAfter: 1 }))
      two.enqueue(answer(['{"a":', "2}"]))
      const collected = collect()
      const request = ask("JSON", json)
      const whole = yield* model.stream(request, collected.sink, { restart: request.messages })
      assert.strictEqual(textOf(whole.content), '{"a":2}')
      assert.deepInclude(switches(collected.events)[0], { restart: true })
      assert.deepStrictEqual(messagesOf(two.requests[0]?.body), [{ role: "user", content: "JSON" }])
    })
  )

  it.live("of which a call was told begins again where the client can be told so, and says so", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(raw(callThenCut, { cut: true }))
      two.enqueue(answer(["Not ", "needed"]))
      const collected = collect()
      const request = ask("Look")
      const whole = yield* model.stream(request, collected.sink, { restart: request.messages })
      const at = collected.events.findIndex(({ type }) => type === "provider-switch")
      assert.deepInclude(collected.events[at], { from: "one/m", to: "two/m", reason: "provider_truncated", restart: true })
      assert.isTrue(collected.events.slice(0, at).some(({ type }) => type === "tool-call-delta"))
      assert.isFalse(collected.events.slice(at).some(({ type }) => type.startsWith("tool-call")))
      assert.deepStrictEqual(whole.content, [{ type: "text", text: "Not needed" }])
      assert.strictEqual(whole.finishReason, "stop")
      assert.deepStrictEqual(messagesOf(two.requests[0]?.body), [{ role: "user", content: "Look" }])
    })
  )

  it.live("of which a call was told fails where the client cannot", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(raw(callThenCut, { cut: true }))
      assert.strictEqual((yield* Effect.flip(model.stream(ask("Look"), collect().sink)))._tag, "ProviderTruncated")
      assert.lengthOf(two.requests, 0)
    })
  )

  it.live("that must be whole fails where the client cannot, unless nothing of it was told but white space", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      const json = { responseFormat: { type: "json" } } as const
      const broken = [
        answer(['{"a":', "1}"], { cutAfter: 1 }),
        answer(['{"a":', "1}"], { cutAfter: 0 }),
        answer(["\n", "{}"], { cutAfter: 1 })
      ]
      one.enqueue(...broken)
      two.enqueue(answer('{"a":2}'), answer('{"a":2}'))
      assert.strictEqual((yield* Effect.flip(model.stream(ask("JSON", json), collect().sink)))._tag, "ProviderTruncated")
      assert.strictEqual(two.requests.length, 0)
      const collected = collect()
      yield* model.stream(ask("JSON", json), collected.sink)
      assert.strictEqual(collected.text(), '{"a":2}')
      assert.isUndefined(switches(collected.events)[0]?.restart)
      const after = collect()
      yield* model.stream(ask("JSON", json), after.sink)
      assert.strictEqual(after.text(), '\n{"a":2}')
    })
  )

  it.live("keeps to the letter the white space and the thoughts that were told before it began again", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(answer(["\n \n", "Hello"], { reasoning: "Hm.", cutAfter: 1 }))
      two.enqueue(answer("Hello there."))
      const { sink, text } = collect()
      const whole = yield* model.stream(ask("Hi"), sink)
      assert.strictEqual(text(), "\n \nHello there.")
      assert.deepStrictEqual(whole.content, [
        { type: "reasoning", text: "Hm." },
        { type: "text", text: "\n \nHello there." }
      ])
      // Begun again after thoughts of its own, and broken off once more: what goes on follows on all of it.
      one.enqueue(answer([" ", "Hello"], { cutAfter: 1 }), answer("you."))
      two.enqueue(answer(["Hello ", "you."], { reasoning: "Well.", cutAfter: 1 }))
      const again = collect()
      const other = yield* model.stream(ask("Hi"), again.sink)
      assert.strictEqual(again.text(), " Hello you.")
      assert.strictEqual(textOf(other.content), " Hello you.")
    })
  )

  it.live("keeps its tool calls, from whichever target they come", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(answer("Let me look at it now", { cutAfter: 3 }))
      two.enqueue(answer("at it now", { toolCalls: calls }))
      const collected = collect()
      const whole = yield* model.stream(ask("Look"), collected.sink)
      assert.strictEqual(collected.text(), "Let me look at it now")
      assert.strictEqual(whole.finishReason, "tool-calls")
      assert.deepStrictEqual(
        whole.content.filter((part) => part.type === "tool-call"),
        [{ type: "tool-call", ...calls[0]! }]
      )
    })
  )

  it.live("asks for no more of an answer than is left of its bound, and for the last words that it is to begin with", () =>
    Effect.gen(function* () {
      const { model, ollama, one, two } = yield* world({}, {}, ["one", "two", "ollama"])
      const said = Array.from({ length: 30 }, (_, n) => `word${n} `)
      one.enqueue(answer(said, { cutAfter: 29 }))
      two.enqueue(answer(["word29 "], { cutAfter: 0 }))
      ollama.enqueue(answer(["word29 "]))
      yield* model.stream(ask("Count", { maxOutputTokens: 100 }), collect().sink)
      const told = said.slice(0, 29).join("")
      const left = 100 - estimateTokens(told)
      assert.strictEqual(
        Reflect.get(Object(two.requests[0]?.body), "max_completion_tokens"),
        left + estimateTokens(anchorMark + anchorOf(told))
      )
      assert.strictEqual(Reflect.get(Object(ollama.requests[0]?.body), "max_tokens"), left)
    })
  )

  it.live("ends as one that reached its bound when that is used up, and nobody is asked for more", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(answer("One two three four five six", { cutAfter: 5 }))
      const collected = collect()
      const whole = yield* model.stream(ask("Count", { maxOutputTokens: 4 }), collected.sink)
      assert.strictEqual(two.requests.length, 0)
      assert.deepInclude(whole, { finishReason: "length", content: [{ type: "text", text: "One two three four five " }] })
      assert.deepStrictEqual(
        whole.attempts?.map(({ failure }) => failure),
        ["ProviderTruncated"]
      )
      assert.deepStrictEqual(
        collected.events.filter(({ type }) => type !== "text-delta"),
        [
          { type: "finish", reason: "length" },
          { type: "usage", usage: whole.usage }
        ]
      )
      assert.isAbove(whole.usage.outputTokens, 0)
    })
  )

  it.live("that runs on far past its bound is stopped, and ends as one that reached it", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world({}, { minStreamedLength: 1_000 })
      one.enqueue(answer(["x ".repeat(400), "x ".repeat(400), "more"], { holdAfter: 2 }))
      const whole = yield* model.stream(ask("Count", { maxOutputTokens: 5 }), collect().sink)
      assert.strictEqual(whole.finishReason, "length")
      assert.strictEqual(two.requests.length, 0)
    })
  )

  it.live("passes over targets whose window takes the question, and not what was told as well", () =>
    Effect.gen(function* () {
      const small = { two: { contextTokens: 200 } }
      const { model, ollama, one, two } = yield* world({}, {}, ["one", "two", "ollama"], {}, small)
      const said = Array.from({ length: 300 }, (_, n) => `word${n} `)
      one.enqueue(answer(said, { cutAfter: 299 }), answer(said, { cutAfter: 1 }))
      ollama.enqueue(answer([" word299 "]))
      const collected = collect()
      yield* model.stream(ask("Count"), collected.sink)
      assert.strictEqual(collected.text(), said.join(""))
      assert.deepStrictEqual([two.requests.length, ollama.requests.length], [0, 1])
      // A short beginning fits.
      two.enqueue(answer(["word1 "]))
      yield* model.stream(ask("Count"), collect().sink)
      assert.strictEqual(two.requests.length, 1)
    })
  )

  it.live("is aborted at the target that speaks, within its continuation too", () =>
    Effect.gen(function* () {
      const { model, one, two } = yield* world()
      one.enqueue(answer("One two three", { cutAfter: 2 }))
      two.enqueue(hang)
      const running = yield* Effect.forkChild(model.stream(ask("Count"), collect().sink))
      const request = yield* two.received(0)
      yield* Fiber.interrupt(running)
      yield* request.aborted
    })
  )
})
