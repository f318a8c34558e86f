import { initialRunState } from "@parley/domain/foldRun"
import { makeConversationId, makeEpoch, makeMessageId, makeRunId } from "@parley/domain/Ids"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { RunLog } from "../../src/conversations/RunLog.ts"
import { WatchOutbox } from "../../src/conversations/WatchOutbox.ts"
import { ManualLoop } from "./ManualLoop.ts"

const limits = { ...defaultConversationLimits, watchWindowMs: 40, watchBurst: 3, watchHeartbeatMs: 5_000 }
const setUp = Effect.map(makeConversationId, (id) => {
  const loop = new ManualLoop()
  return { loop, outbox: new WatchOutbox(id, limits, loop, () => {}) }
})

/** Somebody waits for the next batch. */
const waitsFor = (outbox: WatchOutbox) => Effect.forkChild(outbox.take, { startImmediately: true })
const take = (loop: ManualLoop, outbox: WatchOutbox) =>
  Effect.flatMap(waitsFor(outbox), (taking) => {
    loop.turn()
    return Fiber.join(taking)
  })

describe("what leaves for a gateway", () => {
  it.effect("goes at once after a pause, for a burst of batches", () =>
    Effect.gen(function* () {
      const { loop, outbox } = yield* setUp
      for (const frame of ["accepted", "run-start", "first token"]) {
        outbox.port.send(frame)
        assert.deepStrictEqual(yield* take(loop, outbox), { frames: [frame] })
      }
    })
  )

  it.effect("is what one turn has to say, also when it is waited for already", () =>
    Effect.gen(function* () {
      const { loop, outbox } = yield* setUp
      const taking = yield* waitsFor(outbox)
      for (const frame of ["question", "answer", "run-start"]) outbox.port.send(frame)
      assert.isUndefined(taking.pollUnsafe())
      loop.turn()
      assert.deepStrictEqual(yield* Fiber.join(taking), { frames: ["question", "answer", "run-start"] })
    })
  )

  it.effect("is the beginning of a run together with its first words, unless they do not come soon", () =>
    Effect.gen(function* () {
      const { loop, outbox } = yield* setUp
      const begin = Effect.gen(function* () {
        const identity = { conversationId: yield* makeConversationId, runId: yield* makeRunId, epoch: yield* makeEpoch }
        const messageId = yield* makeMessageId
        const log = new RunLog(identity, initialRunState(messageId, "m"), 0, limits)
        log.attach({ deliver: outbox.port.send })
        log.append({ type: "run-start", messageId, model: "m" })
        log.flush()
        const taking = yield* waitsFor(outbox)
        loop.advance(limits.watchGatherMs - 1)
        assert.isUndefined(taking.pollUnsafe())
        return { log, taking }
      })

      const soon = yield* begin
      soon.log.appendText("At once")
      soon.log.flush()
      // Not even the rest of the turn is waited for.
      assert.strictEqual((yield* Fiber.join(soon.taking)).frames.length, 2)

      const late = yield* begin
      loop.advance(1)
      assert.strictEqual((yield* Fiber.join(late.taking)).frames.length, 1)
      late.log.appendText("Later")
      late.log.flush()
      assert.strictEqual((yield* take(loop, outbox)).frames.length, 1)
    })
  )

  it.effect("is gathered for a window once the burst is spent, and goes at once again after a pause", () =>
    Effect.gen(function* () {
      const { loop, outbox } = yield* setUp
      for (let batch = 0; batch < limits.watchBurst; batch++) {
        outbox.port.send("early")
        yield* take(loop, outbox)
      }
      outbox.port.send("a")
      const taking = yield* waitsFor(outbox)
      loop.advance(limits.watchWindowMs - 1)
      outbox.port.send("b")
      loop.turn()
      assert.isUndefined(taking.pollUnsafe())
      loop.advance(1)
      assert.deepStrictEqual(yield* Fiber.join(taking), { frames: ["a", "b"] })

      loop.advance(limits.watchWindowMs)
      outbox.port.send("c")
      assert.deepStrictEqual(yield* take(loop, outbox), { frames: ["c"] })
    })
  )

  it.effect("is an empty sign of life when there was no news for long", () =>
    Effect.gen(function* () {
      const { loop, outbox } = yield* setUp
      const taking = yield* waitsFor(outbox)
      loop.advance(limits.watchHeartbeatMs)
      assert.deepStrictEqual(yield* Fiber.join(taking), { frames: [] })
    })
  )

  it.effect("is everything that was said before the end, and then the end, which waits for nothing", () =>
    Effect.gen(function* () {
      const { loop, outbox } = yield* setUp
      const taking = yield* waitsFor(outbox)
      outbox.port.send("the last")
      outbox.port.close(CloseCode.gone, "The conversation is no more")
      loop.turn()
      assert.deepStrictEqual(yield* Fiber.join(taking), { frames: ["the last"] })
      const end = yield* waitsFor(outbox)
      loop.turn()
      const exit = yield* Fiber.await(end)
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(loop.pendingTimers, 0)
    })
  )

  it.effect("waits, with its timer taken back, when its taker goes away", () =>
    Effect.gen(function* () {
      const { loop, outbox } = yield* setUp
      const gone = yield* waitsFor(outbox)
      outbox.port.send("kept")
      yield* Fiber.interrupt(gone)
      loop.turn()
      assert.strictEqual(loop.pendingTimers, 0)
      assert.isAbove(outbox.port.bufferedBytes(), 0)
      assert.deepStrictEqual(yield* take(loop, outbox), { frames: ["kept"] })
      assert.strictEqual(outbox.port.bufferedBytes(), 0)
    })
  )
})
