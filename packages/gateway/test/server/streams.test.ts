import { Cause, Deferred, Effect, Exit, Layer, Stream } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { ClientAbort } from "effect/http/HttpServerError"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as PushResponse from "../../src/server/PushResponse.ts"
import type { PushWriter } from "../../src/server/PushResponse.ts"
import { engines } from "./support/engines.ts"
import { decodeChunked, rawConnection } from "./support/rawConnection.ts"
import { startServer } from "./support/startServer.ts"
import type { RunningServer } from "./support/startServer.ts"

/** Four megabytes that differ everywhere, so that a lost, doubled or moved piece shows. */
const large = Buffer.alloc(4 * 1_048_576)
for (let index = 0; index < large.length; index += 4) large.writeUInt32LE((index * 2_654_435_761) >>> 0, index)
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const largeHash = hashOf(large)

const cut = (bytes: Uint8Array, size: number): Array<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}

/** A test puts what should happen at `/next` here. */
let next: (writer: PushWriter) => Effect.Effect<void, string> = () => Effect.void
let ended: Deferred.Deferred<Exit.Exit<void, string>> = Deferred.makeUnsafe()
let maxBufferedBytes: number | undefined

const app = Layer.mergeAll(
  HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")),
  HttpRouter.add(
    "GET",
    "/next",
    Effect.suspend(() =>
      PushResponse.make({
        status: 200,
        headers: { "x-planned": "yes" },
        maxBufferedBytes,
        start: (writer) => Effect.onExit(next(writer), (exit) => Deferred.succeed(ended, exit)),
        onEarlyFailure: (cause) =>
          HttpServerResponse.jsonUnsafe({ early: String(Cause.squash(cause)) }, { status: 429, headers: { "retry-after": "1" } })
      })
    )
  ),
  HttpRouter.add("GET", "/no-plan", PushResponse.make({ start: () => Effect.die(new Error("a defect of the test")) })),
  HttpRouter.add("GET", "/bad-head", PushResponse.make({ headers: { "x-bad": "a\nb" }, start: () => Effect.void })),
  HttpRouter.add(
    "GET",
    "/push-large/:size",
    Effect.flatMap(HttpRouter.params, ({ size }) =>
      PushResponse.make({
        contentType: "application/octet-stream",
        start: (writer) =>
          Effect.callback<void>((resume) => {
            const pieces = cut(large, Number(size))
            const push = () => {
              while (pieces.length > 0) {
                if (!writer.write(pieces.shift()!) && pieces.length > 0) return
              }
              writer.end()
              resume(Effect.void)
            }
            writer.onDrain(push)
            push()
          })
      })
    )
  ),
  HttpRouter.add("GET", "/stream-large/:size", () =>
    Effect.map(HttpRouter.params, ({ size }) =>
      HttpServerResponse.stream(Stream.fromIterable(cut(large, Number(size))), { contentType: "application/octet-stream" })
    )
  ),
  HttpRouter.add("GET", "/whole-large", HttpServerResponse.uint8Array(large)),
  HttpRouter.add("GET", "/stream-fails", () =>
    Effect.succeed(
      HttpServerResponse.stream(Stream.concat(Stream.make(Buffer.from("some")), Stream.fail(new Error("a failure of the test"))))
    )
  ),
  HttpRouter.add(
    "GET",
    "/waits",
    Effect.onExit(Effect.never, (exit) => Deferred.succeed(ended, Exit.asVoid(exit)))
  )
)

const abortedByClient = (exit: Exit.Exit<void, string>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => Cause.isInterruptReason(reason) && reason.annotations.has(ClientAbort.key))

describe.each(engines)("streams on %s", (engine) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(engine, app)
  })
  afterAll(() => server.close())

  const plan = (start: (writer: PushWriter) => Effect.Effect<void, string>, limit?: number) => {
    next = start
    maxBufferedBytes = limit
    ended = Deferred.makeUnsafe()
    return ended
  }
  const outcome = () => Effect.runPromise(Deferred.await(ended))

  it("sends what is pushed, in order, with the planned head", async () => {
    plan((writer) =>
      Effect.gen(function* () {
        expect(writer.begun).toBe(false)
        for (let turn = 0; turn < 5; turn += 1) {
          writer.write(`data: ${turn}\n\n`)
          yield* Effect.yieldNow
        }
        expect(writer.begun).toBe(true)
        writer.write(Buffer.from("ü"))
      })
    )
    const response = await fetch(`${server.url}/next`)
    expect(response.headers.get("content-type")).toContain("text/event-stream")
    expect(response.headers.get("cache-control")).toBe("no-store")
    expect(response.headers.get("x-planned")).toBe("yes")
    expect(await response.text()).toBe("data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\nü")
  })

  it("packs the writes of one turn into one chunk", async () => {
    const go = Deferred.makeUnsafe<void>()
    plan((writer) =>
      Effect.gen(function* () {
        writer.write("a")
        writer.write("b")
        yield* Deferred.await(go)
        writer.write("c")
        writer.write("d")
      })
    )
    const connection = await rawConnection(server.port)
    connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
    await connection.until((text) => text.includes("2\r\nab"))
    Deferred.doneUnsafe(go, Effect.void)
    expect(decodeChunked(await connection.until((text) => text.endsWith("0\r\n\r\n")))).toBe("abcd")
    expect(connection.text()).toContain("2\r\ncd")
    connection.socket.destroy()
  })

  it("keeps the connection for the next request after a pushed answer", async () => {
    plan((writer) => Effect.sync(() => void writer.write("one")))
    const connection = await rawConnection(server.port)
    connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
    await connection.until((text) => text.includes("one"))
    connection.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
    await connection.until((text) => text.endsWith("hello"))
    connection.socket.destroy()
  })

  it("ends an empty pushed answer, and ignores what is written after the end", async () => {
    plan((writer) =>
      Effect.sync(() => {
        writer.end()
        writer.end()
        expect(writer.write("late")).toBe(false)
        expect(writer.closed).toBe(true)
        expect(writer.write("")).toBe(false)
      })
    )
    const response = await fetch(`${server.url}/next`)
    expect(await response.text()).toBe("")
  })

  it("lets a failure before the first write choose the whole answer", async () => {
    plan(() => Effect.fail("rate limited"))
    const response = await fetch(`${server.url}/next`)
    expect(response.status).toBe(429)
    expect(response.headers.get("retry-after")).toBe("1")
    expect(response.headers.get("x-planned")).toBeNull()
    expect(await response.json()).toEqual({ early: "rate limited" })
  })

  it("answers an early defect with the 500 problem when there is no other plan", async () => {
    const response = await fetch(`${server.url}/no-plan`)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: "internal" })
  })

  it("answers 500 to a head that cannot be sent, without starting", async () => {
    expect((await fetch(`${server.url}/bad-head`)).status).toBe(500)
  })

  it("cuts the connection when a start fails after its first write, so that the answer cannot look complete", async () => {
    plan((writer) =>
      Effect.gen(function* () {
        writer.write("some")
        yield* Effect.sleep(1)
        return yield* Effect.fail("broken")
      })
    )
    const connection = await rawConnection(server.port)
    connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
    const answer = await connection.closed()
    expect(answer).toContain("some")
    expect(() => decodeChunked(answer)).toThrow("truncated")
  })

  it("cuts the connection when a response stream fails", async () => {
    const connection = await rawConnection(server.port)
    connection.send("GET /stream-fails HTTP/1.1\r\nHost: x\r\n\r\n")
    const answer = await connection.closed()
    expect(answer).not.toContain("\r\n0\r\n\r\n")
  })

  it("answers HEAD to a pushed answer with its head only, without starting", async () => {
    let started = false
    plan(() => Effect.sync(() => void (started = true)))
    const response = await fetch(`${server.url}/next`, { method: "HEAD" })
    expect([response.status, response.headers.get("x-planned"), await response.text()]).toEqual([200, "yes", ""])
    expect(started).toBe(false)
  })

  it("interrupts the start of a pushed answer when its client leaves", async () => {
    plan((writer) => {
      writer.write("one")
      return Effect.never
    })
    const connection = await rawConnection(server.port)
    connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
    await connection.until((text) => text.includes("one"))
    connection.socket.destroy()
    expect(abortedByClient(await outcome())).toBe(true)
    await expect.poll(() => server.gateway.connections().inFlight).toBe(0)
  })

  it("interrupts a handler when its client leaves before the answer", async () => {
    ended = Deferred.makeUnsafe()
    const connection = await rawConnection(server.port)
    connection.send("GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
    await expect.poll(() => server.gateway.connections().inFlight).toBe(1)
    connection.socket.destroy()
    expect(abortedByClient(await outcome())).toBe(true)
  })

  it("cuts off a client that does not read, past the bound, and interrupts the start", async () => {
    let refusals = 0
    plan(
      (writer) =>
        Effect.gen(function* () {
          for (;;) {
            if (!writer.write("x".repeat(50_000))) refusals += 1
            yield* Effect.yieldNow
          }
        }),
      200_000
    )
    const connection = await rawConnection(server.port)
    connection.socket.pause()
    connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
    expect(abortedByClient(await outcome())).toBe(true)
    expect(refusals).toBeGreaterThan(0)
    connection.socket.resume()
    expect(() => decodeChunked(connection.text())).toThrow()
    await connection.closed()
  })

  it.each([
    ["/push-large/1000", true],
    ["/push-large/100000", true],
    ["/stream-large/1000", true],
    ["/stream-large/300000", true],
    ["/whole-large", false]
  ])("sends the exact bytes of %s to a reader that stops and goes", async (path, chunked) => {
    const connection = await rawConnection(server.port)
    connection.socket.pause()
    connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    // Reads a little whenever the loop turns, so that the server meets a full buffer again and again.
    const timer = setInterval(() => {
      connection.socket.resume()
      setImmediate(() => connection.socket.pause())
    }, 1)
    const done = (text: string) => (chunked ? text.endsWith("\r\n0\r\n\r\n") : text.length > large.length)
    await expect.poll(() => connection.bytes(), { interval: 20 }).toBeGreaterThan(large.length)
    clearInterval(timer)
    connection.socket.resume()
    const answer = await connection.until(done)
    const body = chunked ? decodeChunked(answer) : answer.slice(answer.indexOf("\r\n\r\n") + 4)
    expect(hashOf(Buffer.from(body, "latin1"))).toBe(largeHash)
    connection.socket.destroy()
  })
})
