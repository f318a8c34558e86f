import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import { FoldingClient, settle, text, until } from "./harness.ts"
import { conversationWorld } from "./world.ts"

describe("after the process was killed", () => {
  it.effect("the next one takes the journal as the partial answer and goes on, unasked", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create({ systemPrompt: "Be kind" })
      const sent = yield* world.send(id, "c1", "Tell me")
      const first = yield* world.provider.call(0)
      first.say("Once upon")
      world.loop.turn()
      yield* TestClock.adjust(200)
      yield* world.crash
      assert.isTrue(first.isAborted())

      const second = yield* world.provider.call(1)
      assert.deepStrictEqual(second.request.messages.slice(0, 3), [
        { role: "system", content: text("Be kind") },
        { role: "user", content: text("Tell me") },
        { role: "assistant", content: text("Once upon") }
      ])
      assert.strictEqual(second.request.messages.at(3)?.role, "user")
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      const { epoch, runId } = sent.run ?? assert.fail("no run")
      yield* follower.subscribe(runId, { epoch, afterSeq: 2 })
      assert.strictEqual(client.text, "Once upon")
      assert.notStrictEqual(client.epoch, epoch)
      second.say(" a time")
      yield* second.complete()
      yield* until("terminal", () => client.terminals.length > 0)
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(textOf(stored.content), "Once upon a time")
      assert.strictEqual(client.text, "Once upon a time")
      assert.strictEqual(stored.lastSeq, client.last)
    })
  )

  it.effect("by the policy `fail` the answer is closed with what the journal has", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ crashPolicy: "fail" })
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Tell me")
      const first = yield* world.provider.call(0)
      first.say("Once upon")
      yield* TestClock.adjust(150)
      world.loop.turn()
      first.say(", lost with the process")
      world.loop.turn()
      yield* world.crash
      yield* settle
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(stored.status, "failed")
      assert.strictEqual(stored.error?.code, "unavailable")
      assert.strictEqual(textOf(stored.content), "Once upon")
      assert.strictEqual(world.provider.calls.length, 1)
    })
  )

  it.effect("an answer that had called a tool, or must be JSON, is asked for again from its beginning", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create({ parameters: { responseFormat: { type: "json" } } })
      const sent = yield* world.send(id, "c1", "As JSON")
      ;(yield* world.provider.call(0)).say('{"a":')
      yield* world.crash
      const second = yield* world.provider.call(1)
      assert.deepStrictEqual(second.request.messages, [{ role: "user", content: text("As JSON") }])
      second.say("{}")
      yield* second.complete()
      yield* settle
      assert.strictEqual(textOf((yield* world.message(id, sent.run?.messageId)).content), "{}")
    })
  )

  it.effect("an answer too old to be still awaited is closed, not asked for again", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ takeOverMaxAgeMs: 1_000 })
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Tell me")
      ;(yield* world.provider.call(0)).say("Old")
      yield* TestClock.adjust(2_000)
      yield* world.crash
      yield* settle
      assert.strictEqual((yield* world.message(id, sent.run?.messageId)).status, "failed")
      assert.strictEqual(world.provider.calls.length, 1)
    })
  )

  it.effect("twice in a row, nothing is lost and nothing is told twice", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Count")
      for (const [n, words] of ["one ", "two ", "three"].entries()) {
        const call = yield* world.provider.call(n)
        call.say(words)
        yield* TestClock.adjust(150)
        if (n < 2) yield* world.crash
        else yield* call.complete()
      }
      yield* settle
      assert.strictEqual(textOf((yield* world.message(id, sent.run?.messageId)).content), "one two three")
    })
  )
})
