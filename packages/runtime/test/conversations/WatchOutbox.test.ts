import { initialRunState } from "@parley/domain/foldRun"
import { makeConversationId, makeEpoch, makeMessageId, makeRunId } from "@parley/domain/Ids"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { defaultConversationLimits } from "../../src/conversations/ConversationLimits.ts"
import { RunLog } from "../../src/conversations/RunLog.ts"
import { WatchOutbox } from "../../src/conversations/WatchOutbox.ts"

const limits = { ...defaultConversationLimits, watchWindowMs: 40, watchBurst: 3, watchHeartbeatMs: 5_000 }
const makeOutbox = Effect.map(makeConversationId, (id) => new WatchOutbox(id, limits, () => {}))

describe("what leaves for a gateway", () => {
  it.effect("goes at once after a pause, for a burst of batches", () =>
    Effect.gen(function* () {
      const outbox = yield* makeOutbox
      for (const frame of ["accepted", "run-start", "first token"]) {
        outbox.port.send(frame)
        assert.deepStrictEqual(yield* outbox.take, { frames: [frame] })
      }
    })
  )

  it.effect("is what one turn has to say, also when it is waited for already", () =>
    Effect.gen(function* () {
      const outbox = yield* makeOutbox
      const taking = yield* Effect.forkChild(outbox.take, { startImmediately: true })
      yield* Effect.sync(() => {
        for (const frame of ["question", "answer", "run-start"]) outbox.port.send(frame)
      })
      assert.deepStrictEqual(yield* Fiber.join(taking), { frames: ["question", "answer", "run-start"] })
    })
  )

  it.effect("is the beginning of a run together with its first words, unless they do not come soon", () =>
    Effect.gen(function* () {
      const outbox = yield* makeOutbox
      const begin = Effect.gen(function* () {
        const identity = { conversationId: yield* makeConversationId, runId: yield* makeRunId, epoch: yield* makeEpoch }
        const messageId = yield* makeMessageId
        const log = new RunLog(identity, initialRunState(messageId, "m"), 0, limits)
        log.attach({ deliver: outbox.port.send })
        log.append({ type: "run-start", messageId, model: "m" })
        log.flush()
        const taking = yield* Effect.forkChild(outbox.take, { startImmediately: true })
        yield* TestClock.adjust(limits.watchGatherMs - 1)
        assert.isUndefined(taking.pollUnsafe())
        return { log, taking }
      })

      const soon = yield* begin
      soon.log.appendText("At once")
      soon.log.flush()
      assert.strictEqual((yield* Fiber.join(soon.taking)).frames.length, 2)

      const late = yield* begin
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Fiber.join(late.taking)).frames.length, 1)
      late.log.appendText("Later")
      late.log.flush()
      assert.strictEqual((yield* outbox.take).frames.length, 1)
    })
  )

  it.effect("is gathered for a window once the burst is spent, and goes at once again after a pause", () =>
    Effect.gen(function* () {
      const outbox = yield* makeOutbox
      for (let batch = 0; batch < limits.watchBurst; batch++) {
        outbox.port.send("early")
        yield* outbox.take
      }
      outbox.port.send("a")
      const taking = yield* Effect.forkChild(outbox.take, { startImmediately: true })
      yield* TestClock.adjust(limits.watchWindowMs - 1)
      outbox.port.send("b")
      assert.isUndefined(taking.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(taking), { frames: ["a", "b"] })

      yield* TestClock.adjust(limits.watchWindowMs)
      outbox.port.send("c")
      assert.deepStrictEqual(yield* outbox.take, { frames: ["c"] })
    })
  )

  it.effect("is an empty sign of life when there was no news for long", () =>
    Effect.gen(function* () {
      const outbox = yield* makeOutbox
      const taking = yield* Effect.forkChild(outbox.take, { startImmediately: true })
      yield* TestClock.adjust(limits.watchHeartbeatMs)
      assert.deepStrictEqual(yield* Fiber.join(taking), { frames: [] })
    })
  )
})
