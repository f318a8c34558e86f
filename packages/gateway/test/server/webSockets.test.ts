import * as NodeWS from "@effect/platform-node/NodeWS"
import { Deferred, Effect, Exit, Layer } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { once } from "node:events"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { WebSocketRoutes } from "../../src/server/WebSocketRoutes.ts"
import type { Socket, UpgradeDecision, UpgradeRequest } from "../../src/server/WebSocketRoutes.ts"
import { engines } from "./support/engines.ts"
import { rawConnection } from "./support/rawConnection.ts"
import { startServer } from "./support/startServer.ts"
import type { RunningServer } from "./support/startServer.ts"

const maxFrameBytes = 100_000
const maxBackpressureBytes = 300_000

interface Session {
  readonly name: string
}

/** What the routes saw, for the claims. */
const seen = {
  sockets: [] as Array<Socket>,
  closes: [] as Array<{ readonly name: string; readonly code: number; readonly reason: string }>,
  requests: [] as Array<UpgradeRequest>,
  interrupted: 0,
  authorizing: 0,
  drains: 0
}

const authorize = (request: UpgradeRequest): Effect.Effect<UpgradeDecision<Session>> =>
  Effect.gen(function* () {
    seen.requests.push(request)
    const how = new URL(request.url, "http://x").searchParams.get("how")
    if (how === "later") yield* Effect.sleep(1)
    if (how === "never") {
      seen.authorizing += 1
      return yield* Effect.onExit(Effect.never, (exit) =>
        Effect.sync(() => {
          if (Exit.hasInterrupts(exit)) seen.interrupted += 1
        })
      )
    }
    if (how === "defect") return yield* Effect.die(new Error("a defect of the test"))
    if (how === "refuse" || how === "later-refuse") {
      if (how === "later-refuse") yield* Effect.sleep(1)
      return { ok: false, status: 401, headers: { "content-type": "text/plain", "x-why": "test" }, body: "no" }
    }
    const protocol = request.protocols.find((offer) => offer === "parley.test")
    return { ok: true, protocol, data: { name: request.header("x-name") ?? "anonymous" } }
  })

const app = Layer.mergeAll(
  HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")),
  Layer.effectDiscard(
    Effect.gen(function* () {
      const routes = yield* WebSocketRoutes
      yield* routes.add<Session, never>({
        path: "/ws",
        maxFrameBytes,
        maxBackpressureBytes,
        authorize,
        open: (socket, { name }) => {
          seen.sockets.push(socket)
          socket.send(`hello ${name}`)
        },
        message: (socket, _, message) => {
          if (typeof message !== "string") return void socket.send(message)
          if (message === "throw") throw new Error("an error of the test")
          if (message === "bye") return socket.end(4_001, "as asked")
          if (message === "drop") return socket.terminate()
          if (message === "three") {
            socket.cork(() => {
              for (const part of ["a", "b", "c"]) socket.send(part)
            })
          } else socket.send(`echo ${message}`)
        },
        drain: () => {
          seen.drains += 1
        },
        close: (socket, { name }, code, reason) => {
          expect(socket.closed).toBe(true)
          expect(socket.send("late")).toBe(2)
          socket.end(1_000, "again")
          socket.terminate()
          seen.closes.push({ name, code, reason })
        }
      })
    })
  )
)

interface Client {
  readonly ws: NodeWS.WebSocket
  readonly received: Array<string>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

describe.each(engines)("WebSockets on %s", (engine) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(engine, app)
  })
  afterAll(() => server.close())

  const address = (query = "") => `${server.url.replace("http", "ws")}/ws${query}`
  const open = async (query = "", protocols: Array<string> = [], name = "anonymous"): Promise<Client> => {
    const ws = new NodeWS.WebSocket(address(query), protocols, { headers: { "x-name": name } })
    const received: Array<string> = []
    ws.on("message", (data) => received.push(String(data)))
    const closed = new Promise<{ code: number; reason: string }>((resolve) =>
      ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }))
    )
    await once(ws, "open")
    await expect.poll(() => received.length).toBeGreaterThan(0)
    return { ws, received, closed }
  }
  const refusal = (query: string): Promise<{ status: number; headers: Record<string, unknown>; body: string }> =>
    new Promise((resolve, reject) => {
      const ws = new NodeWS.WebSocket(address(query))
      ws.on("open", () => reject(new Error("was accepted")))
      ws.on("error", reject)
      ws.on("unexpected-response", (_, response) => {
        let body = ""
        response.on("data", (chunk: Buffer) => (body += chunk.toString()))
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      })
    })

  it("opens, sends text and bytes both ways, and tells both sides why it closed", async () => {
    const client = await open("?a=1", [], "mia")
    client.ws.send("ü")
    client.ws.send(Buffer.from([1, 2, 255]))
    await expect.poll(() => client.received).toContain("echo ü")
    await expect.poll(() => client.received.length).toBe(3)
    expect(client.received[0]).toBe("hello mia")
    const request = seen.requests.at(-1)!
    expect(request.url).toBe("/ws?a=1")
    expect(request.remoteAddress).toBe("127.0.0.1")
    expect(request.header("x-absent")).toBeUndefined()
    client.ws.close(4_321, "enough")
    await expect.poll(() => seen.closes.at(-1)).toEqual({ name: "mia", code: 4_321, reason: "enough" })
  })

  it("counts sockets apart from HTTP connections", async () => {
    await expect.poll(() => server.gateway.connections().webSockets).toBe(0)
    const client = await open()
    expect(server.gateway.connections().webSockets).toBe(1)
    client.ws.close()
    await client.closed
    await expect.poll(() => server.gateway.connections().webSockets).toBe(0)
    expect(server.gateway.connections().http).toBeGreaterThanOrEqual(0)
  })

  it("selects the subprotocol that the route chose among those offered, and never echoes another", async () => {
    const client = await open("", ["parley.key.secret", "parley.test"])
    expect(client.ws.protocol).toBe("parley.test")
    expect(seen.requests.at(-1)!.protocols).toEqual(["parley.key.secret", "parley.test"])
    client.ws.close()
  })

  it("decides later as well as at once", async () => {
    const client = await open("?how=later", [], "late")
    expect(client.received).toEqual(["hello late"])
    client.ws.close()
    await client.closed
  })

  it("keeps every socket open that was decided late", async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => open("?how=later")))
    for (const client of clients) client.ws.send("still there")
    await Promise.all(clients.map((client) => expect.poll(() => client.received).toContain("echo still there")))
    for (const client of clients) client.ws.terminate()
    await expect.poll(() => server.gateway.connections().webSockets).toBe(0)
  })

  it.each(["?how=refuse", "?how=later-refuse"])("refuses with status, headers and body (%s)", async (query) => {
    const refused = await refusal(query)
    expect(refused).toMatchObject({ status: 401, body: "no" })
    expect(refused.headers).toMatchObject({ "x-why": "test", "content-type": "text/plain" })
  })

  it("refuses with 500 when the decision has a defect", async () => {
    expect((await refusal("?how=defect")).status).toBe(500)
  })

  it("interrupts a decision whose client leaves", async () => {
    const before = seen.interrupted
    const authorizing = seen.authorizing
    const connection = await rawConnection(server.port)
    connection.send(
      "GET /ws?how=never HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await expect.poll(() => seen.authorizing).toBe(authorizing + 1)
    connection.socket.destroy()
    await expect.poll(() => seen.interrupted).toBe(before + 1)
  })

  it("says which version it speaks to a client of another", async () => {
    const connection = await rawConnection(server.port)
    connection.send(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    const answer = await connection.until((text) => text.includes("\r\n\r\n"))
    expect(answer).toMatch(/^HTTP\/1.1 426 /)
    expect(answer.toLowerCase()).toContain("sec-websocket-version: 13")
    connection.socket.destroy()
  })

  it("answers an ordinary request to the route's path, and an upgrade of any other path, as HTTP", async () => {
    expect((await fetch(`${server.url}/ws`)).status).toBe(404)
    const ws = new NodeWS.WebSocket(`${server.url.replace("http", "ws")}/hello`)
    const [, response] = await once(ws, "unexpected-response")
    expect(response.statusCode).toBe(200)
    response.destroy()
  })

  it("packs corked sends and keeps their order", async () => {
    const client = await open()
    client.ws.send("three")
    await expect.poll(() => client.received.slice(1)).toEqual(["a", "b", "c"])
    client.ws.close()
  })

  it("ends with the code and reason it was told", async () => {
    const client = await open("", [], `asked on ${engine}`)
    client.ws.send("bye")
    expect(await client.closed).toEqual({ code: 4_001, reason: "as asked" })
    await expect.poll(() => seen.closes.some(({ name, code }) => name === `asked on ${engine}` && code === 4_001)).toBe(true)
  })

  it("drops a connection without a word when told to", async () => {
    const client = await open()
    client.ws.send("drop")
    expect((await client.closed).code).toBe(1_006)
  })

  it("ends only the socket whose callback threw", async () => {
    const bystander = await open()
    const client = await open()
    client.ws.send("throw")
    expect((await client.closed).code).toBe(1_011)
    bystander.ws.send("still here")
    await expect.poll(() => bystander.received).toContain("echo still here")
    bystander.ws.close()
  })

  it("closes a socket whose frame is too long, and no other", async () => {
    const client = await open()
    client.ws.send("x".repeat(maxFrameBytes + 1))
    expect([1_006, 1_009]).toContain((await client.closed).code)
    expect(await (await fetch(`${server.url}/hello`)).text()).toBe("hello")
  })

  it("closes a socket that breaks the protocol", async () => {
    const connection = await rawConnection(server.port)
    connection.send(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await connection.until((text) => text.startsWith("HTTP/1.1 101"))
    connection.send(Buffer.alloc(16, 0xff))
    await connection.closed()
  })

  it("says buffered, then drained, to a peer that reads late, and loses nothing", async () => {
    const client = await open("", [], `late reader on ${engine}`)
    const socket = seen.sockets.at(-1)!
    const text = "y".repeat(20_000)
    client.ws.pause()
    let sent = 0
    const drains = seen.drains
    // The kernel takes megabytes first; the loop lets it.
    for (let turn = 0; turn < 2_000 && socket.bufferedBytes() < maxBackpressureBytes / 2; turn += 1) {
      expect(socket.send(text)).not.toBe(2)
      sent += 1
      await new Promise(setImmediate)
    }
    expect(socket.bufferedBytes()).toBeGreaterThan(0)
    client.ws.resume()
    await expect.poll(() => client.received.length).toBe(sent + 1)
    expect(seen.drains).toBeGreaterThan(drains)
    expect(socket.bufferedBytes()).toBe(0)
    client.ws.close()
    await client.closed
  })

  it("declares a peer dead that never reads, once, and not inside send", async () => {
    const client = await open("", [], `never reads on ${engine}`)
    const socket = seen.sockets.at(-1)!
    client.ws.pause()
    const text = "y".repeat(50_000)
    const closedInside = () => seen.closes.some(({ name }) => name === `never reads on ${engine}`)
    let result: number = 1
    for (let turn = 0; turn < 5_000 && result !== 2; turn += 1) {
      result = socket.send(text)
      if (result === 2) expect(closedInside()).toBe(false)
      await new Promise(setImmediate)
    }
    expect(result).toBe(2)
    expect(socket.closed).toBe(true)
    expect(socket.bufferedBytes()).toBe(0)
    await expect.poll(closedInside).toBe(true)
    expect(seen.closes.filter(({ name }) => name === `never reads on ${engine}`)).toHaveLength(1)
    client.ws.terminate()
  })
})

describe.each(engines)("a silent WebSocket on %s", (engine) => {
  it("is pinged, and closed when it does not answer", async () => {
    const gone = Deferred.makeUnsafe<number>()
    const silent = Layer.effectDiscard(
      Effect.flatMap(WebSocketRoutes, (routes) =>
        routes.add<undefined, never>({
          path: "/silent",
          maxFrameBytes,
          // The least that uWebSockets takes.
          idleTimeoutSeconds: engine === "node" ? 1 : 8,
          authorize: () => Effect.succeed({ ok: true, data: undefined }),
          open: () => {},
          message: () => {},
          drain: () => {},
          close: (_, __, code) => Deferred.doneUnsafe(gone, Effect.succeed(code))
        })
      )
    )
    const server = await startServer(engine, silent)
    const connection = await rawConnection(server.port)
    connection.send(
      "GET /silent HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    expect(await Effect.runPromise(Deferred.await(gone))).toBe(1_006)
    // A ping frame came first: final, opcode 9.
    expect(connection.text()).toContain("\x89\x00")
    await server.close()
  })
})
