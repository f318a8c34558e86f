import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Busy, Conflict, NotFound, Unavailable } from "@parley/domain/Errors"
import type { ConversationError } from "@parley/domain/Errors"
import type { ConversationId } from "@parley/domain/Ids"
import { RequestId, RunId } from "@parley/domain/Ids"
import { CloseCode, maxClientFrameBytes } from "@parley/domain/SocketProtocol"
import { maxCommandMs, maxUnreadBytes, socketLimits } from "../../src/socket/socketLimits.ts"
import { SocketSessions } from "../../src/socket/SocketSessions.ts"
import { SocketBench, turn } from "../support/socketBench.ts"
import type { FakeSocket } from "../support/socketBench.ts"

const sendFrame = (conversationId: ConversationId, id: string, clientMessageId = `c-${id}`) => ({
  type: "send",
  id,
  conversationId,
  clientMessageId,
  content: [{ type: "text", text: "hello" }]
})
const unknownRun = `run_${"0".repeat(26)}`
const unknownConversation = `cnv_${"0".repeat(26)}`

/** A door, one conversation and one socket. */
const scene = <A, E, R>(
  test: (bench: SocketBench, socket: FakeSocket, conversationId: ConversationId) => Effect.Effect<A, E, R>
) => {
  const bench = new SocketBench()
  return Effect.gen(function* () {
    const conversationId = yield* bench.conversations.addConversation()
    const socket = yield* bench.connect()
    yield* turn
    socket.sent.length = 0
    return yield* test(bench, socket, conversationId)
  }).pipe(Effect.provide(bench.layer()))
}

const types = (socket: FakeSocket) => socket.frames.map((frame) => frame.type)
const runOf = (bench: SocketBench) => {
  const run = [...bench.conversations.runs.values()].at(-1)
  assert.isDefined(run)
  return run
}

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

describe("errors of commands", () => {
  const table: ReadonlyArray<readonly [string, ConversationError, string, string]> = [
    ["not yours or unknown", new NotFound({ message: "m", resource: "conversation" }), "not_found", "never"],
    ["a run is active", new Conflict({ message: "m" }), "conflict", "never"],
    ["a mailbox is full", new Busy({ message: "m", retryAfterMs: 70 }), "busy", "later"],
    [
      "it may have happened",
      new Unavailable({ message: "m", retryAfterMs: 70, workMayHaveHappened: true }),
      "unavailable",
      "same-id"
    ],
    ["nothing was done", new Unavailable({ message: "m", retryAfterMs: 70, workMayHaveHappened: false }), "unavailable", "later"]
  ]
  for (const [name, error, code, retry] of table) {
    it.effect(`${name}: ${code}, retry ${retry}`, () =>
      scene((bench, socket, conversationId) =>
        Effect.gen(function* () {
          bench.conversations.before = () => Effect.fail(error)
          socket.write(sendFrame(conversationId, "1"))
          yield* turn
          const [frame] = socket.frames
          assert.isTrue(frame?.type === "error")
          if (frame?.type !== "error") return
          assert.strictEqual(frame.id, "1")
          assert.strictEqual(frame.code, code)
          assert.strictEqual(frame.retry, retry)
          assert.strictEqual(frame.retryAfterMs, "retryAfterMs" in error ? 70 : undefined)
          assert.strictEqual(frame.requestId, bench.conversations.calls[0]?.caller.requestId)
        })
      )
    )
  }

  it.effect("an unknown conversation is not found, for every command", () =>
    scene((_, socket) =>
      Effect.gen(function* () {
        const conversationId = unknownConversation
        const messageId = `msg_${"0".repeat(26)}`
        const ask = { clientMessageId: "c", messageId, content: [{ type: "text", text: "x" }] }
        for (const type of ["send", "regenerate", "edit", "cancel", "follow", "subscribe"]) {
          socket.write({ type, id: type, conversationId, runId: unknownRun, ...ask })
        }
        yield* turn
        for (const frame of socket.frames) assert.isTrue(frame.type === "error" && frame.code === "not_found")
        assert.strictEqual(socket.frames.length, 6)
      })
    )
  )

  it.effect("a run that is unknown is gone", () =>
    scene((_, socket, conversationId) =>
      Effect.gen(function* () {
        socket.write({ type: "subscribe", id: "1", conversationId, runId: unknownRun })
        yield* turn
        assert.deepStrictEqual(types(socket), ["gone", "caught-up", "done"])
      })
    )
  )

  it.effect("a defect is an internal error that may have happened, and the socket lives on", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.conversations.before = () => Effect.die(new Error("secret"))
        socket.write(sendFrame(conversationId, "1"))
        yield* turn
        bench.conversations.before = () => Effect.void
        socket.write(sendFrame(conversationId, "2"))
        yield* turn
        assert.deepStrictEqual(types(socket), ["error", "accepted"])
        const [frame] = socket.frames
        assert.isTrue(frame?.type === "error" && frame.code === "internal" && frame.retry === "same-id")
        assert.notInclude(socket.sent[0], "secret")
      })
    )
  )

  it.effect("a follow that failed holds nothing", () =>
    scene((bench, socket, conversationId) =>
      Effect.gen(function* () {
        bench.conversations.before = (method) =>
          method.startsWith("subscribe")
            ? Effect.fail(new Unavailable({ message: "m", retryAfterMs: 1, workMayHaveHappened: false }))
            : Effect.void
        socket.write({ type: "follow", id: "1", conversationId })
        socket.write({ type: "subscribe", id: "2", conversationId, runId: unknownRun })
        yield* turn
        assert.deepStrictEqual(types(socket), ["error", "error"])
        assert.strictEqual(bench.conversations.followers.size, 0)
      })
    )
  )
})

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
