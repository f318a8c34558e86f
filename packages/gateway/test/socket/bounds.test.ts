import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { maxClientFrameBytes } from "@parley/domain/SocketProtocol"
import { maxCommandMs, maxUnreadBytes, socketLimits } from "../../src/socket/socketLimits.ts"
import { turn } from "../support/socketBench.ts"
import { runOf, scene, sendFrame, types, unknownRun } from "../support/socketScene.ts"

describe("bounds of a socket", () => {
  it.effect("past the bound of commands under way the next is answered busy, and the others still end", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        bench.conversations.before = () => Deferred.await(gate)
        for (let i = 0; i <= socketLimits.commands; i++) socket.write(sendFrame(conversationId, String(i)))
        yield* turn
        const [refused] = socket.frames
        assert.isTrue(refused?.type === "error" && refused.code === "busy" && refused.retryAfterMs === 1_000)
        assert.isTrue(refused?.type === "error" && refused.id === String(socketLimits.commands))
        yield* Deferred.succeed(gate, undefined)
        yield* turn
        yield* turn
        assert.strictEqual(socket.frames.filter((frame) => frame.type === "accepted").length, socketLimits.commands)
        socket.write(sendFrame(conversationId, "again"))
        yield* turn
        assert.strictEqual(types(socket).at(-1), "accepted")
      })
    )
  )

  it.effect("commands of one conversation keep their order; another conversation's and a cancel do not wait", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        const other = yield* bench.conversations.addConversation()
        const gate = yield* Deferred.make<void>()
        bench.conversations.before = (method) => (method === "send" ? Deferred.await(gate) : Effect.void)
        socket.write(sendFrame(conversationId, "send"))
        socket.write({ type: "follow", id: "follow", conversationId })
        socket.write({ type: "unfollow", id: "unfollow", conversationId })
        socket.write({ type: "follow", id: "elsewhere", conversationId: other })
        socket.write({ type: "cancel", id: "cancel", conversationId, runId: unknownRun })
        yield* turn
        const answered = () => socket.frames.flatMap((frame) => ("id" in frame && frame.id !== undefined ? [frame.id] : []))
        assert.deepStrictEqual(answered(), ["elsewhere", "cancel"])
        yield* Deferred.succeed(gate, undefined)
        yield* turn
        yield* turn
        assert.deepStrictEqual(answered(), ["elsewhere", "cancel", "send", "follow", "unfollow"])
      })
    )
  )

  it.effect("past the bound of conversations a follow is busy until one is left", () =>
    scene((bench, socket) =>
      Effect.gen(function* () {
        const ids = yield* Effect.replicateEffect(bench.conversations.addConversation(), socketLimits.conversations + 1)
        for (const [i, conversationId] of ids.entries()) {
          socket.write({ type: "follow", id: String(i), conversationId, afterSeq: 0 })
        }
        yield* turn
        const last = socket.frames.at(-1)
        assert.isTrue(last?.type === "error" && last.code === "busy")
        socket.write({ type: "unfollow", id: "u", conversationId: ids[0] })
        socket.write({ type: "follow", id: "f", conversationId: ids.at(-1), afterSeq: 0 })
        yield* turn
        assert.deepStrictEqual(types(socket).slice(-2), ["done", "done"])
      })
    )
  )

  it.effect("past the bound of runs a subscribe is busy; finished runs do not count", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        for (let i = 0; i <= socketLimits.runs; i++) {
          socket.write(sendFrame(conversationId, `s${i}`))
          yield* turn
          socket.write({ type: "subscribe", id: `r${i}`, conversationId, runId: runOf(bench).runId })
        }
        yield* turn
        const last = socket.frames.at(-1)
        assert.isTrue(last?.type === "error" && last.code === "busy" && last.id === `r${socketLimits.runs}`)
        const [first] = bench.conversations.runs.values()
        assert.isDefined(first)
        bench.conversations.complete(first)
        socket.write({ type: "subscribe", id: "again", conversationId, runId: runOf(bench).runId })
        yield* turn
        const answer = socket.frames.at(-1)
        assert.isTrue(answer?.type === "done" && answer.id === "again")
      })
    )
  )

  it.effect("a command that does not end is interrupted, and its answer says that it may have happened", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.conversations.before = () => Effect.never
        socket.write(sendFrame(conversationId, "1"))
        yield* turn
        yield* TestClock.adjust(maxCommandMs * 2)
        yield* turn
        const [frame] = socket.frames
        assert.isTrue(frame?.type === "error" && frame.code === "unavailable" && frame.retry === "same-id")
      })
    )
  )

  it.effect("a frame that is too large is refused with its reason, and the socket closed with 1009", () =>
    scene((_, socket) =>
      Effect.gen(function* () {
        socket.write(JSON.stringify({ type: "ping", padding: "é".repeat(maxClientFrameBytes / 2) }))
        yield* turn
        const [frame] = socket.frames
        assert.isTrue(frame?.type === "error" && frame.code === "payload_too_large")
        assert.strictEqual(socket.closeCode, 1009)
        assert.include(socket.closeReason ?? "", String(maxClientFrameBytes))
      })
    )
  )

  it.effect("a client that sends without reading is closed with 4001", () =>
    scene((_, socket) =>
      Effect.gen(function* () {
        socket.buffered = maxUnreadBytes + 1
        socket.write({ type: "ping" })
        yield* turn
        assert.strictEqual(socket.closeCode, 4001)
      })
    )
  )

  it.effect("a closed socket holds no follower, its reads are over, and what was sent on it is not undone", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write({ type: "follow", id: "1", conversationId })
        yield* turn
        const gate = yield* Deferred.make<void>()
        const subscribed = yield* Deferred.make<void>()
        let released = 0
        bench.conversations.before = (method) =>
          method === "send"
            ? Deferred.await(gate)
            : Effect.andThen(Deferred.succeed(subscribed, undefined), Effect.never).pipe(
                Effect.onInterrupt(() => Effect.sync(() => released++))
              )
        const other = yield* bench.conversations.addConversation()
        socket.write({ type: "follow", id: "2", conversationId: other })
        socket.write(sendFrame(conversationId, "3"))
        socket.write(sendFrame(conversationId, "waiting"))
        yield* Deferred.await(subscribed)
        socket.terminate()
        yield* turn
        assert.strictEqual(released, 1)
        assert.strictEqual(bench.conversations.followers.size, 0)
        const sent = yield* Effect.forkChild(Deferred.succeed(gate, undefined))
        yield* Fiber.join(sent)
        yield* turn
        assert.strictEqual(bench.conversations.runs.size, 1)
      })
    )
  )
})
