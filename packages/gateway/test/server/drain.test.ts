import * as NodeWS from "@effect/platform-node/NodeWS"
import { Deferred, Effect, Layer } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { once } from "node:events"
import { describe, expect, it } from "vitest"
import * as PushResponse from "../../src/server/PushResponse.ts"
import { WebSocketRoutes } from "../../src/server/WebSocketRoutes.ts"
import { engines } from "./support/engines.ts"
import { rawConnection } from "./support/rawConnection.ts"
import { startServer } from "./support/startServer.ts"

const makeApp = () => {
  const go = Deferred.makeUnsafe<void>()
  let interrupted = false
  const app = Layer.mergeAll(
    HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")),
    HttpRouter.add("GET", "/slow", Effect.as(Deferred.await(go), HttpServerResponse.text("slow"))),
    HttpRouter.add(
      "GET",
      "/push",
      PushResponse.make({
        start: (writer) => {
          writer.write("first ")
          return Effect.map(Deferred.await(go), () => void writer.write("last"))
        }
      })
    ),
    HttpRouter.add(
      "GET",
      "/forever",
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (interrupted = true)))
    ),
    Layer.effectDiscard(
      Effect.flatMap(WebSocketRoutes, (routes) =>
        routes.add<undefined, never>({
          path: "/ws",
          maxFrameBytes: 1_000,
          authorize: () => Effect.succeed({ ok: true, data: undefined }),
          open: (socket) => void socket.send("open"),
          message: () => {},
          drain: () => {},
          close: () => {}
        })
      )
    )
  )
  return { app, go: () => Deferred.doneUnsafe(go, Effect.void), interrupted: () => interrupted }
}

describe.each(engines)("stopping on %s", (engine) => {
  it("lets what is in flight finish, refuses new connections, and closes WebSockets with 1012", async () => {
    const { app, go } = makeApp()
    const server = await startServer(engine, app)
    const slow = await rawConnection(server.port)
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    const push = await rawConnection(server.port)
    push.send("GET /push HTTP/1.1\r\nHost: x\r\n\r\n")
    await push.until((text) => text.includes("first"))
    await expect.poll(() => server.gateway.connections().inFlight).toBe(2)
    const ws = new NodeWS.WebSocket(`${server.url.replace("http", "ws")}/ws`)
    await once(ws, "open")
    const wsClosed = once(ws, "close")

    const closing = server.close()
    await expect
      .poll(() =>
        fetch(`${server.url}/hello`).then(
          () => "answered",
          () => "refused"
        )
      )
      .toBe("refused")
    go()
    expect(await slow.closed()).toMatch(/connection: close[\s\S]*slow$/i)
    expect(await push.closed()).toContain("last")
    expect((await wsClosed)[0]).toBe(1_012)
    await closing
    expect(server.gateway.connections().inFlight).toBe(0)
  })

  it("waits no longer than it was told, and interrupts what is left", async () => {
    const { app, interrupted } = makeApp()
    const server = await startServer(engine, app, { drainTimeoutMs: 50 })
    const connection = await rawConnection(server.port)
    connection.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
    await expect.poll(() => server.gateway.connections().inFlight).toBe(1)
    await server.close()
    expect(await connection.closed()).not.toContain("200 OK")
    await expect.poll(interrupted).toBe(true)
  })

  it("tells a kept connection to close once it has stopped accepting, and refuses its upgrade", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app)
    const busy = await rawConnection(server.port)
    busy.send("GET /push HTTP/1.1\r\nHost: x\r\n\r\n")
    await busy.until((text) => text.includes("first"))
    const request = await rawConnection(server.port)
    // The head is half sent, so that no engine takes the connection for idle.
    request.send("GET /hello HTTP/1.1\r\n")
    await expect.poll(() => server.gateway.connections().http).toBe(2)
    await Effect.runPromise(server.gateway.stopAccepting)
    await Effect.runPromise(server.gateway.stopAccepting)
    request.send("Host: x\r\n\r\n")
    const answer = await request.closed()
    expect(answer).toMatch(/connection: close/i)
    expect(answer.endsWith("hello")).toBe(true)
    busy.socket.destroy()
    await server.close()
  })

  it("ends each connection with its answer before it stops accepting, and still takes new ones", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app)
    const kept = await rawConnection(server.port)
    kept.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
    expect(await kept.until((text) => text.endsWith("hello"))).not.toMatch(/connection: close/i)
    await Effect.runPromise(server.gateway.endKeepAlive)
    kept.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
    expect(await kept.closed()).toMatch(/connection: close[\s\S]*hello$/i)
    const fresh = await rawConnection(server.port)
    fresh.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
    expect(await fresh.closed()).toMatch(/connection: close[\s\S]*hello$/i)
    await server.close()
  })

  it("counts nobody whose connection is gone, pipelined or refused", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app)
    const pipelined = await rawConnection(server.port)
    pipelined.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\nGET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
    // Node queues the second; uWebSockets closes a connection that asks again before its answer.
    await expect.poll(() => server.gateway.connections().inFlight).toBe(engine === "node" ? 2 : 0)
    pipelined.socket.destroy()
    const version = await rawConnection(server.port)
    version.send(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await version.until((text) => text.includes("\r\n\r\n"))
    version.socket.destroy()
    await expect.poll(() => server.gateway.connections()).toEqual({ http: 0, webSockets: 0, inFlight: 0 })
    await server.close()
  })

  it("can be drained by the program and again by its layer", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app)
    await Effect.runPromise(server.gateway.drain)
    await server.close()
  })
})

describe.each(engines)("listening on %s", (engine) => {
  it("fails when the port is taken, rather than sharing it", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app)
    await expect(startServer(engine, app, { port: server.port })).rejects.toThrow()
    await server.close()
  })

  it("names its engine and its address", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app)
    expect(server.gateway.engine).toMatch(engine === "node" ? /^node \d+/ : /^uWebSockets\.js 20\.\d+\.\d+$/)
    expect(server.gateway.address).toEqual({ host: "127.0.0.1", port: server.port, url: `http://127.0.0.1:${server.port}` })
    await server.close()
  })

  it("closes a connection past the bound as soon as it opens", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app, { maxConnections: 2 })
    const first = await rawConnection(server.port)
    const second = await rawConnection(server.port)
    await expect.poll(() => server.gateway.connections().http).toBe(2)
    const third = await rawConnection(server.port)
    await third.closed()
    second.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
    await second.until((text) => text.endsWith("hello"))
    first.socket.destroy()
    second.socket.destroy()
    await server.close()
  })

  it("renders faults as it is told", async () => {
    const { app } = makeApp()
    const server = await startServer(engine, app, {
      maxBodyBytes: 10,
      renderFault: ({ limitBytes, method, status, url }) =>
        url.startsWith("/v1")
          ? {
              contentType: "application/json",
              body: JSON.stringify({ error: { status, method, limitBytes: limitBytes ?? null } })
            }
          : undefined
    })
    expect(await (await fetch(`${server.url}/v1/x`)).json()).toEqual({ error: { status: 404, method: "GET", limitBytes: null } })
    const large = await fetch(`${server.url}/v1/x`, { method: "POST", body: "x".repeat(11) })
    expect(await large.json()).toEqual({ error: { status: 413, method: "POST", limitBytes: 10 } })
    expect(await (await fetch(`${server.url}/x`)).text()).toBe("")
    await server.close()
  })
})
