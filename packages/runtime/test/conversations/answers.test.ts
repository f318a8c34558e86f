import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import { makeConversationId, makePrincipalId, makeRunId } from "@parley/domain/Ids"
import { ProviderTruncated } from "@parley/domain/ProviderError"
import { as, clientMessageId, FoldingClient, logLines, makeCaller, newCaller, settle, text, until } from "./harness.ts"
import { storeAway } from "./MemoryConversationStore.ts"
import { conversationWorld } from "./world.ts"

describe("an answer", () => {
  it.effect("is stored as it was told, with one terminal, and its room hears of it", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const conversation = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(conversation.id, client.port)
      yield* follower.subscribeRoom()
      const accepted = yield* world.send(conversation.id, "c1", "Hello?")
      assert.isNotNull(accepted.run)
      assert.isFalse(accepted.duplicate)
      const call = yield* world.provider.call(0)
      assert.deepStrictEqual(call.request.messages, [{ role: "user", content: text("Hello?") }])
      call.say("Hel")
      assert.strictEqual(client.text, "Hel", "the first words go at once")
      call.say("lo")
      call.say(" there")
      assert.strictEqual(client.text, "Hel")
      world.loop.turn()
      assert.strictEqual(client.text, "Hello there", "the rest once per turn")
      call.say("!")
      call.emit({ type: "tool-call", index: 0, id: "t1", name: "look", arguments: "{}" })
      assert.strictEqual(client.content.length, 2, "a tool call at once, with all before it")
      yield* call.complete("tool-calls")
      yield* until("terminal", () => client.terminals.length > 0)
      assert.deepStrictEqual(client.terminals, [{ type: "run-complete", finishReason: "tool-calls" }])
      const stored = yield* world.message(conversation.id, accepted.run?.messageId)
      assert.deepStrictEqual(stored.content, client.content)
      assert.strictEqual(stored.lastSeq, client.last)
      assert.strictEqual(stored.status, "complete")
      assert.strictEqual(stored.usage?.outputTokens, 7)
      assert.deepStrictEqual(client.state?.usage, stored.usage)
      const seqs = client.roomFrames.flatMap((frame) => (frame.type === "room" ? [frame.seq] : []))
      assert.deepStrictEqual(seqs, [1, 2, 3, 4])
      assert.deepInclude(yield* world.as(world.conversations.run(conversation.id, accepted.run?.runId ?? assert.fail())), {
        status: "complete"
      })
    })
  )

  it.effect("is asked with the system prompt, the branch it is on, and parameters over the conversation's own", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create({ systemPrompt: "Be brief", parameters: { temperature: 1, seed: 3 } })
      const first = yield* world.send(id, "c1", "One")
      const call = yield* world.provider.call(0)
      call.say("1")
      yield* call.complete()
      yield* settle
      yield* world.as(
        world.conversations.send(id, {
          clientMessageId: clientMessageId("c2"),
          content: text("Two"),
          model: "scripted/two",
          parameters: { temperature: 0 }
        })
      )
      const second = yield* world.provider.call(1)
      assert.deepStrictEqual(second.request, {
        model: "two",
        messages: [
          { role: "system", content: text("Be brief") },
          { role: "user", content: text("One") },
          { role: "assistant", content: text("1") },
          { role: "user", content: text("Two") }
        ],
        parameters: { temperature: 0, seed: 3 }
      })
      yield* second.complete()
      yield* settle
      const messageId = first.messageId
      const edited = yield* world.as(
        world.conversations.edit(id, { clientMessageId: clientMessageId("c3"), messageId, content: text("Uno") })
      )
      const third = yield* world.provider.call(2)
      assert.deepStrictEqual(third.request.messages.slice(1), [{ role: "user", content: text("Uno") }])
      assert.notStrictEqual(edited.messageId, messageId)
      yield* third.complete()
      yield* settle
      const answer = first.run?.messageId ?? assert.fail()
      const again = yield* world.as(
        world.conversations.regenerate(id, { clientMessageId: clientMessageId("c4"), messageId: answer })
      )
      assert.strictEqual(again.messageId, messageId)
      const fourth = yield* world.provider.call(3)
      assert.deepStrictEqual(fourth.request.messages.slice(1), [{ role: "user", content: text("One") }])
    })
  )

  it.effect("that fails keeps what was told, with the code of its error", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      yield* follower.subscribeRoom()
      const sent = yield* world.send(id, "c1", "Hello")
      const call = yield* world.provider.call(0)
      call.say("Half an")
      yield* call.fail(new ProviderTruncated({ provider: "scripted", model: "one", message: "cut" }))
      yield* until("terminal", () => client.terminals.length > 0)
      assert.deepStrictEqual(client.terminals, [{ type: "run-fail", code: "provider_truncated", message: "cut" }])
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(textOf(stored.content), "Half an")
      assert.strictEqual(stored.status, "failed")
    })
  )

  it.effect("that is cancelled by any member stops its provider, keeps its text, and a second cancel says the same", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const other = yield* world.join(id)
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      yield* follower.subscribeRoom()
      const sent = yield* world.send(id, "c1", "Hello")
      const runId = sent.run?.runId ?? assert.fail()
      const call = yield* world.provider.call(0)
      call.say("Half an")
      const stand = yield* as(other)(world.conversations.cancel(id, runId))
      assert.isTrue(call.isAborted())
      call.say(" answer")
      assert.strictEqual(stand.status, "cancelled")
      assert.deepStrictEqual(client.terminals, [{ type: "run-cancel" }])
      assert.deepStrictEqual(yield* world.as(world.conversations.cancel(id, runId)), stand)
      assert.strictEqual(textOf((yield* world.message(id, sent.run?.messageId)).content), "Half an")
      const next = yield* world.send(id, "c2", "And now?")
      assert.isNotNull(next.run)
      const second = yield* world.provider.call(1)
      assert.deepStrictEqual(second.request.messages.at(1), { role: "assistant", content: text("Half an") })
    })
  )

  it.effect("goes on when nobody is connected, and its actor is not evicted while it lasts", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ passivateAfterMs: 10_000 })
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "A long one")
      const call = yield* world.provider.call(0)
      for (let i = 0; i < 10; i++) {
        yield* TestClock.adjust(30_000)
        call.say(`${i} `)
      }
      assert.isFalse(call.isAborted())
      yield* call.complete()
      yield* settle
      assert.strictEqual(textOf((yield* world.message(id, sent.run?.messageId)).content), "0 1 2 3 4 5 6 7 8 9 ")
      assert.strictEqual(world.store.calls.filter((method) => method === "load").length, 3)
      yield* TestClock.adjust(60_000)
      yield* world.send(id, "c2", "Still there?")
      assert.isAbove(world.store.calls.filter((method) => method === "load").length, 4, "idle it left memory, and was read again")
    })
  )

  it.effect("whose question cannot be read for a moment is still given", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      yield* world.send(id, "c1", "Hello")
      yield* (yield* world.provider.call(0)).complete()
      yield* settle
      yield* world.crash
      world.store.next("path", storeAway, storeAway)
      yield* world.send(id, "c2", "Hello again")
      yield* settle
      yield* TestClock.adjust(1_000)
      yield* world.provider.call(1)
      assert.strictEqual(world.store.calls.filter((method) => method === "path").length, 3)
    })
  )

  it.effect("needs no reading when the last one is remembered, which long ones are not", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ maxKnownPathChars: 100 })
      const { id } = yield* world.create()
      const turn = (n: number, question: string, reply: string) =>
        Effect.gen(function* () {
          yield* world.send(id, `c${n}`, question)
          const call = yield* world.provider.call(n)
          call.say(reply)
          yield* call.complete()
          yield* settle
          const reads = world.store.calls.filter((method) => method === "path").length
          return { asked: call.request.messages.map(({ content }) => content), reads }
        })
      assert.deepStrictEqual(yield* turn(0, "one", "1"), { asked: [text("one")], reads: 0 })
      const second = { asked: [text("one"), text("1"), text("two")], reads: 0 }
      assert.deepStrictEqual(yield* turn(1, "two", "2".repeat(100)), second)
      const third = yield* turn(2, "three", "3")
      assert.strictEqual(third.reads, 1)
      assert.deepStrictEqual(third.asked, [...second.asked, text("2".repeat(100)), text("three")])
    })
  )
})

describe("what a conversation refuses", () => {
  it.effect("anything of one who is not a member, as if there were none", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Hello")
      const runId = sent.run?.runId ?? assert.fail()
      const { conversations } = world
      const sameTenant = makeCaller(world.caller.tenantId, yield* makePrincipalId)
      const otherTenant = { ...(yield* newCaller), principalId: world.caller.principalId }
      const command = { clientMessageId: clientMessageId("x"), content: text("Hi") }
      const { messageId } = sent
      const port = new FoldingClient().port
      for (const stranger of [sameTenant, otherTenant]) {
        const asks = [
          conversations.get(id),
          conversations.messages(id, {}),
          conversations.members(id),
          conversations.run(id, runId),
          conversations.send(id, command),
          conversations.regenerate(id, { ...command, messageId }),
          conversations.edit(id, { ...command, messageId }),
          conversations.cancel(id, runId),
          conversations.update(id, { title: "mine" }),
          conversations.remove(id),
          conversations.addMember(id, stranger.principalId),
          conversations.removeMember(id, world.caller.principalId),
          Effect.scoped(conversations.follow(id, port))
        ]
        for (const ask of asks) {
          const error = yield* Effect.flip(as(stranger)(ask))
          assert.deepInclude(error, { _tag: "NotFound", resource: id })
        }
      }
    })
  )

  it.effect("a second question while it answers, but not a remark to the others, nor a repeated send", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Hello")
      assert.strictEqual((yield* Effect.flip(world.send(id, "c2", "And?")))._tag, "Conflict")
      assert.deepStrictEqual(yield* world.send(id, "c1", "Hello"), { ...sent, duplicate: true })
      const remark = yield* world.as(
        world.conversations.send(id, {
          clientMessageId: clientMessageId("c3"),
          content: text("hm"),
          reply: false,
          model: "nothing/at-all"
        })
      )
      assert.isNull(remark.run)
      assert.strictEqual(world.provider.calls.length, 1)
    })
  )

  it.effect("unknown models, runs and conversations", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const command = { clientMessageId: clientMessageId("c"), content: text("Hi"), model: "nobody/none" }
      assert.strictEqual((yield* Effect.flip(world.as(world.conversations.send(id, command))))._tag, "ModelNotFound")
      assert.strictEqual((yield* Effect.flip(world.create({ model: "nobody/none" })))._tag, "ModelNotFound")
      assert.strictEqual(
        (yield* Effect.flip(world.as(world.conversations.update(id, { model: "nobody/none" }))))._tag,
        "ModelNotFound"
      )
      const runId = yield* makeRunId
      assert.strictEqual((yield* Effect.flip(world.as(world.conversations.cancel(id, runId))))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(world.as(world.conversations.run(id, runId))))._tag, "NotFound")
      const unknown = yield* makeConversationId
      assert.strictEqual((yield* Effect.flip(world.send(unknown, "c", "Hi")))._tag, "NotFound")
      assert.strictEqual((yield* world.as(world.conversations.get(id))).model, "scripted/one", "the first chat model")
    })
  )

  it.effect("what it cannot store now: nothing was done, or the same id will tell", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      world.store.next("load", storeAway)
      assert.strictEqual((yield* Effect.flip(world.send(id, "c", "Hi")))._tag, "Unavailable")
      world.store.next("acceptSend", storeAway)
      assert.strictEqual((yield* Effect.flip(world.send(id, "c", "Hi")))._tag, "Unavailable")
      assert.isFalse((yield* world.send(id, "c", "Hi")).duplicate)
    })
  )

  it.effect("more commands than its mailbox holds, and answers the rest when it can", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ mailboxCapacity: 4 })
      const { id } = yield* world.create()
      yield* world.as(world.conversations.update(id, { title: "awake" }))
      world.store.next("update", Effect.sleep(1_000))
      const asks = yield* Effect.forEach(Array.from({ length: 10 }), (_, n) =>
        Effect.forkChild(Effect.exit(world.as(world.conversations.update(id, { title: `${n}` }))))
      )
      yield* settle
      yield* TestClock.adjust(1_000)
      const exits = yield* Effect.forEach(asks, Fiber.join)
      const busy = exits.filter((exit) => exit._tag === "Failure" && String(exit.cause).includes("Busy"))
      assert.strictEqual(busy.length, 6)
      assert.strictEqual(exits.filter((exit) => exit._tag === "Success").length, 4)
    })
  )

  it.effect("to be waited for longer than its time: the work may have happened", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ commandTimeoutMs: 1_000 })
      const { id } = yield* world.create()
      world.store.next("acceptSend", Effect.sleep(5_000))
      const asked = yield* Effect.forkChild(Effect.flip(world.send(id, "c", "Hi")))
      yield* settle
      yield* TestClock.adjust(1_000)
      assert.deepInclude(yield* Fiber.join(asked), { _tag: "Unavailable", workMayHaveHappened: true })
      yield* TestClock.adjust(4_000)
      assert.isTrue((yield* world.send(id, "c", "Hi")).duplicate)
      yield* world.provider.call(0)
    })
  )
})

describe("what an operator sees of a run", () => {
  it.effect("its span is beneath the request's, and its log lines carry the request id", () => {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const { layer, lines } = logLines()
    return Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c", "Hi").pipe(Effect.withSpan("socket.send"))
      const call = yield* world.provider.call(0)
      yield* call.fail(new ProviderTruncated({ provider: "scripted", model: "one", message: "cut" }))
      yield* settle
      const request = spans.find(({ name }) => name === "socket.send")
      const run = spans.find(({ name }) => name === "conversation.run")
      assert.strictEqual(run?.traceId, request?.traceId)
      assert.strictEqual(run?.attributes.get("runId"), sent.run?.runId)
      const annotations = lines.find((line) => line.annotations["runId"] === sent.run?.runId)?.annotations
      assert.strictEqual(annotations?.["requestId"], world.caller.requestId)
      assert.strictEqual(annotations?.["conversationId"], id)
    }).pipe(Effect.provideService(Tracer.Tracer, tracer), Effect.provide(layer))
  })
})
