import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import { ProviderTruncated } from "@parley/domain/ProviderError"
import { continueInstruction } from "@parley/providers/routing/continuation"
import { makeMessageId, makeRunId } from "@parley/domain/Ids"
import { FoldingClient, logLines, settle, text, until } from "./harness.ts"
import { storeAway } from "./MemoryConversationStore.ts"
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

  it.effect("the next one's log lines of the run carry the id of the request that asked", () => {
    const { layer, lines } = logLines()
    return Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Tell me")
      ;(yield* world.provider.call(0)).say("Once upon")
      yield* TestClock.adjust(150)
      yield* world.crash
      const second = yield* world.provider.call(1)
      yield* second.fail(new ProviderTruncated({ provider: "scripted", model: "one", message: "cut" }))
      yield* settle
      const ofRun = lines.filter(({ annotations }) => annotations["runId"] === sent.run?.runId)
      assert.includeMembers(
        ofRun.map(({ message }) => [message].flat()[0]),
        ["A run was taken over", "An answer failed"]
      )
      for (const line of ofRun) assert.strictEqual(line.annotations["requestId"], world.caller.requestId, String(line.message))
    }).pipe(Effect.provide(layer))
  })

  it.effect("what the next one repeats of the partial answer is told once, and the bound on the answer is lowered by it", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create({ parameters: { maxOutputTokens: 100 } })
      const before = "The keeper counted seventeen ships before dawn and once upon a time "
      const sent = yield* world.send(id, "c1", "Tell me")
      ;(yield* world.provider.call(0)).say(`${before}there was`)
      yield* TestClock.adjust(150)
      yield* world.crash
      const second = yield* world.provider.call(1)
      assert.isBelow(second.request.parameters.maxOutputTokens ?? 100, 98)
      second.say("upon a time ", "there was", " a king")
      yield* second.complete()
      yield* settle
      assert.strictEqual(textOf((yield* world.message(id, sent.run?.messageId)).content), `${before}there was a king`)
    })
  )

  it.effect(
    "what the lost one writes into the journal at last, as it wakes, does not stand for what its successor has told",
    () =>
      Effect.gen(function* () {
        const world = yield* conversationWorld()
        const { id } = yield* world.create()
        const sent = yield* world.send(id, "c1", "Tell me")
        const { epoch, runId } = sent.run ?? assert.fail("no run")
        ;(yield* world.provider.call(0)).say("Frozen before")
        // Before its first words were journaled.
        yield* world.crash
        ;(yield* world.provider.call(1)).say("Once upon a time there was")
        yield* TestClock.adjust(200)
        const { tenantId } = world.caller
        const [start] = (yield* world.journal.read(tenantId, runId)).flatMap(({ events }) => events)
        if (start?.type !== "run-start") return assert.fail("no start is journaled")
        yield* world.journal.append([
          { tenantId, runId, epoch, seq: 1, count: 2, events: [start, { type: "text-delta", text: "Frozen before" }] }
        ])
        yield* world.crash
        const third = yield* world.provider.call(2)
        assert.deepStrictEqual(third.request.messages.at(1), { role: "assistant", content: text("Once upon a time there was") })
      })
  )

  it.effect("and its provider fails there too, the next target goes on from all that was told, and all calls are accounted", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create({ model: "both" })
      const sent = yield* world.send(id, "c1", "Tell me")
      const first = yield* world.provider.call(0)
      first.say("Once upon ")
      yield* TestClock.adjust(150)
      yield* world.crash

      const second = yield* world.provider.call(1)
      assert.strictEqual(second.request.model, "one")
      second.say("a time ")
      yield* second.fail(new ProviderTruncated({ provider: "scripted", model: "one", message: "cut" }))
      const third = yield* world.provider.call(2)
      assert.strictEqual(third.request.model, "two")
      assert.deepStrictEqual(
        third.request.messages.map(({ content, role }) => [role, textOf(content)]),
        [
          ["user", "Tell me"],
          ["assistant", "Once upon a time "],
          ["user", continueInstruction("Once upon a time ")]
        ]
      )
      third.say("there was a king")
      yield* third.complete()
      yield* settle
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(textOf(stored.content), "Once upon a time there was a king")
      assert.strictEqual(stored.status, "complete")
      // Seven tokens of the last call as it told them, and what the lost one and the broken one are counted as.
      assert.isAbove(stored.usage?.outputTokens ?? 0, 7)
      assert.isTrue(stored.usage?.isEstimated)
    })
  )

  it.effect("and what it says there can no longer be sewn together, the answer begins again and says so", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create({ model: "both" })
      const sent = yield* world.send(id, "c1", "Tell me")
      ;(yield* world.provider.call(0)).say("Let me see. ")
      yield* TestClock.adjust(150)
      yield* world.crash
      const second = yield* world.provider.call(1)
      const client = new FoldingClient(() => sent.run?.runId)
      const follower = yield* world.follow(id, client.port)
      yield* follower.subscribe(sent.run?.runId ?? assert.fail(), {})
      second.emit({ type: "tool-call-delta", index: 0, id: "c", name: "f", arguments: "{" })
      yield* second.fail(new ProviderTruncated({ provider: "scripted", model: "one", message: "cut" }))
      const third = yield* world.provider.call(2)
      assert.deepStrictEqual(third.request.messages, [{ role: "user", content: text("Tell me") }])
      third.say("From the beginning")
      yield* third.complete()
      yield* until("terminal", () => client.terminals.length > 0)
      assert.strictEqual(client.text, "From the beginning")
      assert.deepStrictEqual((yield* world.message(id, sent.run?.messageId)).content, text("From the beginning"))
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

  it.effect("a restart of every runner, over and over, closes no answer to which each owner adds", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Count")
      for (let n = 0; n < 8; n++) {
        ;(yield* world.provider.call(n)).say(`${n} `)
        yield* TestClock.adjust(150)
        yield* world.crash
      }
      yield* (yield* world.provider.call(8)).complete()
      yield* settle
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(stored.status, "complete")
      assert.strictEqual(textOf(stored.content), "0 1 2 3 4 5 6 7 ")
    })
  )

  it.effect("an answer whose owners are lost before they add to it is closed after three of them", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Count")
      ;(yield* world.provider.call(0)).say("one")
      yield* TestClock.adjust(150)
      yield* world.crash
      for (let n = 1; n <= 3; n++) {
        yield* world.provider.call(n)
        // At once: what it wrote of itself is all that remains.
        yield* world.crash
      }
      yield* settle
      assert.strictEqual(world.provider.calls.length, 4)
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(stored.status, "failed")
      assert.strictEqual(textOf(stored.content), "one")
    })
  )

  it.effect("a store that is away at the start is asked again until it is there", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      yield* world.send(id, "c1", "Tell me")
      yield* world.provider.call(0)
      world.store.next("openRuns", storeAway, storeAway)
      yield* world.crash
      yield* settle
      assert.strictEqual(world.provider.calls.length, 1)
      yield* TestClock.adjust(4_000)
      yield* world.provider.call(1)
    })
  )

  it.effect("a conversation that cannot be woken does not keep the others from it", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ takeOversAtOnce: 1 })
      for (const n of [0, 1]) {
        const { id } = yield* world.create()
        yield* world.send(id, "c1", "Tell me")
        yield* world.provider.call(n)
      }
      world.store.next("takeOverRun", Effect.die(new Error("a bug")), Effect.void, Effect.die(new Error("a bug")))
      yield* world.crash
      yield* world.provider.call(2)
      yield* TestClock.adjust(100)
      yield* settle
      assert.strictEqual(world.provider.calls.length, 3, "its delay doubles")
      yield* TestClock.adjust(200)
      yield* world.provider.call(3)
    })
  )

  it.effect("a run that a crash between two left behind is closed, and the newest goes on", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const old = yield* world.send(id, "c1", "Old")
      ;(yield* world.provider.call(0)).say("Something")
      yield* TestClock.adjust(150)
      const row = world.store.row({ tenantId: world.caller.tenantId, conversationId: id }) ?? assert.fail()
      const stored = row.runs.get(old.run?.runId ?? assert.fail()) ?? assert.fail()
      const next = { ...stored, runId: yield* makeRunId, messageId: yield* makeMessageId }
      const empty = row.messages.get(stored.messageId) ?? assert.fail()
      row.runs.set(next.runId, next)
      row.messages.set(next.messageId, { ...empty, id: next.messageId, runId: next.runId })
      yield* world.crash
      const call = yield* world.provider.call(1)
      yield* call.complete()
      yield* settle
      const closed = yield* world.message(id, stored.messageId)
      assert.strictEqual(closed.status, "failed")
      assert.strictEqual(textOf(closed.content), "Something")
      assert.strictEqual((yield* world.message(id, next.messageId)).status, "complete")
    })
  )
})

describe("waiting for the answers of a process", () => {
  it.effect("ends with the last of them, or with its time", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      assert.isTrue(yield* world.running.awaitIdle(1_000))
      const { id } = yield* world.create()
      yield* world.send(id, "c1", "Tell me")
      const call = yield* world.provider.call(0)
      const short = yield* Effect.forkChild(world.running.awaitIdle(1_000))
      const long = yield* Effect.forkChild(world.running.awaitIdle(60_000))
      yield* settle
      yield* TestClock.adjust(1_000)
      assert.isFalse(yield* Fiber.join(short))
      yield* call.complete()
      assert.isTrue(yield* Fiber.join(long))
    })
  )
})
