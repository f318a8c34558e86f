/** What `/v1` answers to requests that it cannot serve: always OpenAI's shape, never a 500. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { maxBodyBytes, startDoors, type Doors } from "../support/startDoors.ts"

const chat = "/v1/chat/completions"
const ask = { model: "demo/echo-1", messages: [{ role: "user", content: "Hello" }] }

interface Row {
  readonly claim: string
  readonly body: unknown
  readonly param: string | null
  readonly says: RegExp
}

const notAnImage = `data:image/png;base64,${btoa("not an image")}`

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`)

const rows: ReadonlyArray<Row> = [
  { claim: "no JSON", body: "{ not json", param: null, says: /not JSON/ },
  { claim: "an empty body", body: "", param: null, says: /not JSON/ },
  { claim: "an array", body: [], param: null, says: /./ },
  { claim: "null", body: "null", param: null, says: /./ },
  { claim: "no model", body: { messages: ask.messages }, param: "model", says: /model/ },
  { claim: "an empty model", body: { ...ask, model: "" }, param: "model", says: /model/ },
  { claim: "a model that is a number", body: { ...ask, model: 7 }, param: "model", says: /model/ },
  { claim: "no messages", body: { model: ask.model }, param: "messages", says: /messages/ },
  { claim: "an empty list of messages", body: { ...ask, messages: [] }, param: "messages", says: /messages/ },
  { claim: "messages that are a text", body: { ...ask, messages: "Hello" }, param: "messages", says: /messages/ },
  {
    claim: "an unknown role",
    body: { ...ask, messages: [{ role: "robot", content: "x" }] },
    param: "messages[0].role",
    says: /^messages\[0\]\.role: Expected one of system, developer, user, assistant, tool$/
  },
  {
    claim: "content that is a number",
    body: { ...ask, messages: [{ role: "user", content: 3 }] },
    param: "messages[0].content",
    says: /content/
  },
  {
    claim: "the second of two messages without its content",
    body: { ...ask, messages: [{ role: "user", content: "x" }, { role: "user" }] },
    param: "messages[1].content",
    says: /content/
  },
  {
    claim: "a part of an unknown type",
    body: { ...ask, messages: [{ role: "user", content: [{ type: "video", url: "x" }] }] },
    param: "messages[0].content[0]",
    says: /content\[0\]/
  },
  {
    claim: "an image that only says it is one",
    body: { ...ask, messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: notAnImage } }] }] },
    param: "messages[0].content[0].image_url.url",
    says: /Not a PNG, JPEG, GIF or WebP image/
  },
  {
    claim: "an image that is no image",
    body: { ...ask, messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "file:///etc/passwd" } }] }] },
    param: "messages[0].content[0].image_url.url",
    says: /image_url/
  },
  {
    claim: "a tool message without its call",
    body: { ...ask, messages: [{ role: "tool", content: "x" }] },
    param: "messages[0].tool_call_id",
    says: /tool_call_id/
  },
  { claim: "more than one answer", body: { ...ask, n: 2 }, param: "n", says: /n/ },
  { claim: "log probabilities", body: { ...ask, logprobs: true }, param: "logprobs", says: /logprobs/ },
  { claim: "spoken answers", body: { ...ask, modalities: ["audio"] }, param: "modalities[0]", says: /modalities/ },
  { claim: "a temperature past 2", body: { ...ask, temperature: 2.5 }, param: "temperature", says: /temperature/ },
  { claim: "no token at all", body: { ...ask, max_tokens: 0 }, param: "max_tokens", says: /max_tokens/ },
  {
    claim: "half a token",
    body: { ...ask, max_completion_tokens: 1.5 },
    param: "max_completion_tokens",
    says: /max_completion_tokens/
  },
  { claim: "too many stops", body: { ...ask, stop: Array.from({ length: 9 }, () => "x") }, param: "stop", says: /stop/ },
  { claim: "a stream that is a text", body: { ...ask, stream: "yes" }, param: "stream", says: /stream/ },
  {
    claim: "a tool whose name has a space",
    body: { ...ask, tools: [{ type: "function", function: { name: "get weather" } }] },
    param: "tools[0].function.name",
    says: /tools/
  },
  {
    claim: "a tool of another type",
    body: { ...ask, tools: [{ type: "code_interpreter" }] },
    param: "tools[0].type",
    says: /tools/
  },
  {
    claim: "a JSON schema format without its schema",
    body: { ...ask, response_format: { type: "json_schema" } },
    param: "response_format.json_schema",
    says: /response_format/
  },
  { claim: "JSON that nests too deep", body: { ...ask, metadata: nested(100) }, param: null, says: /deeper/ },
  { claim: "JSON that nests without an end", body: "[".repeat(100_000), param: null, says: /deeper/ }
]

describe.each(engines)("bad input on /v1, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.completions.reset())

  it.each(rows)("is 400 with its parameter for $claim, and no model is asked", async ({ body, param, says }) => {
    const answer = await doors.ask("POST", chat, body)
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({
      error: { message: expect.stringMatching(says), type: "invalid_request_error", param, code: "invalid_request" }
    })
    expect(answer.headers.get("x-should-retry")).toBe("false")
    expect(answer.headers.get("x-request-id")).toMatch(/^req_/)
    expect(doors.completions.requests).toEqual([])
  })

  it("names every fault of a body, not only the first", async () => {
    const answer = await doors.ask("POST", chat, { ...ask, temperature: 9, n: 3, stop: 1 })
    expect(answer.text).toMatch(/temperature.*stop.*n:|temperature.*n:.*stop/)
  })

  it.each([
    ["no key", { authorization: "" }, 401, "unauthorized"],
    ["a wrong key", { authorization: "Bearer pk_wrong" }, 401, "unauthorized"],
    ["a scheme that is not Bearer", { authorization: `Basic ${doorKeys.member}` }, 401, "unauthorized"],
    ["a key without the scope", { authorization: `Bearer ${doorKeys.chat}` }, 403, "forbidden"],
    ["a suspended tenant's key", { authorization: `Bearer ${doorKeys.suspended}` }, 403, "forbidden"]
  ])("answers %s before it looks at the body", async (_claim, headers, status, code) => {
    const answer = await doors.ask("POST", chat, "{ not json", headers)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error: { code } })
    expect(doors.completions.requests).toEqual([])
  })

  it("answers 503 with Retry-After while keys cannot be read", async () => {
    const answer = await doors.ask("POST", chat, ask, { authorization: `Bearer ${doorKeys.away}` })
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("2")
  })

  it("takes the key from x-api-key too", async () => {
    const answer = await fetch(`${doors.url}${chat}`, {
      method: "POST",
      headers: { "x-api-key": doorKeys.completions, "content-type": "application/json" },
      body: JSON.stringify(ask)
    })
    expect(answer.status).toBe(200)
  })

  it("answers 404 for a model that there is not", async () => {
    for (const stream of [false, true]) {
      const answer = await doors.ask("POST", chat, { ...ask, model: "nobody/nothing", stream })
      expect(answer.status).toBe(404)
      expect(answer.headers.get("content-type")).toMatch(/^application\/json/)
      expect(answer.headers.get("x-request-id")).toMatch(/^req_/)
      expect(answer.body).toMatchObject({ error: { type: "invalid_request_error", param: "model", code: "model_not_found" } })
    }
  })

  it("answers 413 for a body that says that it is too large, and for one that is", async () => {
    const large = JSON.stringify({ ...ask, user: "x".repeat(maxBodyBytes) })
    const declared = await doors.ask("POST", chat, large)
    expect(declared.status).toBe(413)
    expect(declared.body).toMatchObject({
      error: { code: "payload_too_large", message: expect.stringContaining(String(maxBodyBytes)) }
    })
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let sent = 0; sent < large.length; sent += 65_536)
          controller.enqueue(new TextEncoder().encode(large.slice(sent, sent + 65_536)))
        controller.close()
      }
    })
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      headers: { authorization: `Bearer ${doorKeys.member}`, "content-type": "application/json" },
      body: stream,
      duplex: "half"
    }
    const counted = await fetch(`${doors.url}${chat}`, init)
    expect(counted.status).toBe(413)
    expect(await counted.json()).toMatchObject({ error: { code: "payload_too_large" } })
  })

  it.each([
    ["GET", "/v1/nothing", 404, "not_found", null],
    ["POST", "/v1/images/generations", 404, "not_found", null],
    ["POST", "/v1", 404, "not_found", null],
    ["GET", chat, 405, "method_not_allowed", "POST"],
    ["DELETE", "/v1/models", 405, "method_not_allowed", "GET, HEAD"],
    ["PUT", "/v1/models/demo/echo-1", 405, "method_not_allowed", "GET, HEAD"]
  ])("answers %s %s with %i in OpenAI's shape", async (method, path, status, code, allow) => {
    const answer = await doors.ask(method, path)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error: { message: expect.stringContaining(path), type: "invalid_request_error", code } })
    expect(answer.headers.get("allow")).toBe(allow)
    expect(answer.headers.get("x-request-id")).toMatch(/^req_/)
  })

  it("answers a defect with 500 in OpenAI's shape, says nothing of it, and logs it under the request's id", async () => {
    const answer = await doors.ask("POST", chat, ask, { authorization: `Bearer ${doorKeys.broken}`, "x-request-id": "mine.1" })
    expect(answer.status).toBe(500)
    expect(answer.body).toMatchObject({ error: { type: "server_error", code: "internal" } })
    expect(answer.text).not.toContain("defect of the test")
    expect(answer.headers.get("x-request-id")).toBe("mine.1")
    expect(doors.logs.some((line) => line.requestId === "mine.1")).toBe(true)
  })
})
