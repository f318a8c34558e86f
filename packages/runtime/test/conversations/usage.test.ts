/** What an answer cost, however it ended; and a conversation that outgrew its model's window. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ProviderRejected, ProviderTruncated } from "@parley/domain/ProviderError"
import { addUsage, noUsage } from "@parley/domain/Usage"
import { continuePrompt } from "@parley/providers/routing/continuation"
import { makeModelTokens } from "@parley/providers/tokens/ModelTokens"
import { TokenWorker } from "@parley/providers/tokens/TokenWorker"
import type { ConversationLimitsValues } from "../../src/conversations/ConversationLimits.ts"
import { fitPrompt } from "../../src/conversations/fitPrompt.ts"
import { FoldingClient, settle, text, until } from "./harness.ts"
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
      const { call, ended, world } = yield* answering
      call.say("One")
      world.loop.turn()
      call.emit({ type: "usage", usage: { ...noUsage, inputTokens: 33, outputTokens: 1 } })
      for (let word = 0; word < 50; word++) call.say(` w${word}`)
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

describe("the usage of an answer whose owner was lost", () => {
  const noWorker = TokenWorker.of({ count: () => Effect.succeed(undefined) })
  const prices = { one: price, two: { input: 300, output: 700 } }
  const tokensOf = (name: keyof typeof prices) => makeModelTokens(name, { price: prices[name] }, noWorker)
  const prompt = [{ role: "user" as const, content: text(words(100)) }]
  const said = { first: `${words(50)} `, second: "other things ".repeat(40), third: "at last" }

  const lost = Effect.fnUntraced(function* (limits: Partial<ConversationLimitsValues> = {}) {
    const world = yield* conversationWorld(limits)
    Object.assign(world.provider.facts, { price: prices.one, contextTokens: 100_000 })
    // The route's main one, for its window: what nobody knows better is priced as it.
    Object.assign(world.provider.otherFacts, { price: prices.two, contextTokens: 1_000_000 })
    const { id } = yield* world.create({ model: "both" })
    const accepted = yield* world.send(id, "c1", words(100))
    const { messageId } = accepted.run ?? assert.fail("no run")
    const first = yield* world.provider.call(0)
    first.say(said.first)
    yield* first.fail(new ProviderTruncated(failing))
    const second = yield* world.provider.call(1)
    assert.strictEqual(second.request.model, "two")
    second.say(said.second)
    world.loop.advance(200)
    yield* TestClock.adjust(200)
    yield* world.crash
    /** Each by the tokens and the price of who was called, and by what it was shown. */
    const lostUsage = yield* Effect.all([
      tokensOf("one").settlePartial({ messages: prompt, parameters: {} }, text(said.first), null),
      tokensOf("two").settlePartial({ messages: continuePrompt(prompt, said.first), parameters: {} }, text(said.second), null)
    ])
    const usage = Effect.andThen(
      settle,
      Effect.map(world.message(id, messageId), (stored) => stored.usage)
    )
    return { world, lostUsage, usage }
  })

  it.effect("prices each of its calls as the target that was called", () =>
    Effect.gen(function* () {
      const { lostUsage, usage, world } = yield* lost()
      const third = yield* world.provider.call(2)
      assert.strictEqual(third.request.model, "one")
      third.say(said.third)
      yield* third.complete()
      const last = { ...noUsage, outputTokens: 7, costNanoDollars: 7 * 8_000 }
      assert.deepStrictEqual(yield* usage, lostUsage.reduce(addUsage, last))
    })
  )

  it.effect("is that of both owners, where the second is lost as well", () =>
    Effect.gen(function* () {
      const { lostUsage, usage, world } = yield* lost()
      ;(yield* world.provider.call(2)).say(said.third)
      world.loop.advance(200)
      yield* TestClock.adjust(200)
      yield* world.crash
      yield* (yield* world.provider.call(3)).complete()
      const third = yield* tokensOf("one").settlePartial(
        { messages: continuePrompt(prompt, said.first + said.second), parameters: {} },
        text(said.third),
        null
      )
      const last = { ...noUsage, outputTokens: 7, costNanoDollars: 7 * 8_000 }
      assert.deepStrictEqual(yield* usage, [...lostUsage, third].reduce(addUsage, last))
    })
  )

  it.effect("is what its calls cost, where the answer is closed and nobody is asked again", () =>
    Effect.gen(function* () {
      const { lostUsage, usage, world } = yield* lost({ crashPolicy: "fail" })
      assert.deepStrictEqual(yield* usage, lostUsage.reduce(addUsage, noUsage))
      assert.lengthOf(world.provider.calls, 2)
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
