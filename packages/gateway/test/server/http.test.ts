import { Effect, Layer, Option } from "effect"
import * as Cookies from "effect/http/Cookies"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "./support/engines.ts"
import { rawConnection } from "./support/rawConnection.ts"
import { startServer } from "./support/startServer.ts"
import type { RunningServer } from "./support/startServer.ts"

const app = Layer.mergeAll(
  HttpRouter.add("*", "/method", (request) => Effect.succeed(HttpServerResponse.text(request.method))),
  HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")),
  HttpRouter.add("GET", "/later", Effect.as(Effect.yieldNow, HttpServerResponse.text("later"))),
  HttpRouter.add("GET", "/items/:id", (request) =>
    Effect.map(HttpRouter.params, ({ id }) => HttpServerResponse.jsonUnsafe({ id, url: request.url }))
  ),
  HttpRouter.add("GET", "/headers", (request) =>
    // Read after a suspension: the native request is gone by then.
    Effect.as(Effect.yieldNow, undefined).pipe(
      Effect.map(() =>
        HttpServerResponse.jsonUnsafe({
          headers: { ...request.headers },
          cookies: request.cookies,
          address: Option.getOrNull(request.remoteAddress),
          originalUrl: request.originalUrl
        })
      )
    )
  ),
  HttpRouter.add("GET", "/cookies", () => {
    const cookies = Cookies.setAllUnsafe(Cookies.empty, [
      ["a", "1"],
      ["b", "2", { httpOnly: true }]
    ])
    return Effect.succeed(HttpServerResponse.empty({ status: 200, cookies }))
  }),
  HttpRouter.add("GET", "/latin", HttpServerResponse.text("ok", { headers: { "x-name": "Zoë" } })),
  HttpRouter.add("GET", "/break", HttpServerResponse.text("ok", { headers: { "x-evil": "a\r\nset-cookie: b=c" } })),
  HttpRouter.add("GET", "/defect", Effect.die(new Error("a defect of the test"))),
  HttpRouter.add("GET", "/status/:status", () =>
    Effect.map(HttpRouter.params, ({ status }) => HttpServerResponse.empty({ status: Number(status) }))
  ),
  HttpRouter.add("GET", "/teapot", HttpServerResponse.empty({ status: 418, statusText: "Short and stout" })),
  HttpRouter.add(
    "GET",
    "/modified",
    Effect.gen(function* () {
      const request = yield* HttpServerRequest
      const other = request.modify({ url: "/other", remoteAddress: Option.some("192.0.2.1") })
      return HttpServerResponse.jsonUnsafe({
        url: other.url,
        original: other.originalUrl,
        address: Option.getOrNull(other.remoteAddress),
        peer: Option.isSome(request.peerAddress),
        again: other.modify({ protocol: "https" }).protocol,
        json: JSON.stringify(other).includes("HttpServerRequest")
      })
    })
  )
)

describe.each(engines)("HTTP on %s", (engine) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(engine, app, { maxHeaderBytes: 16_384 })
  })
  afterAll(() => server.close())

  it.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("passes %s on", async (method) => {
    const response = await fetch(`${server.url}/method`, { method })
    expect(await response.text()).toBe(method)
  })

  it("answers a handler that suspends like one that does not", async () => {
    for (const path of ["hello", "later"]) {
      const response = await fetch(`${server.url}/${path}`)
      expect(response.status).toBe(200)
      expect(response.headers.get("content-type")).toContain("text/plain")
      expect(await response.text()).toBe(path)
    }
  })

  it("gives path parameters and the query to the handler", async () => {
    const response = await fetch(`${server.url}/items/a%20b?x=1&y=%2F`)
    expect(await response.json()).toEqual({ id: "a b", url: "/items/a%20b?x=1&y=%2F" })
  })

  it("keeps headers, cookies and the address readable after the native request is gone", async () => {
    const connection = await rawConnection(server.port)
    connection.send(
      "GET /headers HTTP/1.1\r\nHost: example.test\r\nX-Twice: 1\r\nX-Twice: 2\r\nCookie: a=1\r\nCookie: b=2\r\nConnection: close\r\n\r\n"
    )
    const answer = await connection.closed()
    const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))
    expect(body.headers).toMatchObject({ host: "example.test", "x-twice": "1, 2", cookie: "a=1; b=2" })
    expect(body.cookies).toEqual({ a: "1", b: "2" })
    expect(body.address).toBe("127.0.0.1")
    expect(body.originalUrl).toBe("http://example.test/headers")
  })

  it("takes headers of ten kilobytes", async () => {
    const response = await fetch(`${server.url}/headers`, { headers: { "x-long": "x".repeat(10_000) } })
    expect(response.status).toBe(200)
  })

  it("sends each cookie in a header of its own", async () => {
    const response = await fetch(`${server.url}/cookies`)
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2; HttpOnly"])
  })

  // Node writes the head as UTF-8 when it goes out together with a text.
  it.skipIf(engine === "node")("sends header text as Latin-1", async () => {
    const response = await fetch(`${server.url}/latin`)
    expect(response.headers.get("x-name")).toBe("Zoë")
  })

  it("refuses to send a header with a line break, and nothing of it leaks", async () => {
    const response = await fetch(`${server.url}/break`)
    expect(response.status).toBe(500)
    expect(response.headers.getSetCookie()).toEqual([])
    await response.arrayBuffer()
    expect((await fetch(`${server.url}/hello`)).status).toBe(200)
  })

  it("answers an unknown path with a 404 problem", async () => {
    const response = await fetch(`${server.url}/nowhere`)
    expect(response.status).toBe(404)
    expect(response.headers.get("content-type")).toContain("application/problem+json")
    expect(await response.json()).toMatchObject({ status: 404, code: "not_found" })
  })

  it("answers a defect with a 500 problem that does not show it, and lives on", async () => {
    const response = await fetch(`${server.url}/defect`)
    expect(response.status).toBe(500)
    const body = await response.text()
    expect(body).toContain("internal")
    expect(body).not.toContain("a defect of the test")
    expect((await fetch(`${server.url}/hello`)).status).toBe(200)
  })

  it.each([204, 304])("sends %s without a body, and the connection stays usable", async (status) => {
    const connection = await rawConnection(server.port)
    connection.send(`GET /status/${status} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const head = await connection.until((text) => text.includes("\r\n\r\n"))
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    connection.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
    const both = await connection.until((text) => text.endsWith("hello"))
    expect(both.slice(head.length)).toMatch(/^HTTP\/1.1 200 OK/)
    connection.socket.destroy()
  })

  it("sends 205 with a length of zero", async () => {
    const response = await fetch(`${server.url}/status/205`)
    expect(response.status).toBe(205)
    expect(await response.text()).toBe("")
  })

  it("sends a status text of the handler's own", async () => {
    const response = await fetch(`${server.url}/teapot`)
    expect([response.status, response.statusText]).toEqual([418, "Short and stout"])
    await response.arrayBuffer()
  })

  it("answers HEAD with the length of what GET would send, and no body", async () => {
    for (const path of ["hello", "later"]) {
      const response = await fetch(`${server.url}/${path}`, { method: "HEAD" })
      expect(response.status).toBe(200)
      expect(response.headers.get("content-length")).toBe("5")
      expect(await response.text()).toBe("")
    }
  })

  it("lets middleware change the request it passes on", async () => {
    const response = await fetch(`${server.url}/modified`)
    expect(await response.json()).toEqual({
      url: "/other",
      original: `${server.url}/modified`,
      address: "192.0.2.1",
      peer: true,
      again: "https",
      json: true
    })
  })

  it("answers requests that were sent in one packet in their order", async () => {
    const connection = await rawConnection(server.port)
    connection.send(
      "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /items/2 HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    const answer = await connection.closed()
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
    expect(answer.indexOf("hello")).toBeLessThan(answer.indexOf('"2"'))
    expect(answer.endsWith("hello")).toBe(true)
  })

  it("keeps a connection open for the next request", async () => {
    const connection = await rawConnection(server.port)
    for (let turn = 1; turn <= 3; turn += 1) {
      connection.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
      await connection.until((text) => (text.match(/later/g) ?? []).length === turn)
    }
    connection.socket.destroy()
  })

  it.each([
    ["no HTTP at all", "hello there\r\n\r\n"],
    ["a bad version", "GET /hello HTTP/9.9\r\nHost: x\r\n\r\n"],
    ["two lengths that differ", "POST /method HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nabcde"],
    ["an empty length before another", "POST /method HTTP/1.1\r\nHost: x\r\nContent-Length:\r\nContent-Length: 5\r\n\r\nabcde"],
    ["a length that is not a number", "POST /method HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\nabcde"],
    [
      "a length and an encoding",
      "POST /method HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ],
    ["an encoding that is not chunked", "POST /method HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["headers without an end", `GET /hello HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(40_000)}\r\n\r\n`]
  ])("never answers %s as if it were a request, and lives on", async (_, bytes) => {
    const connection = await rawConnection(server.port)
    connection.send(bytes)
    const answer = await connection.closed()
    expect(answer).not.toContain("200 OK")
    expect(await (await fetch(`${server.url}/hello`)).text()).toBe("hello")
  })
})

describe("on Linux x64", () => {
  it.runIf(process.platform === "linux" && process.arch === "x64")("at least one build of uWebSockets loads", () => {
    expect(engines.some((engine) => engine !== "node")).toBe(true)
  })
})
