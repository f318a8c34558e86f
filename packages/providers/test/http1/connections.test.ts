import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { readFileSync } from "node:fs"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { makeProviderHttp } from "../../src/call/ProviderHttp.ts"
import type { BodyReader, HttpCall } from "../../src/call/ProviderHttp.ts"
import { ConnectionPool } from "../../src/http1/ConnectionPool.ts"
import { defaultLimits } from "../../src/ProviderLimits.ts"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import { reply, startRawServer } from "./RawServer.ts"
import type { RawServer } from "./RawServer.ts"

const call: HttpCall = { path: "/ask", headers: ["content-type", "application/json"], body: '{"q":"é"}' }

const httpOf = ({ port }: RawServer, limits: Partial<ProviderLimits> = {}, origin = "http://127.0.0.1") =>
  makeProviderHttp(`${origin}:${port}/v1/`, { ...defaultLimits, ...limits })

/** Ends the call with the first read, as a wire's terminal does; the rest of the answer is nobody's. */
const firstRead = (): BodyReader<string, never> => ({
  chunk: (bytes) => Exit.succeed(Buffer.from(bytes).toString()),
  end: () => Exit.succeed("ended")
})

describe("a call", () => {
  it.live("says its path, host, headers, length and body", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.write(reply("yes")))
      const http = yield* httpOf(server)
      const answer = yield* http.send(call)
      assert.strictEqual(answer.text, "yes")
      assert.strictEqual(
        server.requests[0]?.text,
        `POST /v1/ask HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n${call.body}`
      )
    })
  )

  it.live("with a header or a path that HTTP cannot carry is refused before anything is sent", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.write(reply("yes")))
      const http = yield* httpOf(server)
      for (const headers of [
        ["authorization", "Bearer a\r\nx: 1"],
        ["x y", "1"],
        ["x", "é"]
      ]) {
        const fault = yield* Effect.flip(http.send({ ...call, headers }))
        assert.strictEqual(fault.code, "UNSENDABLE_HEADER")
      }
      for (const path of ["/a b", "/a\r\nx: 1", "/é"]) {
        assert.strictEqual((yield* Effect.flip(http.send({ ...call, path }))).code, "UNSENDABLE_HEADER")
      }
      assert.strictEqual((yield* http.send(call)).text, "yes")
      assert.lengthOf(server.requests, 1)
    })
  )

  it.live("past the bound of connections fails at once, and the next does not", () =>
    Effect.gen(function* () {
      const held = Deferred.makeUnsafe<() => void>()
      const server = yield* startRawServer(({ socket }) =>
        Deferred.doneUnsafe(
          held,
          Effect.succeed(() => void socket.write(reply("late")))
        )
      )
      const http = yield* httpOf(server, { maxConcurrent: 1 })
      const first = yield* Effect.forkChild(http.send(call))
      const release = yield* Deferred.await(held)
      assert.strictEqual((yield* Effect.flip(http.send(call))).code, "CONNECTIONS_IN_USE")
      release()
      assert.strictEqual((yield* Fiber.join(first)).text, "late")
    })
  )
})

const keeps: ReadonlyArray<readonly [says: string, answer: string, connections: ReadonlyArray<number>]> = [
  ["is used again", reply("a"), [1, 1, 1]],
  ["is used again after chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", [1, 1, 1]],
  ["is not used again when the server closes it", reply("a", "connection: close\r\n"), [1, 2, 3]],
  ["is not used again when the server keeps it for a second only", reply("a", "keep-alive: timeout=1\r\n"), [1, 2, 3]],
  ["is not used again when more came than the answer", `${reply("a")}b`, [1, 2, 3]],
  ["is not used again by a server of HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na", [1, 2, 3]]
]

describe("a connection", () => {
  it.live.each(keeps)("%s", ([_says, answer, connections]) =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.write(answer))
      const http = yield* httpOf(server)
      for (const _ of connections) assert.strictEqual((yield* http.send(call)).text, "a")
      assert.deepStrictEqual(
        server.requests.map(({ connection }) => connection),
        connections
      )
    })
  )

  it.live("that the server closes while it is idle is not asked again", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.write(reply("a")))
      const http = yield* httpOf(server)
      yield* http.send(call)
      server.requests[0]?.socket.end()
      yield* server.closed(1)
      assert.strictEqual((yield* http.send(call)).text, "a")
      assert.strictEqual(server.requests[1]?.connection, 2)
    })
  )

  it.live("on which the server speaks unasked is closed", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.write(reply("a")))
      const http = yield* httpOf(server)
      yield* http.send(call)
      server.requests[0]?.socket.write(reply("b"))
      yield* server.closed(1)
      assert.strictEqual((yield* http.send(call)).text, "a")
    })
  )

  it.live("that is idle too long is closed", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.write(reply("a")))
      const http = yield* httpOf(server, { keepAliveMs: 20 })
      yield* http.send(call)
      yield* server.closed(1)
    })
  )

  it.live("closes with its pool, and so does the call on it", () =>
    Effect.gen(function* () {
      const asked = Deferred.makeUnsafe<void>()
      const server = yield* startRawServer(() => Deferred.doneUnsafe(asked, Effect.void))
      const left = yield* Effect.scoped(
        Effect.gen(function* () {
          const http = yield* httpOf(server)
          const fiber = yield* Effect.forkDetach(Effect.flip(http.send(call)))
          yield* Deferred.await(asked)
          return fiber
        })
      )
      yield* server.closed(1)
      assert.strictEqual((yield* Fiber.join(left)).code, "CLOSED")
    })
  )

  it.live("serves the next call when the rest of an answer that nobody waits for has come", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) =>
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ndone\r\n")
      )
      const http = yield* httpOf(server, { maxConcurrent: 1 })
      assert.strictEqual(yield* http.stream(call, firstRead), "done")
      const rest = server.requests[0]?.socket
      yield* Effect.callback<void>((resume) => void rest?.write("3\r\nabc\r\n0\r\n\r\n", () => resume(Effect.void)))
      yield* http.stream(call, firstRead)
      assert.lengthOf(server.requests, 2)
    })
  )

  it.live("that waits for such a rest gives way to a call that needs its place", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) =>
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ndone\r\n")
      )
      const http = yield* httpOf(server, { maxConcurrent: 1 })
      for (const connection of [1, 2, 3]) {
        assert.strictEqual(yield* http.stream(call, firstRead), "done")
        assert.strictEqual(server.requests.at(-1)?.connection, connection)
      }
      yield* server.closed(1)
    })
  )
})

describe("an answer", () => {
  it.live("without a length ends with its connection", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.end("HTTP/1.1 200 OK\r\n\r\nto the end"))
      const http = yield* httpOf(server)
      assert.strictEqual((yield* http.send(call)).text, "to the end")
    })
  )

  const broken: ReadonlyArray<readonly [says: string, bytes: string, kind: string]> = [
    ["is no HTTP", "220 mail.example.org ESMTP\r\n\r\n", "malformed"],
    ["ends before its head does", "HTTP/1.1 200 OK\r\ncontent-", "unreachable"],
    ["ends before its length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", "truncated"],
    ["ends before its last chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "truncated"],
    ["has a chunk that is none", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", "malformed"]
  ]
  it.live.each(broken)("that %s is a fault, and its connection is closed", ([_says, bytes, kind]) =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.end(bytes))
      const http = yield* httpOf(server)
      assert.strictEqual((yield* Effect.flip(http.send(call))).kind, kind)
      yield* server.closed(1)
    })
  )

  it.live("that never ends is no longer than its bound", () =>
    Effect.gen(function* () {
      const server = yield* startRawServer(({ socket }) => socket.write(reply("x".repeat(1_000)).slice(0, -1)))
      const http = yield* httpOf(server, { maxAnswerBytes: 900 })
      assert.strictEqual((yield* Effect.flip(http.send(call))).kind, "malformed")
      yield* server.closed(1)
    })
  )
})

describe("TLS", () => {
  const file = (name: string) => readFileSync(new URL(`certificate/localhost.${name}.pem`, import.meta.url), "utf8")
  const cert = file("cert")
  const secure = startRawServer(({ socket }) => socket.write(reply("secret")), { key: file("key"), cert })

  it.live("to a server that nobody vouches for is refused, with the reason", () =>
    Effect.gen(function* () {
      const http = yield* httpOf(yield* secure, {}, "https://localhost")
      const fault = yield* Effect.flip(http.send(call))
      assert.strictEqual(fault.kind, "unreachable")
      assert.strictEqual(fault.code, "DEPTH_ZERO_SELF_SIGNED_CERT")
    })
  )

  it.live("is begun anew, without its session, after a handshake that failed", () =>
    Effect.gen(function* () {
      const server = yield* secure
      const pool = new ConnectionPool(new URL(`https://localhost:${server.port}`), 1, defaultLimits)
      pool.session = Buffer.from("of a server that is no more")
      const code = yield* Effect.callback<string | undefined>((resume) => {
        const ignore = () => {}
        pool.take()?.send("", "latin1", {
          head: ignore,
          data: ignore,
          end: ignore,
          fail: (fault) => resume(Effect.succeed(fault.code))
        })
      })
      assert.strictEqual(code, "DEPTH_ZERO_SELF_SIGNED_CERT")
      assert.isUndefined(pool.session)
    })
  )

  it.live("carries calls, several on one connection, and streams", () =>
    Effect.gen(function* () {
      const before = getCACertificates("default")
      yield* Effect.acquireRelease(
        Effect.sync(() => setDefaultCACertificates([...before, cert])),
        () => Effect.sync(() => setDefaultCACertificates(before))
      )
      const server = yield* secure
      const http = yield* httpOf(server, {}, "https://localhost")
      assert.strictEqual((yield* http.send(call)).text, "secret")
      assert.strictEqual((yield* http.send(call)).text, "secret")
      assert.strictEqual(yield* http.stream(call, firstRead), "secret")
      assert.deepStrictEqual(
        server.requests.map(({ connection }) => connection),
        [1, 1, 1]
      )
    })
  )
})
