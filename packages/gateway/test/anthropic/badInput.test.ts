/** What `/v1/messages` answers to requests that it cannot serve: always Anthropic's shape, never a 500. */
import type { CompletionError } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import { errorTraits } from "@parley/domain/ErrorTraits"
import { ProviderRejected } from "@parley/domain/ProviderError"
import { Effect } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { contextExceeded, everyError } from "../support/everyError.ts"
import { maxBodyBytes, startDoors, type Doors } from "../support/startDoors.ts"

const path = "/v1/messages"
const user = (content: unknown) => ({ role: "user", content })
const ask = { model: "demo/echo-1", max_tokens: 10, messages: [user("Hello")] }
const saidBy = (role: string, content: unknown) => ({ ...ask, messages: [{ role, content }] })

interface Row {
  readonly claim: string
  readonly body: unknown
  readonly says: RegExp
}

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`)

const rows: ReadonlyArray<Row> = [
  { claim: "no JSON", body: "{ not json", says: /not JSON/ },
  { claim: "an empty body", body: "", says: /not JSON/ },
  { claim: "an array", body: [], says: /./ },
  { claim: "null", body: "null", says: /./ },
  { claim: "no model", body: { ...ask, model: undefined }, says: /^model: / },
  { claim: "an empty model", body: { ...ask, model: "" }, says: /^model: / },
  { claim: "no bound of tokens", body: { ...ask, max_tokens: undefined }, says: /^max_tokens: / },
  { claim: "half a token", body: { ...ask, max_tokens: 1.5 }, says: /^max_tokens: / },
  { claim: "no messages", body: { ...ask, messages: undefined }, says: /^messages: / },
  { claim: "an empty list of messages", body: { ...ask, messages: [] }, says: /^messages: / },
  { claim: "a message of nobody's", body: saidBy("tool", "x"), says: /^messages\[0\]/ },
  { claim: "content that is a number", body: saidBy("user", 7), says: /^messages\[0\]\.content: / },
  { claim: "content without a block", body: saidBy("user", []), says: /^messages\[0\]\.content: / },
  { claim: "a block of an unknown type", body: saidBy("user", [{ type: "video" }]), says: /^messages\[0\]\.content\[0\]/ },
  { claim: "a document", body: saidBy("user", [{ type: "document", source: {} }]), says: /^messages\[0\]\.content\[0\]/ },
  {
    claim: "an image that is stored elsewhere",
    body: saidBy("user", [{ type: "image", source: { type: "file", file_id: "file_1" } }]),
    says: /^messages\[0\]\.content\[0\]\.source/
  },
  {
    claim: "an image at no address",
    body: saidBy("user", [{ type: "image", source: { type: "url", url: "file:///etc/passwd" } }]),
    says: /^messages\[0\]\.content\[0\]\.source\.url: /
  },
  {
    claim: "an image of a type that few read",
    body: saidBy("user", [{ type: "image", source: { type: "base64", media_type: "image/tiff", data: "" } }]),
    says: /^messages\[0\]\.content\[0\]\.source\.media_type: /
  },
  {
    claim: "an image that only says it is one",
    body: saidBy("user", [{ type: "image", source: { type: "base64", media_type: "image/png", data: "bm90IGFuIGltYWdl" } }]),
    says: /^messages\[0\]\.content\[0\]\.source\.data: Not a PNG, JPEG, GIF or WebP image/
  },
  {
    claim: "a tool's result without its call",
    body: saidBy("user", [{ type: "tool_result", content: "x" }]),
    says: /^messages\[0\]\.content\[0\]\.tool_use_id: /
  },
  {
    claim: "a tool's result that is an image",
    body: saidBy("user", [
      { type: "tool_result", tool_use_id: "c", content: [{ type: "image", source: { type: "url", url: "https://a/b" } }] }
    ]),
    says: /^messages\[0\]\.content\[0\]\.content\[0\]\.type: /
  },
  {
    claim: "a call with arguments that are a text",
    body: saidBy("assistant", [{ type: "tool_use", id: "c", name: "n", input: "{}" }]),
    says: /^messages\[0\]\.content\[0\]\.input: /
  },
  { claim: "a system prompt that is an image", body: { ...ask, system: [{ type: "image" }] }, says: /^system\[0\]\.type: / },
  { claim: "a temperature past 1", body: { ...ask, temperature: 1.5 }, says: /^temperature: / },
  {
    claim: "a tool of the provider's own",
    body: { ...ask, tools: [{ type: "web_search_20250305", name: "w" }] },
    says: /tools\[0\]\.type: /
  },
  { claim: "a tool without a schema", body: { ...ask, tools: [{ name: "w" }] }, says: /^tools\[0\]\.input_schema: / },
  {
    claim: "a tool whose name has a space",
    body: { ...ask, tools: [{ name: "a b", input_schema: {} }] },
    says: /^tools\[0\]\.name: /
  },
  { claim: "a choice of no tool by name", body: { ...ask, tool_choice: { type: "tool" } }, says: /^tool_choice\.name: / },
  { claim: "too many stops", body: { ...ask, stop_sequences: Array.from({ length: 9 }, () => "x") }, says: /^stop_sequences: / },
  { claim: "thinking without a budget", body: { ...ask, thinking: { type: "enabled" } }, says: /^thinking\.budget_tokens: / },
  { claim: "thinking of an unknown kind", body: { ...ask, thinking: { type: "between_tools" } }, says: /^thinking/ },
  {
    claim: "an effort that not every provider has",
    body: { ...ask, output_config: { effort: "max" } },
    says: /^output_config\.effort: /
  },
  {
    claim: "an effort without thinking",
    body: { ...ask, thinking: { type: "disabled" }, output_config: { effort: "high" } },
    says: /^output_config\.effort: Not together/
  },
  { claim: "top_k", body: { ...ask, top_k: 5 }, says: /^top_k: .*top_p/ },
  { claim: "a container", body: { ...ask, container: "c" }, says: /^container: Parley/ },
  { claim: "MCP servers", body: { ...ask, mcp_servers: [{ type: "url" }] }, says: /^mcp_servers: Parley/ },
  { claim: "edits of the context", body: { ...ask, context_management: {} }, says: /^context_management: Parley/ },
  { claim: "a place of computing", body: { ...ask, inference_geo: "eu" }, says: /^inference_geo: Parley/ },
  { claim: "JSON that nests too deep", body: { ...ask, x: nested(100) }, says: /deeper/ }
]

const isOfCompletions = (error: ParleyError): error is CompletionError =>
  ["ModelNotFound", "ModelUnsuited", "ContextTooLong", "Forbidden", "Busy"].includes(error._tag) ||
  error._tag.startsWith("Provider")

describe.each(engines)("bad input on /v1/messages, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.completions.reset())

  const errorBody = (type: string, code: string, message: unknown = expect.any(String)) => ({
    type: "error",
    error: { type, message, details: { error_code: code } },
    request_id: expect.stringMatching(/^req_/)
  })

  it.each(rows)("is 400 with its path for $claim, and no model is asked", async ({ body, says }) => {
    const answer = await doors.ask("POST", path, body)
    expect(answer.body).toEqual(errorBody("invalid_request_error", "invalid_request", expect.stringMatching(says)))
    expect(answer.status).toBe(400)
    expect(answer.headers.get("x-should-retry")).toBe("false")
    expect(answer.headers.get("request-id")).toMatch(/^req_/)
    expect(doors.completions.requests).toEqual([])
  })

  it("names every fault of a body, not only the first", async () => {
    const answer = await doors.ask("POST", path, { ...ask, temperature: 9, top_k: 3 })
    expect(answer.text).toMatch(/temperature: .*top_k: |top_k: .*temperature: /)
  })

  it.each([
    ["no key", { authorization: "" }, 401, "authentication_error"],
    ["a wrong key", { authorization: "Bearer pk_wrong" }, 401, "authentication_error"],
    ["a key without the scope", { authorization: `Bearer ${doorKeys.chat}` }, 403, "permission_error"],
    ["a suspended tenant's key", { authorization: `Bearer ${doorKeys.suspended}` }, 403, "permission_error"],
    ["a key while keys cannot be read", { authorization: `Bearer ${doorKeys.away}` }, 529, "overloaded_error"]
  ])("answers %s before it looks at the body", async (_claim, headers, status, type) => {
    const answer = await doors.ask("POST", path, "{ not json", headers)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error: { type } })
  })

  it.each([
    ["GET", path, 405, "invalid_request_error", "method_not_allowed", "POST"],
    ["POST", `${path}/batches`, 404, "not_found_error", "not_found", null]
  ])("answers %s %s with %i in Anthropic's shape", async (method, url, status, type, code, allow) => {
    const answer = await doors.ask(method, url)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual(errorBody(type, code, expect.stringContaining(url)))
    expect(answer.headers.get("allow")).toBe(allow)
  })

  it("answers 413 in Anthropic's shape for a body that is too large", async () => {
    const answer = await doors.ask("POST", path, { ...ask, x: "x".repeat(maxBodyBytes) })
    expect(answer.status).toBe(413)
    expect(answer.body).toEqual(
      errorBody("request_too_large", "payload_too_large", expect.stringContaining(String(maxBodyBytes)))
    )
  })

  it("answers a defect with 500 in Anthropic's shape, says nothing of it, and logs it under the request's id", async () => {
    const headers = { authorization: `Bearer ${doorKeys.broken}`, "x-request-id": "mine.1" }
    const answer = await doors.ask("POST", path, ask, headers)
    expect(answer.status).toBe(500)
    expect(answer.body).toMatchObject({ error: { type: "api_error" }, request_id: "mine.1" })
    expect(answer.text).not.toContain("defect of the test")
    expect(doors.logs.some((line) => line.requestId === "mine.1")).toBe(true)
  })

  const failures = Object.values(everyError).filter(isOfCompletions)

  it.each(failures)("tells $_tag with the status and the type that Anthropic's clients know", async (error) => {
    doors.completions.script = () => Effect.fail(error)
    const { code, status } = errorTraits[error._tag]
    const answer = await doors.ask("POST", path, ask)
    const expected = new Map([
      [502, 500],
      [503, 529]
    ])
    expect(answer.status).toBe(expected.get(status) ?? status)
    const message = error._tag === "ContextTooLong" ? "prompt is too long: 12 tokens > 10 maximum. too long" : error.message
    expect(answer.body).toMatchObject({ error: { message, details: { error_code: code } } })
    expect(answer.headers.get("retry-after")).toBe(
      "retryAfterMs" in error && error.retryAfterMs !== undefined ? String(Math.ceil(error.retryAfterMs / 1_000)) : null
    )
  })

  it("tells a prompt that its provider found too long in the words by which Anthropic's clients know it", async () => {
    const said = { type: "invalid_request_error", details: { error_code: "context_length_exceeded" } }
    const theirs = "prompt is too long: 208310 tokens > 200000 maximum"
    const rows = [
      [contextExceeded, `prompt is too long: ${contextExceeded.message}`],
      [new ProviderRejected({ provider: "anthropic", model: "m", message: theirs, code: contextExceeded.code ?? "" }), theirs]
    ] as const
    for (const [error, message] of rows) {
      doors.completions.script = () => Effect.fail(error)
      for (const stream of [true, false]) {
        const answer = await doors.ask("POST", path, { ...ask, stream })
        expect([answer.status, answer.body]).toEqual([400, expect.objectContaining({ error: { ...said, message } })])
      }
    }
  })
})
