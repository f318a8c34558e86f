/** What an answer cost, however it ended; and a conversation that outgrew its model's window. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ProviderRejected, ProviderTruncated } from "@parley/domain/ProviderError"
import { noUsage } from "@parley/domain/Usage"
import { makeModelTokens } from "@parley/providers/tokens/ModelTokens"
import { TokenWorker } from "@parley/providers/tokens/TokenWorker"
import { fitPrompt } from "../../src/conversations/fitPrompt.ts"
import { FoldingClient, text, until } from "./harness.ts"
import { conversationWorld } from "./world.ts"

const price = { input: 2, output: 8 }
const words = (count: number) => "word ".repeat(count).trim()
const failing = { provider: "scripted", model: "one", message: "as the test says" }

/** Follows an answer from its question to its end. */
const answering = Effect.gen(function* () {
  const world = yield* conversationWorld()
  Object.assign(world.provider.facts, { price })
  const { id } = yield* world.create()
  const accepted = yield* world.send(id, "c1", words(100))
  const client = new FoldingClient(() => accepted.run?.runId)
  const follower = yield* world.follow(id, client.port)
  if (accepted.run === null) return assert.fail("no run")
  const { messageId, runId } = accepted.run
  yield* follower.subscribe(runId, {})
  const call = yield* world.provider.call(0)
  const ended = Effect.gen(function* () {
    yield* until("terminal", () => client.terminals.length > 0)
    const stored = yield* world.message(id, messageId)
    assert.deepStrictEqual(client.state?.usage ?? null, stored.usage, "told and stored alike")
    return stored.usage
  })
  return { world, id, runId, call, ended }
})

describe("the usage of an answer", () => {
  it.effect("that was stopped is what was asked and said by then, priced, and marked as an estimate", () =>
    Effect.gen(function* () {
      const { call, ended, id, runId, world } = yield* answering
      call.say(words(50))
      yield* world.as(world.conversations.cancel(id, runId))
      const usage = yield* ended
      assert.isTrue(usage?.isEstimated)
      assert.isAbove(usage?.inputTokens ?? 0, 100)
      assert.isAbove(usage?.outputTokens ?? 0, 50)
      assert.strictEqual(usage?.costNanoDollars, usage.inputTokens * 2_000 + usage.outputTokens * 8_000)
    })
  )

  it.effect("that was stopped before its first word is the prompt's", () =>
    Effect.gen(function* () {
      const { ended, id, runId, world } = yield* answering
      yield* world.as(world.conversations.cancel(id, runId))
      const usage = yield* ended
      assert.isAbove(usage?.costNanoDollars ?? 0, 100 * 2_000)
      assert.strictEqual(usage?.outputTokens, 0)
    })
  )

  it.effect("that was cut off keeps what the provider told, and adds what it had not counted", () =>
    Effect.gen(function* () {
      const { call, ended } = yield* answering
      call.emit({ type: "usage", usage: { ...noUsage, inputTokens: 33, outputTokens: 1 } })
      call.say(words(50))
      yield* call.fail(new ProviderTruncated(failing))
      const usage = yield* ended
      assert.strictEqual(usage?.inputTokens, 33)
      assert.isAbove(usage?.outputTokens ?? 0, 50)
    })
  )

  it.effect("that its provider refused is none: nobody worked for it", () =>
    Effect.gen(function* () {
      const { call, ended } = yield* answering
      yield* call.fail(new ProviderRejected(failing))
      assert.isNull(yield* ended)
    })
  )

  it.effect("that another process began counts what was said there too", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      Object.assign(world.provider.facts, { price })
      const { id } = yield* world.create()
      const accepted = yield* world.send(id, "c1", words(100))
      const first = yield* world.provider.call(0)
      first.say(words(200))
      world.loop.turn()
      yield* TestClock.adjust(200)
      yield* world.crash
      const client = new FoldingClient(() => accepted.run?.runId)
      const follower = yield* world.follow(id, client.port)
      if (accepted.run === null) return assert.fail("no run")
      yield* follower.subscribe(accepted.run.runId, {})
      const second = yield* world.provider.call(1)
      second.say(" more")
      yield* second.complete()
      yield* until("terminal", () => client.terminals.length > 0)
      const { usage } = yield* world.message(id, accepted.run.messageId)
      assert.isAbove(usage?.outputTokens ?? 0, 200)
      assert.isTrue(usage?.isEstimated)
    })
  )
})

const model = (contextTokens: number) => {
  const facts = { contextTokens }
  return { facts, tokens: makeModelTokens("some-model", facts, TokenWorker.of({ count: () => Effect.succeed(undefined) })) }
}
const user = (words: string) => ({ role: "user" as const, content: text(words) })
const assistant = (words: string) => ({ role: "assistant" as const, content: text(words) })
const system = { role: "system" as const, content: text("Be kind.") }

describe("a prompt that outgrew its window", () => {
  const turns = [system, user(`1 ${words(300)}`), assistant("one"), user(`2 ${words(300)}`), assistant("two"), user("3")]

  it("loses its oldest turns, whole, and keeps the system's words and the last question", () => {
    assert.deepStrictEqual(fitPrompt(model(100_000), turns, {}), { messages: turns, droppedTurns: 0 })
    assert.deepStrictEqual(fitPrompt(model(600), turns, {}), { messages: [system, ...turns.slice(3)], droppedTurns: 1 })
    assert.deepStrictEqual(fitPrompt(model(100), turns, {}), { messages: [system, user("3")], droppedTurns: 2 })
  })

  it("keeps room for the answer that was asked for", () => {
    assert.strictEqual(fitPrompt(model(480), turns, { maxOutputTokens: 1 }).droppedTurns, 1)
    assert.strictEqual(fitPrompt(model(480), turns, {}).droppedTurns, 1)
  })

  it("never parts a call from its result", () => {
    const called = [
      user(words(200)),
      { role: "assistant" as const, content: [{ type: "tool-call" as const, id: "t", name: "look", arguments: "{}" }] },
      { role: "tool" as const, content: [{ type: "tool-result" as const, toolCallId: "t", content: words(200) }] },
      assistant("seen"),
      user("and now?")
    ]
    assert.deepStrictEqual(fitPrompt(model(300), called, {}), { messages: [user("and now?")], droppedTurns: 1 })
  })

  it("is left as it is where the window is not known, and where its only turn is too long", () => {
    const facts = {}
    const unknown = {
      facts,
      tokens: makeModelTokens("some-model", facts, TokenWorker.of({ count: () => Effect.succeed(undefined) }))
    }
    assert.strictEqual(fitPrompt(unknown, turns, {}).droppedTurns, 0)
    assert.deepStrictEqual(fitPrompt(model(10), [user(words(100))], {}), { messages: [user(words(100))], droppedTurns: 0 })
  })
})

describe("a question that alone is too long", () => {
  it.effect("fails its answer with the number of tokens, and asks nobody", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      Object.assign(world.provider.facts, { contextTokens: 1_000 })
      const { id } = yield* world.create()
      const accepted = yield* world.send(id, "c1", words(5_000))
      const client = new FoldingClient(() => accepted.run?.runId)
      const follower = yield* world.follow(id, client.port)
      if (accepted.run === null) return assert.fail("no run")
      yield* follower.subscribe(accepted.run.runId, {})
      yield* until("terminal", () => client.terminals.length > 0)
      const { error, usage } = yield* world.message(id, accepted.run.messageId)
      assert.strictEqual(error?.code, "context_length_exceeded")
      assert.match(error?.message ?? "", /\d+ tokens too long/)
      assert.isNull(usage)
      assert.lengthOf(world.provider.calls, 0)
    })
  )
})
