/** What `/v1/responses` answers to requests that it cannot serve: always OpenAI's shape, never a 500. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { maxBodyBytes, startDoors, type Doors } from "../support/startDoors.ts"

const path = "/v1/responses"
const ask = { model: "demo/echo-1", input: "Hello" }
const items = (...input: ReadonlyArray<unknown>) => ({ ...ask, input })

interface Row {
  readonly claim: string
  readonly body: unknown
  readonly param: string | null
  readonly says?: RegExp
}

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`)

const rows: ReadonlyArray<Row> = [
  { claim: "no JSON", body: "{ not json", param: null, says: /not JSON/ },
  { claim: "an empty body", body: "", param: null, says: /not JSON/ },
  { claim: "an array", body: [], param: null },
  { claim: "null", body: "null", param: null },
  { claim: "no model", body: { input: "Hello" }, param: "model" },
  { claim: "no input", body: { model: "m" }, param: "input" },
  { claim: "an input that is a number", body: { ...ask, input: 7 }, param: "input" },
  { claim: "an empty list of items", body: items(), param: "input" },
  { claim: "an item that is a text", body: items("Hello"), param: "input[0]" },
  { claim: "an item of an unknown type", body: items({ type: "computer_call" }), param: "input[0]" },
  { claim: "a reference to a stored item", body: items({ type: "item_reference", id: "msg_1" }), param: "input[0]" },
  { claim: "a message of nobody's", body: items({ role: "tool", content: "x" }), param: "input[0]" },
  { claim: "a message without content", body: items({ role: "user" }), param: "input[0].content" },
  {
    claim: "a part of an unknown type",
    body: items({ role: "user", content: [{ type: "input_audio" }] }),
    param: "input[0].content[0]"
  },
  {
    claim: "an image that is stored elsewhere",
    body: items({ role: "user", content: [{ type: "input_image", file_id: "file_1" }] }),
    param: "input[0].content[0].image_url"
  },
  {
    claim: "an image that is no image",
    body: items({ role: "user", content: [{ type: "input_image", image_url: "file:///etc/passwd" }] }),
    param: "input[0].content[0].image_url"
  },
  {
    claim: "an image that only says it is one",
    body: items({ role: "user", content: [{ type: "input_image", image_url: `data:image/png;base64,${btoa("no image")}` }] }),
    param: "input[0].content[0].image_url"
  },
  { claim: "a call without its id", body: items({ type: "function_call", name: "n", arguments: "" }), param: "input[0].call_id" },
  { claim: "a result without its call", body: items({ type: "function_call_output", output: "x" }), param: "input[0].call_id" },
  {
    claim: "a result that is an image",
    body: items({ type: "function_call_output", call_id: "c", output: [{ type: "input_image", image_url: "https://a/b" }] }),
    param: "input[0].output[0].type"
  },
  { claim: "a temperature past 2", body: { ...ask, temperature: 2.5 }, param: "temperature" },
  { claim: "no token at all", body: { ...ask, max_output_tokens: 0 }, param: "max_output_tokens" },
  { claim: "an unknown effort", body: { ...ask, reasoning: { effort: "most" } }, param: "reasoning.effort" },
  {
    claim: "a format without its schema",
    body: { ...ask, text: { format: { type: "json_schema", name: "a" } } },
    param: "text.format.schema"
  },
  { claim: "a verbosity", body: { ...ask, text: { verbosity: "low" } }, param: "text.verbosity", says: /instructions/ },
  { claim: "a tool of OpenAI's own", body: { ...ask, tools: [{ type: "web_search" }] }, param: "tools[0].type" },
  {
    claim: "a tool whose name has a space",
    body: { ...ask, tools: [{ type: "function", name: "a b" }] },
    param: "tools[0].name"
  },
  {
    claim: "a choice among some tools",
    body: { ...ask, tool_choice: { type: "allowed_tools", mode: "auto", tools: [] } },
    param: "tool_choice"
  },
  { claim: "log probabilities", body: { ...ask, top_logprobs: 3 }, param: "top_logprobs" },
  { claim: "results of tools of OpenAI's own", body: { ...ask, include: ["web_search_call.results"] }, param: "include[0]" },
  { claim: "a conversation cut by itself", body: { ...ask, truncation: "auto" }, param: "truncation" },
  {
    claim: "an earlier response",
    body: { ...ask, previous_response_id: "resp_1" },
    param: "previous_response_id",
    says: /stores no responses.*`input`/
  },
  { claim: "a stored conversation", body: { ...ask, conversation: "conv_1" }, param: "conversation", says: /`input`/ },
  { claim: "a stored prompt", body: { ...ask, prompt: { id: "p" } }, param: "prompt", says: /stores no prompts/ },
  { claim: "to be stored", body: { ...ask, store: true }, param: "store", says: /stores no responses/ },
  {
    claim: "an answer to be fetched later",
    body: { ...ask, background: true },
    param: "background",
    says: /stores no responses/
  },
  { claim: "edits of the context", body: { ...ask, context_management: [] }, param: "context_management", says: /Parley/ },
  { claim: "moderation", body: { ...ask, moderation: { model: "m" } }, param: "moderation", says: /Parley/ },
  { claim: "JSON that nests too deep", body: { ...ask, x: nested(100) }, param: null, says: /deeper/ }
]

describe.each(engines)("bad input on /v1/responses, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.completions.reset())

  it.each(rows)("is 400 with its parameter for $claim, and no model is asked", async ({ body, param, says = /./ }) => {
    const answer = await doors.ask("POST", path, body)
    expect(answer.body).toEqual({
      error: { message: expect.stringMatching(says), type: "invalid_request_error", param, code: "invalid_request" }
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.get("x-should-retry")).toBe("false")
    expect(answer.headers.get("x-request-id")).toMatch(/^req_/)
    expect(doors.completions.requests).toEqual([])
  })

  it("names every fault of a body, not only the first", async () => {
    const answer = await doors.ask("POST", path, { ...ask, temperature: 9, store: true })
    expect(answer.text).toMatch(/temperature: .*store: |store: .*temperature: /)
  })

  it.each([
    ["no key", { authorization: "" }, 401, "unauthorized"],
    ["a wrong key", { authorization: "Bearer pk_wrong" }, 401, "unauthorized"],
    ["a key without the scope", { authorization: `Bearer ${doorKeys.chat}` }, 403, "forbidden"]
  ])("answers %s before it looks at the body", async (_claim, headers, status, code) => {
    const answer = await doors.ask("POST", path, "{ not json", headers)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error: { code } })
  })

  it.each([
    ["GET", path, 405, "method_not_allowed", "POST"],
    ["GET", `${path}/resp_1`, 404, "not_found", null],
    ["POST", `${path}/resp_1/cancel`, 404, "not_found", null]
  ])("answers %s %s with %i in OpenAI's shape", async (method, url, status, code, allow) => {
    const answer = await doors.ask(method, url)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error: { message: expect.stringContaining(url), code } })
    expect(answer.headers.get("allow")).toBe(allow)
  })

  it("answers 413 for a body that is too large", async () => {
    const answer = await doors.ask("POST", path, { ...ask, x: "x".repeat(maxBodyBytes) })
    expect(answer.status).toBe(413)
    expect(answer.body).toMatchObject({ error: { code: "payload_too_large" } })
  })
})
