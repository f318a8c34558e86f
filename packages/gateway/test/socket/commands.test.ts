import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { RequestId, RunId } from "@parley/domain/Ids"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { SocketSessions } from "../../src/socket/SocketSessions.ts"
import { SocketBench, turn } from "../support/socketBench.ts"
import { runOf, scene, sendFrame, types, unknownRun } from "../support/socketScene.ts"

describe("commands of a socket", () => {
  it.effect("the first frame is the welcome, with the request id of the upgrade", () => {
    const bench = new SocketBench()
    return Effect.gen(function* () {
      const socket = yield* bench.connect({
        "sec-websocket-protocol": "parley.v1",
        authorization: "Bearer pk_good_0000000000000000000000000000",
        "x-request-id": "mine"
      })
      yield* turn
      assert.deepStrictEqual(socket.frames, [
        { type: "welcome", protocol: "parley.v1", requestId: RequestId.make("mine"), heartbeatMs: 30_000 }
      ])
    }).pipe(Effect.provide(bench.layer()))
  })

  it.effect("what waits behind a command that closes the socket is given up, and no longer counted", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        bench.conversations.before = (method) => {
          if (method === "subscribeRoom") return Effect.sync(() => socket.end(1006, ""))
          return method === "send" ? Deferred.await(gate) : Effect.void
        }
        socket.write(sendFrame(conversationId, "1"))
        socket.write({ type: "follow", id: "2", conversationId })
        socket.write(sendFrame(conversationId, "3"))
        yield* turn
        yield* Deferred.succeed(gate, undefined)
        yield* turn
        assert.deepStrictEqual(
          bench.conversations.calls.map((call) => call.method),
          ["send", "follow"]
        )
        assert.strictEqual(yield* (yield* SocketSessions).count, 0)
      })
    )
  )

  it.effect("a conversation that is gone ends its own subscriptions only: the socket's others go on", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        const other = yield* bench.conversations.addConversation()
        socket.write({ type: "follow", id: "1", conversationId })
        socket.write({ type: "follow", id: "2", conversationId: other })
        yield* turn
        for (const follower of bench.conversations.followers) {
          if (follower.id === conversationId) follower.port.close(CloseCode.gone, "deleted")
        }
        yield* turn
        assert.isFalse(socket.closed)
        assert.deepStrictEqual(socket.frames.at(-1), { type: "room-gone", conversationId, reason: "deleted" })
        assert.deepStrictEqual(
          [...bench.conversations.followers].map((follower) => follower.id),
          [other]
        )
        socket.write(sendFrame(other, "3"))
        yield* turn
        assert.include(types(socket).slice(-4), "delta")
      })
    )
  )

  it.effect("a conversation that goes while it is being followed is not found, and nothing is kept of it", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.conversations.afterFollow = (port) => port.close(CloseCode.gone, "deleted")
        socket.write({ type: "follow", id: "1", conversationId })
        yield* turn
        assert.deepStrictEqual(types(socket), ["room-gone", "error"])
        assert.strictEqual(bench.conversations.followers.size, 0)
      })
    )
  )

  it.effect("no command is done with a key that has been revoked: it is refused, and the socket closed", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.keys.good.clear()
        socket.write(sendFrame(conversationId, "1"))
        socket.write(sendFrame(conversationId, "2"))
        yield* turn
        const [refused, ...others] = socket.frames
        assert.isTrue(refused?.type === "error" && refused.id === "1" && refused.code === "unauthorized")
        assert.deepStrictEqual(others, [])
        assert.strictEqual(socket.closeCode, CloseCode.unauthorized)
        assert.deepStrictEqual(bench.conversations.calls, [])
        assert.strictEqual(yield* (yield* SocketSessions).count, 0)
      })
    )
  )

  it.effect("while keys cannot be looked at a command is put off, and the socket stays", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.keys.isAway = true
        socket.write(sendFrame(conversationId, "1"))
        yield* turn
        const [refused] = socket.frames
        assert.isTrue(refused?.type === "error" && refused.retry === "later")
        assert.isFalse(socket.closed)
        assert.deepStrictEqual(bench.conversations.calls, [])
      })
    )
  )

  it.effect("send, regenerate and edit are accepted, and reach the conversation as their caller's", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        const messageId = `msg_${"0".repeat(26)}`
        socket.write({ ...sendFrame(conversationId, "1"), model: "demo/echo", parentId: null, reply: true })
        socket.write({ type: "regenerate", id: "2", conversationId, clientMessageId: "b", messageId })
        socket.write({ ...sendFrame(conversationId, "3"), type: "edit", messageId })
        yield* turn
        assert.deepStrictEqual(types(socket), ["accepted", "accepted", "accepted"])
        assert.deepStrictEqual(
          socket.frames.map((frame) => ("id" in frame ? frame.id : "")),
          ["1", "2", "3"]
        )
        const [send, regenerate, edit] = bench.conversations.calls
        assert.deepStrictEqual(send?.arguments, [
          conversationId,
          { clientMessageId: "c-1", content: [{ type: "text", text: "hello" }], model: "demo/echo", parentId: null, reply: true }
        ])
        assert.deepStrictEqual(regenerate?.arguments, [conversationId, { clientMessageId: "b", messageId }])
        assert.strictEqual(edit?.method, "edit")
        assert.match(send?.caller.requestId ?? "", /^req_.*\.1$/)
        assert.match(regenerate?.caller.requestId ?? "", /^req_.*\.2$/)
      })
    )
  )

  it.effect("a send under the same client message id gets the same answer, as a duplicate", () =>
    scene((_, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write(sendFrame(conversationId, "1", "same"))
        socket.write(sendFrame(conversationId, "2", "same"))
        yield* turn
        const [first, second] = socket.frames
        assert.isTrue(first?.type === "accepted" && second?.type === "accepted")
        if (first?.type === "accepted" && second?.type === "accepted") {
          assert.deepStrictEqual(second, { ...first, id: "2", duplicate: true })
        }
      })
    )
  )

  it.effect("subscribe replays what is missing and ends with caught-up; unsubscribe ends it and lets the follower go", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write(sendFrame(conversationId, "1"))
        yield* turn
        const run = runOf(bench)
        bench.conversations.text(run, "one ")
        bench.conversations.text(run, "two ")
        socket.sent.length = 0
        socket.write({ type: "subscribe", id: "2", conversationId, runId: run.runId, epoch: run.epoch, afterSeq: 2 })
        yield* turn
        assert.deepStrictEqual(types(socket), ["delta", "caught-up", "done"])
        assert.include(socket.sent[0], '"seq":3')
        bench.conversations.text(run, "three")
        socket.write({ type: "unsubscribe", id: "3", conversationId, runId: run.runId })
        bench.conversations.text(run, "unheard")
        yield* turn
        assert.deepStrictEqual(types(socket), ["delta", "caught-up", "done", "delta", "done"])
        assert.strictEqual(bench.conversations.followers.size, 0)
      })
    )
  )

  it.effect("follow brings the room and every new run of it; unfollow ends both", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write({ type: "follow", id: "1", conversationId })
        socket.write(sendFrame(conversationId, "2"))
        yield* turn
        bench.conversations.text(runOf(bench), "hi")
        yield* turn
        assert.deepStrictEqual(types(socket), ["room-snapshot", "done", "room", "room", "room", "delta", "accepted", "delta"])
        socket.write({ type: "unfollow", id: "3", conversationId })
        socket.write({ type: "unfollow", id: "4", conversationId })
        yield* turn
        bench.conversations.text(runOf(bench), "unheard")
        yield* turn
        assert.deepStrictEqual(types(socket).slice(8), ["done", "done"])
        assert.strictEqual(bench.conversations.followers.size, 0)
      })
    )
  )

  it.effect("follow with the last seq brings no snapshot when nothing was missed", () =>
    scene((_, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write({ type: "follow", id: "1", conversationId, afterSeq: 0 })
        yield* turn
        assert.deepStrictEqual(types(socket), ["done"])
      })
    )
  )

  it.effect("cancel answers with where the run stands", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write(sendFrame(conversationId, "1"))
        yield* turn
        const { runId } = runOf(bench)
        socket.sent.length = 0
        socket.write({ type: "cancel", id: "2", conversationId, runId })
        yield* turn
        assert.deepStrictEqual(socket.frames, [{ type: "cancelled", id: "2", runId, status: "cancelled" }])
      })
    )
  )

  it.effect("ack, typing and drained reach the follower; for what is not followed they are nothing", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        const runId = RunId.make(unknownRun)
        socket.write({ type: "ack", conversationId, runId, seq: 1 })
        socket.write({ type: "typing", conversationId, typing: true })
        socket.wire?.drain()
        assert.deepStrictEqual(bench.conversations.acks, [])
        socket.write({ type: "follow", id: "1", conversationId })
        socket.write({ type: "ack", conversationId, runId, seq: 7 })
        socket.write({ type: "typing", conversationId, typing: true })
        socket.wire?.drain()
        yield* turn
        assert.deepStrictEqual(bench.conversations.acks, [[runId, 7]])
        assert.deepStrictEqual(bench.conversations.typing, [true])
        assert.strictEqual(bench.conversations.drains, 1)
      })
    )
  )

  it.effect("ping is answered with its own time", () =>
    scene((_, socket) =>
      Effect.gen(function* () {
        socket.write({ type: "ping", at: 12 })
        socket.write({ type: "ping" })
        yield* turn
        assert.deepStrictEqual(socket.frames, [{ type: "pong", at: 12 }, { type: "pong" }])
      })
    )
  )

  it.effect("all frames of one turn leave in one write, in their order", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write({ type: "follow", id: "1", conversationId })
        socket.write(sendFrame(conversationId, "2"))
        yield* turn
        socket.writes.length = 0
        socket.sent.length = 0
        for (const text of ["a", "b", "c"]) bench.conversations.text(runOf(bench), text)
        yield* turn
        assert.deepStrictEqual(socket.writes, [3])
        assert.deepStrictEqual(
          socket.sent.map((frame) => /"text":"(.)"/.exec(frame)?.[1]),
          ["a", "b", "c"]
        )
      })
    )
  )

  it.effect("buffered bytes are the engine's and this turn's", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write({ type: "follow", id: "1", conversationId })
        yield* turn
        const [follower] = bench.conversations.followers
        socket.buffered = 100
        follower?.port.send("12345")
        assert.strictEqual(follower?.port.bufferedBytes(), 105)
        socket.sent.length = 0
        yield* turn
        assert.strictEqual(follower?.port.bufferedBytes(), 100)
      })
    )
  )
})
