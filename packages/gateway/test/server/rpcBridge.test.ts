import * as NodeWS from "@effect/platform-node/NodeWS"
import { Effect, Layer, Schema, Stream } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"
import * as Socket from "effect/socket/Socket"
import { once } from "node:events"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "./support/engines.ts"
import { rawConnection } from "./support/rawConnection.ts"
import { startServer } from "./support/startServer.ts"
import type { RunningServer } from "./support/startServer.ts"

const TestRpcs = RpcGroup.make(
  Rpc.make("Double", { payload: { value: Schema.Finite }, success: Schema.Finite }),
  Rpc.make("Count", { payload: { to: Schema.Finite }, success: Schema.String, stream: true })
)

/** Long enough that all of them together do not fit into the kernel's buffers. */
const padding = "p".repeat(20_000)

const handlers = TestRpcs.toLayer({
  Double: ({ value }) => Effect.succeed(value * 2),
  Count: ({ to }) => Stream.map(Stream.range(1, to), (value) => `${value}${padding}`)
})

const serve = (protocol: Layer.Layer<RpcServer.Protocol, never, RpcSerialization.RpcSerialization | HttpRouter.HttpRouter>) =>
  RpcServer.layer(TestRpcs).pipe(Layer.provide(handlers), Layer.provide(protocol), Layer.provide(RpcSerialization.layerNdjson))

const app = Layer.mergeAll(
  serve(RpcServer.layerProtocolHttp({ path: "/rpc" })),
  serve(RpcServer.layerProtocolWebsocket({ path: "/rpc-socket" })),
  HttpRouter.add("GET", "/raw-socket", (request) =>
    Effect.gen(function* () {
      const socket = yield* request.upgrade
      const writer = yield* socket.writer
      const { pull } = yield* socket.reader
      yield* Effect.forever(
        Effect.flatMap(pull, (messages) =>
          messages.includes("close") ? writer.write(new Socket.CloseEvent(4_002, "as asked")) : writer.writeAll(messages)
        )
      ).pipe(Effect.ignore)
      return HttpServerResponse.empty()
    }).pipe(Effect.scoped, Effect.orDie)
  ),
  HttpRouter.add("GET", "/with-headers", (request) =>
    Effect.as(request.upgradeWith({ headers: { "x-a": "1" } }), HttpServerResponse.empty()).pipe(Effect.orDie)
  ),
  HttpRouter.add("GET", "/refuses", HttpServerResponse.text("no", { status: 403 }))
)

describe.each(engines)("effect/rpc and generic sockets on %s", (engine) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(engine, app)
  })
  afterAll(() => server.close())

  const overHttp = () =>
    RpcClient.layerProtocolHttp({ url: `${server.url}/rpc` }).pipe(
      Layer.provide(RpcSerialization.layerNdjson),
      Layer.provide(FetchHttpClient.layer)
    )
  const overSocket = () =>
    RpcClient.layerProtocolSocket().pipe(
      Layer.provide(RpcSerialization.layerNdjson),
      Layer.provide(Socket.layerWebSocket(`${server.url.replace("http", "ws")}/rpc-socket`)),
      Layer.provide(NodeWS.layerWebSocketConstructor)
    )

  it.each([
    ["HTTP", overHttp],
    ["a WebSocket", overSocket]
  ])("calls and streams over %s", async (_, protocol) => {
    const program = Effect.gen(function* () {
      const client = yield* RpcClient.make(TestRpcs)
      const doubled = yield* Effect.all([client.Double({ value: 2 }), client.Double({ value: 21 })], { concurrency: 2 })
      const counted = yield* Stream.runCollect(client.Count({ to: 400 }))
      return { doubled, counted: [...counted].map((text) => Number.parseInt(text, 10)) }
    })
    const { counted, doubled } = await Effect.runPromise(Effect.scoped(Effect.provide(program, protocol())))
    expect(doubled).toEqual([4, 42])
    expect(counted).toEqual(Array.from({ length: 400 }, (_unused, index) => index + 1))
  })

  const address = () => server.url.replace("http", "ws")

  it("echoes text and bytes through the generic socket, and closes with its own code", async () => {
    const ws = new NodeWS.WebSocket(`${address()}/raw-socket`)
    await once(ws, "open")
    ws.send("text")
    expect(String((await once(ws, "message"))[0])).toBe("text")
    ws.send(Buffer.from([0, 255]))
    expect((await once(ws, "message"))[0]).toEqual(Buffer.from([0, 255]))
    ws.send("close")
    const [code, reason] = await once(ws, "close")
    expect([code, String(reason)]).toEqual([4_002, "as asked"])
    await expect.poll(() => server.gateway.connections().webSockets).toBe(0)
  })

  it("answers like any request when the handler does not take the upgrade", async () => {
    for (const [path, status] of [
      ["/refuses", 403],
      ["/nowhere", 404]
    ] as const) {
      const ws = new NodeWS.WebSocket(`${address()}${path}`)
      const [, response] = await once(ws, "unexpected-response")
      expect(response.statusCode).toBe(status)
      response.destroy()
    }
  })

  it("fails an upgrade that an ordinary request, or one with headers of its own, asks for", async () => {
    const ordinary = await fetch(`${server.url}/raw-socket`)
    expect(ordinary.status).toBeGreaterThanOrEqual(400)
    await ordinary.arrayBuffer()
    const ws = new NodeWS.WebSocket(`${address()}/with-headers`)
    const [, response] = await once(ws, "unexpected-response")
    expect(response.statusCode).toBeGreaterThanOrEqual(400)
    response.destroy()
  })

  it("ends the generic socket when its peer drops the connection", async () => {
    const connection = await rawConnection(server.port)
    connection.send(
      "GET /raw-socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await connection.until((text) => text.startsWith("HTTP/1.1 101"))
    connection.socket.destroy()
    await expect.poll(() => server.gateway.connections().inFlight).toBe(0)
  })
})
