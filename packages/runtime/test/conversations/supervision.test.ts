import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { textOf } from "@parley/domain/Content"
import { clientMessageId, FoldingClient, logLines, settle, text, until } from "./harness.ts"
import { storeAway } from "./MemoryConversationStore.ts"
import { conversationWorld } from "./world.ts"

describe("supervision of conversations", () => {
  it.effect("a defect in the middle of a run restarts that conversation alone, and its answer goes on in a new epoch", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const broken = yield* world.create()
      const healthy = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(broken.id, client.port)
      yield* follower.subscribeRoom()
      const sent = yield* world.send(broken.id, "c1", "Tell me")
      const first = yield* world.provider.call(0)
      first.say("Once")
      first.say(" upon")
      world.loop.turn()
      yield* TestClock.adjust(150)
      first.say(" a")
      world.loop.turn()
      assert.strictEqual(client.text, "Once upon a")
      const epoch = client.epoch

      yield* first.die(new Error("a bug"))
      yield* settle
      const refused = yield* Effect.flip(world.send(broken.id, "c2", "And?"))
      assert.strictEqual(refused._tag, "Unavailable")
      const other = yield* world.send(healthy.id, "c1", "Hello")
      assert.isNotNull(other.run, "the others answer on")

      yield* TestClock.adjust(100)
      const second = yield* world.provider.call(2)
      assert.notStrictEqual(client.epoch, epoch)
      assert.strictEqual(client.text, "Once upon a", "what was said before the defect is kept")
      const asked = second.request.messages
      assert.strictEqual(asked.at(-2)?.role, "assistant")
      assert.deepStrictEqual(asked.at(-2)?.content, text("Once upon a"))
      second.say(" time")
      yield* second.complete()
      yield* until("terminal", () => client.terminals.length > 0)
      const stored = yield* world.message(broken.id, sent.run?.messageId)
      assert.strictEqual(textOf(stored.content), "Once upon a time")
      assert.strictEqual(client.text, "Once upon a time")
      assert.strictEqual(client.terminals.length, 1)
      assert.strictEqual(stored.lastSeq, client.last)
      const reasons = client.frames.flatMap((frame) =>
        frame.type === "delta" ? frame.events.filter((event) => event.type === "provider-switch") : []
      )
      assert.deepStrictEqual(reasons, [
        { type: "provider-switch", from: "scripted/one", to: "scripted/one", reason: "owner restarted" }
      ])
    })
  )

  it.effect("is logged with the id of the conversation and the cause", () => {
    const { layer, lines } = logLines()
    return Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      world.store.next("acceptSend", Effect.die(new Error("a bug in a transaction")))
      const error = yield* Effect.flip(world.send(id, "c1", "Hello"))
      assert.strictEqual(error._tag, "InternalError")
      const line = lines.find(({ message }) => String(message).includes("had a defect"))
      assert.strictEqual(line?.annotations["conversationId"], id)
      assert.strictEqual(line?.annotations["requestId"], world.caller.requestId)
    }).pipe(Effect.provide(layer))
  })

  it.effect("each defect in a row doubles that conversation's own delay, and a calm minute forgets them", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const other = yield* world.create()
      for (const delayMs of [100, 200, 400]) {
        world.store.next("acceptSend", Effect.die(new Error("a bug")))
        assert.strictEqual((yield* Effect.flip(world.send(id, "c", "Hello")))._tag, "InternalError")
        yield* TestClock.adjust(delayMs - 1)
        const early = yield* Effect.flip(world.send(id, "c", "Hello"))
        assert.deepInclude(early, { _tag: "Unavailable", retryAfterMs: 1, workMayHaveHappened: false })
        const remark = { clientMessageId: clientMessageId(`c${delayMs}`), content: text("Hello"), reply: false }
        yield* world.as(world.conversations.send(other.id, remark))
        yield* TestClock.adjust(1)
      }
      yield* TestClock.adjust(60_001)
      world.store.next("acceptSend", Effect.die(new Error("a bug")))
      yield* Effect.flip(world.send(id, "c", "Hello"))
      yield* TestClock.adjust(100)
      assert.isNotNull((yield* world.send(id, "c", "Hello")).run)
    })
  )

  it.effect("a run that kills its owner again and again is closed as failed, with what was written", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld({ maxTakeOversPerRun: 2 })
      const { id } = yield* world.create()
      const sent = yield* world.send(id, "c1", "Hello")
      for (let n = 0; n < 3; n++) {
        const call = yield* world.provider.call(n)
        call.say(`part ${n} `)
        yield* call.die(new Error("poison"))
        yield* settle
        yield* TestClock.adjust(10_000)
      }
      yield* settle
      assert.strictEqual(world.provider.calls.length, 3)
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(stored.status, "failed")
      assert.strictEqual(stored.error?.code, "internal")
      assert.strictEqual(textOf(stored.content), "part 0 part 1 part 2 ")
      assert.isNotNull((yield* world.send(id, "c2", "Again")).run, "and the conversation can be used again")
    })
  )

  it.effect("an end that cannot be stored is kept and tried again, and told only when it is stored", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      yield* follower.subscribeRoom()
      const sent = yield* world.send(id, "c1", "Hello")
      const call = yield* world.provider.call(0)
      call.say("An answer")
      world.store.next("closeRun", storeAway, storeAway, storeAway)
      yield* call.complete()
      yield* settle
      assert.strictEqual(client.terminals.length, 0)
      assert.strictEqual(client.text, "An answer")
      assert.strictEqual(yield* world.running.count, 1)
      yield* TestClock.adjust(100)
      yield* TestClock.adjust(200)
      assert.strictEqual(client.terminals.length, 0)
      yield* TestClock.adjust(400)
      yield* until("terminal", () => client.terminals.length > 0)
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.strictEqual(stored.lastSeq, client.last)
      assert.isTrue(yield* world.running.awaitIdle(0))
    })
  )

  it.effect("ends that cannot be stored are one warning, then one in ten seconds that says how many more there were", () => {
    const { layer, lines } = logLines()
    return Effect.gen(function* () {
      const world = yield* conversationWorld()
      const warned = () =>
        lines.flatMap(({ annotations, message }) =>
          String(message).includes("could not be stored") ? [annotations["count"] ?? "first"] : []
        )
      const endThatIsTriedAgain = Effect.gen(function* () {
        const n = world.provider.calls.length
        const { id } = yield* world.create()
        yield* world.send(id, "c1", "Hello")
        const call = yield* world.provider.call(n)
        world.store.next("closeRun", storeAway)
        yield* call.complete()
        yield* settle
      })
      for (let n = 0; n < 4; n++) yield* endThatIsTriedAgain
      assert.deepStrictEqual(warned(), ["first"])
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual(warned(), ["first", 3])
      assert.isTrue(yield* world.running.awaitIdle(0), "all are stored")
      yield* endThatIsTriedAgain
      yield* TestClock.adjust(10_000)
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual(warned(), ["first", 3, 1])
      yield* endThatIsTriedAgain
      assert.deepStrictEqual(warned(), ["first", 3, 1, "first"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("an end whose commit was not answered is not lost and not told twice", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      const client = new FoldingClient()
      const follower = yield* world.follow(id, client.port)
      yield* follower.subscribeRoom()
      const sent = yield* world.send(id, "c1", "Hello")
      const call = yield* world.provider.call(0)
      call.say("An answer")
      world.store.nextAfterCommit("closeRun", storeAway)
      yield* call.complete()
      yield* settle
      yield* TestClock.adjust(100)
      yield* until("terminal", () => client.terminals.length > 0)
      assert.deepStrictEqual(client.terminals, [{ type: "run-complete", finishReason: "stop" }])
      const stored = yield* world.message(id, sent.run?.messageId)
      assert.deepStrictEqual(client.content, stored.content)
      yield* until("the room hears of it", () =>
        client.roomFrames.some((frame) => frame.type === "room" && frame.event.type === "message-closed")
      )
      assert.isNotNull((yield* world.send(id, "c2", "Next")).run)
    })
  )

  it.effect("a send whose commit was not answered is found again by its retry, and its run is taken up", () =>
    Effect.gen(function* () {
      const world = yield* conversationWorld()
      const { id } = yield* world.create()
      world.store.nextAfterCommit("acceptSend", storeAway)
      const error = yield* Effect.flip(world.send(id, "c1", "Hello"))
      assert.deepInclude(error, { _tag: "Unavailable", workMayHaveHappened: true })
      const again = yield* world.send(id, "c1", "Hello")
      assert.isTrue(again.duplicate)
      const call = yield* world.provider.call(0)
      call.say("Here")
      yield* call.complete()
      yield* settle
      const stored = yield* world.message(id, again.run?.messageId)
      assert.strictEqual(textOf(stored.content), "Here")
      assert.strictEqual(world.provider.calls.length, 1)
    })
  )
})
