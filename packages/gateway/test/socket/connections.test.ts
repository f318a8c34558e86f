import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, References, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { Busy } from "@parley/domain/Errors"
import { SocketSessions } from "../../src/socket/SocketSessions.ts"
import { drainCommandsMs, openWithinMs, verifyKeysEveryMs } from "../../src/socket/socketLimits.ts"
import { SocketBench, goodHeaders, turn } from "../support/socketBench.ts"
import { goodKey } from "../support/socketKeys.ts"

const protocol = { "sec-websocket-protocol": "parley.v1" }
const host = { host: "chat.example:8787" }

describe("who may open a socket", () => {
  const table: ReadonlyArray<readonly [string, Record<string, string>, number | undefined]> = [
    ["a program with its key in the header", goodHeaders, undefined],
    ["a browser with its key as a subprotocol", { "sec-websocket-protocol": `parley.v1, parley.key.${goodKey}` }, undefined],
    ["no key", protocol, 401],
    ["a wrong key", { ...protocol, authorization: "Bearer pk_wrong" }, 401],
    ["a scheme that is not Bearer", { ...protocol, authorization: `Basic ${goodKey}` }, 401],
    ["a client that does not offer parley.v1", { authorization: `Bearer ${goodKey}` }, 400],
    ["a page of our own host", { ...goodHeaders, ...host, origin: "https://chat.example:8787" }, undefined],
    ["a page of an allowed origin", { ...goodHeaders, ...host, origin: "https://Other.example" }, undefined],
    ["a page of another origin", { ...goodHeaders, ...host, origin: "https://evil.example" }, 403],
    ["a page of another port of our host", { ...goodHeaders, ...host, origin: "https://chat.example" }, 403],
    ["a page of no origin", { ...goodHeaders, ...host, origin: "null" }, 403]
  ]
  for (const [name, headers, status] of table) {
    it.effect(`${name}: ${status ?? "welcome"}`, () => {
      const bench = new SocketBench()
      return Effect.gen(function* () {
        const refusal = yield* bench.refuse(headers)
        assert.strictEqual(refusal?.status, status)
        assert.strictEqual(refusal?.headers?.["www-authenticate"], status === 401 ? "Bearer" : undefined)
        assert.notInclude(JSON.stringify(refusal ?? {}), goodKey)
      }).pipe(Effect.provide(bench.layer({ allowedOrigins: ["https://other.example/"] })))
    })
  }

  it.effect("503 when keys cannot be verified now, with when to come back", () => {
    const bench = new SocketBench()
    bench.keys.isAway = true
    return Effect.gen(function* () {
      const refusal = yield* bench.refuse({ ...goodHeaders, "x-request-id": "mine" })
      assert.strictEqual(refusal?.status, 503)
      assert.strictEqual(refusal?.headers?.["retry-after"], "1")
      assert.strictEqual(refusal?.headers?.["x-request-id"], "mine")
      assert.strictEqual(JSON.parse(refusal?.body ?? "").requestId, "mine")
    }).pipe(Effect.provide(bench.layer()))
  })

  it.effect("the tenant's bound refuses the upgrade, and a connection counts until it is over", () => {
    const bench = new SocketBench()
    let open = 0
    const admit = () =>
      Effect.acquireRelease(
        Effect.suspend(() =>
          open === 2 ? Effect.fail(new Busy({ message: "full", retryAfterMs: 3_000 })) : Effect.sync(() => open++)
        ),
        () => Effect.sync(() => open--)
      )
    return Effect.gen(function* () {
      const first = yield* bench.connect()
      yield* bench.connect()
      const refusal = yield* bench.refuse(goodHeaders)
      assert.strictEqual(refusal?.status, 503)
      assert.strictEqual(refusal?.headers?.["retry-after"], "3")
      first.terminate()
      yield* turn
      assert.strictEqual(open, 1)
      // Granted, but the client never came.
      assert.isUndefined(yield* bench.refuse(goodHeaders))
      assert.strictEqual(open, 2)
      yield* TestClock.adjust(openWithinMs * 2)
      assert.strictEqual(open, 1)
    }).pipe(Effect.provide(bench.layer({ admit })))
  })
})

describe("an open socket", () => {
  it.effect("is closed with 4501 when its key is revoked, and stays when keys cannot be verified", () => {
    const bench = new SocketBench()
    return Effect.gen(function* () {
      const sockets = yield* Effect.all([bench.connect(), bench.connect()])
      const asked = bench.keys.asked
      yield* TestClock.adjust(verifyKeysEveryMs * 2)
      assert.isAtLeast(bench.keys.asked, asked + 1)
      assert.isAtMost(bench.keys.asked, asked + 2)
      bench.keys.isAway = true
      yield* TestClock.adjust(verifyKeysEveryMs)
      assert.isFalse(sockets[0].closed)
      bench.keys.isAway = false
      bench.keys.good.clear()
      yield* TestClock.adjust(verifyKeysEveryMs)
      assert.deepStrictEqual(
        sockets.map((socket) => socket.closeCode),
        [4501, 4501]
      )
    }).pipe(Effect.provide(bench.layer()))
  })

  it.effect("is still verified after a round in which the authenticator hung, and one in which it died", () => {
    const bench = new SocketBench()
    return Effect.gen(function* () {
      const socket = yield* bench.connect()
      for (const trouble of [Effect.never, Effect.die(new Error("a defect of the test"))]) {
        bench.keys.trouble = trouble
        yield* TestClock.adjust(verifyKeysEveryMs * 2)
        assert.isFalse(socket.closed)
      }
      bench.keys.trouble = undefined
      bench.keys.good.clear()
      yield* TestClock.adjust(verifyKeysEveryMs * 2)
      assert.strictEqual(socket.closeCode, 4501)
    }).pipe(Effect.provide(bench.layer()))
  })

  it.effect("a drain waits for what was sent before it, but not for ever", () => {
    const bench = new SocketBench()
    return Effect.gen(function* () {
      const sessions = yield* SocketSessions
      const conversationId = yield* bench.conversations.addConversation()
      const gate = yield* Deferred.make<void>()
      bench.conversations.before = () => Deferred.await(gate)
      const socket = yield* bench.connect()
      const frame = { type: "send", id: "1", conversationId, clientMessageId: "c", content: [{ type: "text", text: "x" }] }
      socket.write(frame)
      const draining = yield* Effect.forkChild(sessions.drain(100))
      yield* TestClock.adjust(150)
      assert.strictEqual(socket.closeCode, 4000)
      assert.isUndefined(draining.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust(50)
      yield* Fiber.join(draining)
      assert.strictEqual(bench.conversations.runs.size, 1)
      bench.conversations.before = () => Effect.never
      const late = yield* Effect.forkChild(sessions.drain(100))
      yield* TestClock.adjust(drainCommandsMs * 2)
      yield* Fiber.join(late)
      assert.strictEqual(yield* sessions.count, 0)
    }).pipe(Effect.provide(bench.layer()))
  })

  it.effect("is told to go away and closed with 4000 within the time it was told, at a time of its own", () => {
    const bench = new SocketBench()
    return Effect.gen(function* () {
      const sockets = yield* Effect.replicateEffect(bench.connect(), 40)
      const sessions = yield* SocketSessions
      assert.strictEqual(yield* sessions.count, 40)
      const draining = yield* Effect.forkChild(sessions.drain(1_000))
      yield* turn
      for (const socket of sockets) {
        assert.deepStrictEqual(socket.frames.at(-1), { type: "go-away", withinMs: 1_000 })
        assert.isFalse(socket.closed)
      }
      assert.strictEqual((yield* bench.refuse(goodHeaders))?.status, 503)
      yield* TestClock.adjust(500)
      const early = sockets.filter((socket) => socket.closed).length
      assert.isAbove(early, 0)
      assert.isBelow(early, 40)
      yield* TestClock.adjust(500)
      yield* Fiber.join(draining)
      for (const socket of sockets) assert.strictEqual(socket.closeCode, 4000)
      assert.strictEqual(yield* sessions.count, 0)
    }).pipe(Effect.provide(bench.layer()))
  })

  it.effect("is closed as its follower says", () => {
    const bench = new SocketBench()
    return Effect.gen(function* () {
      const conversationId = yield* bench.conversations.addConversation()
      const socket = yield* bench.connect()
      socket.write({ type: "follow", id: "1", conversationId })
      const [follower] = bench.conversations.followers
      follower?.port.close(4001, "too far behind")
      assert.strictEqual(socket.closeCode, 4001)
      // What was said before the end still leaves before it.
      assert.isTrue(socket.frames.some((frame) => frame.type === "room-snapshot"))
      follower?.port.send("{}")
      yield* turn
      assert.notInclude(socket.sent, "{}")
      assert.strictEqual(bench.conversations.followers.size, 0)
    }).pipe(Effect.provide(bench.layer()))
  })

  it.effect("a command's span continues the frame's trace, else the upgrade's, and its log lines carry its request id", () => {
    const bench = new SocketBench()
    const spans: Array<Tracer.Span> = []
    const annotations: Array<unknown> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const trace = (digit: string) => digit.repeat(32)
    return Effect.gen(function* () {
      const conversationId = yield* bench.conversations.addConversation()
      bench.conversations.before = () =>
        Effect.map(References.CurrentLogAnnotations, (current) => void annotations.push(current["requestId"]))
      const socket = yield* bench.connect({
        ...goodHeaders,
        "x-request-id": "mine",
        traceparent: `00-${trace("a")}-00f067aa0ba902b7-01`
      })
      socket.write({ type: "follow", id: "1", conversationId })
      socket.write({ type: "unfollow", id: "2", conversationId, traceparent: `00-${trace("b")}-00f067aa0ba902b7-01` })
      socket.write({ type: "unfollow", id: "3", conversationId, traceparent: "nonsense" })
      yield* turn
      assert.deepStrictEqual(
        spans.map((span) => [span.name, span.traceId]),
        [
          ["socket.upgrade", trace("a")],
          ["socket.follow", trace("a")],
          ["socket.unfollow", trace("b")],
          ["socket.unfollow", trace("a")]
        ]
      )
      assert.strictEqual(spans[1]?.attributes.get("requestId"), "mine.1")
      assert.strictEqual(annotations[0], "mine.1")
    }).pipe(Effect.provide(bench.layer()), Effect.withTracer(tracer))
  })
})
