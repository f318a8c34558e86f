import { Deferred, Effect, Layer, Stream } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Multipart from "effect/http/Multipart"
import * as UrlParams from "effect/http/UrlParams"
import { Readable } from "node:stream"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "./support/engines.ts"
import { decodeChunked, rawConnection } from "./support/rawConnection.ts"
import { startServer } from "./support/startServer.ts"
import type { RunningServer } from "./support/startServer.ts"

const maxBodyBytes = 200_000

const opened: { readonly started: Array<Deferred.Deferred<void>> } = { started: [] }

const fileBody = () => {
  const readable = Readable.from([Buffer.from("one "), Buffer.from("two")])
  return HttpServerResponse.raw(readable, { contentType: "text/plain" })
}

const formBody = () => {
  const form = new FormData()
  form.set("name", "value")
  return HttpServerResponse.formData(form)
}

const app = Layer.mergeAll(
  HttpRouter.add("POST", "/text", (request) => Effect.map(request.text, (text) => HttpServerResponse.text(text))),
  HttpRouter.add("POST", "/json", (request) => Effect.map(request.json, (json) => HttpServerResponse.jsonUnsafe(json))),
  HttpRouter.add("POST", "/twice", (request) =>
    Effect.gen(function* () {
      const bytes = yield* request.arrayBuffer
      yield* Effect.yieldNow
      const text = yield* request.text
      return HttpServerResponse.jsonUnsafe({ bytes: bytes.byteLength, characters: text.length })
    })
  ),
  HttpRouter.add("POST", "/late", (request) =>
    Effect.andThen(
      Effect.yieldNow,
      Effect.map(request.text, (text) => HttpServerResponse.text(text))
    )
  ),
  HttpRouter.add("POST", "/stream", (request) =>
    Effect.gen(function* () {
      const waiting = opened.started.shift()
      let bytes = 0
      yield* Stream.runForEach(request.stream, (chunk) => {
        bytes += chunk.byteLength
        return waiting === undefined ? Effect.void : Deferred.succeed(waiting, undefined)
      })
      return HttpServerResponse.jsonUnsafe({ bytes })
    })
  ),
  HttpRouter.add("POST", "/form", (request) =>
    Effect.map(request.urlParamsBody, (params) => HttpServerResponse.jsonUnsafe(UrlParams.toRecord(params)))
  ),
  HttpRouter.add("POST", "/multipart", (request) =>
    Effect.gen(function* () {
      const parts = yield* Effect.orDie(Stream.runCollect(request.multipartStream))
      const fields = [...parts].filter(Multipart.isField).map(({ key, value }) => [key, value])
      return HttpServerResponse.jsonUnsafe(fields)
    })
  ),
  HttpRouter.add("POST", "/ignored", HttpServerResponse.text("ignored")),
  HttpRouter.add("GET", "/readable", () => Effect.sync(fileBody)),
  HttpRouter.add("GET", "/form-data", () => Effect.sync(formBody)),
  HttpRouter.add("GET", "/raw/:kind", () =>
    Effect.map(HttpRouter.params, ({ kind }) => HttpServerResponse.raw(kind === "text" ? "raw" : Buffer.from("raw")))
  )
)

describe.each(engines)("bodies on %s", (engine) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(engine, app, { maxBodyBytes })
  })
  afterAll(() => server.close())
  const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, { method: "POST", body, headers })

  it("reads text, in one piece or many, whether the handler reads at once or later", async () => {
    for (const path of ["/text", "/late"]) {
      for (const text of ["", "short", "ü".repeat(50_000)]) {
        expect(await (await post(path, text)).text()).toBe(text)
      }
    }
  })

  it("reads JSON, and says 400 to what is not JSON", async () => {
    expect(await (await post("/json", '{"a":[1,"ü"]}')).json()).toEqual({ a: [1, "ü"] })
    const bad = await post("/json", '{"a":')
    expect(bad.status).toBe(400)
    expect(await bad.json()).toMatchObject({ code: "invalid_request" })
  })

  it("lets a handler read the same body twice, as bytes and as text", async () => {
    expect(await (await post("/twice", "ü".repeat(10))).json()).toEqual({ bytes: 20, characters: 10 })
    expect(await (await post("/twice", "ü".repeat(60_000))).json()).toEqual({ bytes: 120_000, characters: 60_000 })
  })

  it("streams a body to its handler while it arrives", async () => {
    const first = Deferred.makeUnsafe<void>()
    opened.started.push(first)
    const connection = await rawConnection(server.port)
    connection.send("POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n")
    await Effect.runPromise(Deferred.await(first))
    connection.send("4\r\ndefg\r\n0\r\n\r\n")
    expect(await connection.closed()).toContain('{"bytes":7}')
  })

  it("streams a body that has already arrived", async () => {
    expect(await (await post("/stream", "x".repeat(1_000))).json()).toEqual({ bytes: 1_000 })
    expect(await (await post("/stream", "")).json()).toEqual({ bytes: 0 })
  })

  it("reads a form", async () => {
    const response = await post("/form", "a=1&b=%C3%BC&a=2", { "content-type": "application/x-www-form-urlencoded" })
    expect(await response.json()).toEqual({ a: ["1", "2"], b: "ü" })
  })

  it("reads a multipart form", async () => {
    const form = new FormData()
    form.set("one", "1")
    form.set("two", "zwei")
    expect(await (await post("/multipart", form)).json()).toEqual([
      ["one", "1"],
      ["two", "zwei"]
    ])
  })

  it("says 413 with the limit to a body that is declared too large, before any handler", async () => {
    const response = await post("/ignored", "x".repeat(maxBodyBytes + 1))
    expect(response.status).toBe(413)
    expect(response.headers.get("content-type")).toContain("application/problem+json")
    expect(await response.json()).toMatchObject({ code: "payload_too_large", limitBytes: maxBodyBytes })
  })

  it("counts a body whose length is not declared, and says 413 past the limit", async () => {
    const connection = await rawConnection(server.port)
    connection.send("POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for (let sent = 0; sent <= maxBodyBytes; sent += 20_000) connection.send(`4e20\r\n${"x".repeat(20_000)}\r\n`)
    connection.send("0\r\n\r\n")
    const answer = await connection.until((text) => text.includes("\r\n\r\n") && text.endsWith("}"))
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain("payload_too_large")
    connection.socket.destroy()
  })

  it("accepts a body of exactly the limit", async () => {
    expect(await (await post("/text", "x".repeat(maxBodyBytes))).text()).toHaveLength(maxBodyBytes)
  })

  it("answers without reading the body, and the connection stays usable", async () => {
    const connection = await rawConnection(server.port)
    connection.send(`POST /ignored HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`)
    await connection.until((text) => text.endsWith("ignored"))
    connection.send("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
    await connection.until((text) => text.endsWith("ok"))
    connection.socket.destroy()
  })

  it("ends a handler whose client leaves in the middle of its body", async () => {
    const first = Deferred.makeUnsafe<void>()
    opened.started.push(first)
    const connection = await rawConnection(server.port)
    connection.send("POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc")
    await Effect.runPromise(Deferred.await(first))
    expect(server.gateway.connections().inFlight).toBeGreaterThan(0)
    connection.socket.destroy()
    await expect.poll(() => server.gateway.connections().inFlight).toBe(0)
  })

  it("sends a Node stream, a form and raw bytes", async () => {
    expect(await (await fetch(`${server.url}/readable`)).text()).toBe("one two")
    const form = await (await fetch(`${server.url}/form-data`)).formData()
    expect(form.get("name")).toBe("value")
    for (const kind of ["text", "bytes"]) expect(await (await fetch(`${server.url}/raw/${kind}`)).text()).toBe("raw")
  })

  it("does not open the body of an answer to HEAD", async () => {
    const connection = await rawConnection(server.port)
    connection.send("HEAD /readable HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    const answer = await connection.closed()
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/)
    expect(answer).not.toContain("one")
    expect(() => decodeChunked(answer)).toThrow()
  })
})
