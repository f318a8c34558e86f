/** What whoever runs Parley asks: health, metrics, and the API's own description. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createHash } from "node:crypto"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

describe.each(engines)("operations, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  const open = async (path: string) => {
    const response = await fetch(`${doors.url}${path}`)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  it("is live as long as it answers, for anybody", async () => {
    expect(await open("/health/live")).toMatchObject({ status: 200, text: '{"status":"live"}' })
  })

  it("is ready only while its parts are, and names them", async () => {
    expect(JSON.parse((await open("/health/ready")).text)).toEqual({ status: "ready", parts: { postgres: "up" } })
    doors.readiness.ready = false
    doors.readiness.parts = { postgres: "down", process: "draining" }
    const answer = await open("/health/ready")
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      503,
      { status: "not ready", parts: { postgres: "down", process: "draining" } }
    ])
    expect(answer.headers.get("cache-control")).toBe("no-store")
    doors.readiness.ready = true
  })

  it("gives metrics to a key with the scope and to administrators, and to nobody else", async () => {
    for (const key of [doorKeys.metrics, doorKeys.admin]) {
      const answer = await doors.ask("GET", "/metrics", undefined, { authorization: `Bearer ${key}` })
      expect(answer.status).toBe(200)
      expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/)
    }
    expect((await doors.ask("GET", "/metrics")).status).toBe(403)
    expect((await open("/metrics")).status).toBe(401)
  })

  it("counts requests by door, method and status, and makes no series of what is asked", async () => {
    const read = async () => (await doors.ask("GET", "/metrics", undefined, { authorization: `Bearer ${doorKeys.metrics}` })).text
    const valueOf = (text: string, labels: ReadonlyArray<string>) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith("http_requests_total{") && labels.every((label) => line.includes(label)))
          ?.split(" ")
          .at(-1) ?? 0
      )
    const notFound = ['door="api"', 'method="GET"', 'status="404"']
    const before = await read()
    for (let i = 0; i < 20; i++) await doors.ask("GET", `/api/nothing-${i}`)
    await doors.ask("GET", "/v1/models")
    await doors.ask("BREW", "/api/me").catch(() => undefined)
    const after = await read()
    expect(valueOf(after, notFound) - valueOf(before, notFound)).toBe(20)
    expect(valueOf(after, ['door="openai"', 'method="GET"', 'status="200"'])).toBeGreaterThan(0)
    expect(after).not.toContain("nothing-1")
    expect(after).not.toContain("BREW")
  })

  it("counts a stream by what it came to, also when it failed before it began", async () => {
    const read = async () => (await doors.ask("GET", "/metrics", undefined, { authorization: `Bearer ${doorKeys.metrics}` })).text
    const counted = (text: string, status: number) =>
      Number(
        text
          .split("\n")
          .find(
            (line) =>
              line.startsWith("http_requests_total{") &&
              line.includes('door="openai"') &&
              line.includes('method="POST"') &&
              line.includes(`status="${status}"`)
          )
          ?.split(" ")
          .at(-1) ?? 0
      )
    const ask = (model: string) =>
      doors.ask("POST", "/v1/chat/completions", { model, messages: [{ role: "user", content: "Hello" }], stream: true })
    const before = await read()
    await ask("demo/echo-1")
    await ask("nobody/nothing")
    const after = await read()
    expect([200, 404].map((status) => counted(after, status) - counted(before, status))).toEqual([1, 1])
  })

  it("describes the whole API as OpenAPI 3.1", async () => {
    const answer = await open("/openapi.json")
    const document = JSON.parse(answer.text)
    expect(document.openapi).toMatch(/^3\.1/)
    expect(document.info).toMatchObject({ title: "Parley" })
    // Every endpoint of the native API is there by itself; these are of doors that are described beside it.
    const described = Object.values(ParleyApi.groups).flatMap((group) =>
      Object.values(group.endpoints).map((endpoint) => endpoint.path.replace(/(?<=.)\/$/, "").replace(/:([A-Za-z]+)/g, "{$1}"))
    )
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        ...described,
        "/v1/chat/completions",
        "/v1/embeddings",
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/models",
        "/v1/models/{id}",
        "/v1/responses"
      ])
    )
    const send = document.paths["/api/conversations/{id}/messages"].post
    expect(Object.keys(send.responses).sort()).toEqual(["202", "400", "401", "403", "404", "409", "413", "500", "503"])
    expect(send.responses["400"].content).toHaveProperty(["application/problem+json"])
    expect(Object.values(document.components.securitySchemes)).toEqual(
      expect.arrayContaining(
        [
          { type: "http", scheme: "Bearer" },
          { type: "apiKey", in: "header", name: "x-api-key" },
          { type: "apiKey", in: "cookie", name: "parley_session" }
        ].map((scheme) => expect.objectContaining(scheme))
      )
    )
  })

  it("shows it to people on a page that may load nothing from elsewhere and runs only its own scripts", async () => {
    const page = await open("/docs")
    expect([page.status, page.headers.get("content-type")]).toEqual([200, expect.stringMatching(/^text\/html/)])
    expect(page.text).not.toMatch(/<(script|link|img)[^>]+(src|href)=/)
    const policy = page.headers.get("content-security-policy") ?? ""
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
    const scripts = [...page.text.matchAll(/<script>([\s\S]*?)<\/script>/g)]
    expect(scripts.length).toBeGreaterThan(0)
    for (const [, script = ""] of scripts) expect(policy).toContain(createHash("sha256").update(script).digest("base64"))
    expect((await open("/docs")).headers.get("content-security-policy")).toBe(policy)
  })
})
