/** `/api/conversations`: what each call asks of the service, and what it answers to bad input. */
import { Busy, Forbidden, type ConversationError } from "@parley/domain/Errors"
import { makeConversationId, makeMessageId, makeRunId, type ConversationId, type MessageId, type RunId } from "@parley/domain/Ids"
import { Problem } from "@parley/domain/api/Problem"
import { Effect, Schema } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys, doorPrincipal } from "../support/doorKeys.ts"
import { maxBodyBytes, startDoors, type Answer, type Doors } from "../support/startDoors.ts"

const send = { clientMessageId: "m-1", content: [{ type: "text", text: "Hello" }] }

describe.each(engines)("/api/conversations, on %s", (engine) => {
  let doors: Doors
  let id: ConversationId
  let elsewhere: ConversationId
  let noRun: RunId
  let noMessage: MessageId
  beforeAll(async () => {
    doors = await startDoors(engine)
    id = await Effect.runPromise(doors.conversations.addConversation())
    elsewhere = await Effect.runPromise(makeConversationId)
    noRun = await Effect.runPromise(makeRunId)
    noMessage = await Effect.runPromise(makeMessageId)
  })
  afterAll(() => doors.close())
  beforeEach(() => {
    doors.conversations.calls.length = 0
    doors.conversations.before = () => Effect.void
  })

  const asked = () => doors.conversations.calls.map(({ arguments: args, method }) => [method, ...args])
  const base = () => `/api/conversations/${id}`

  it("creates, reads, lists, changes and removes a conversation", async () => {
    const created = await doors.ask("POST", "/api/conversations", {
      title: "Talk",
      model: "demo/echo",
      systemPrompt: null,
      parameters: { temperature: 1 },
      id: elsewhere
    })
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({ model: "demo/echo" })
    expect((await doors.ask("GET", base())).body).toMatchObject({ id })
    expect((await doors.ask("PATCH", base(), { title: "Other" })).status).toBe(200)
    const removed = await doors.ask("DELETE", base())
    expect([removed.status, removed.text]).toEqual([204, ""])
    expect(asked()).toEqual([
      ["create", { title: "Talk", model: "demo/echo", systemPrompt: null, parameters: { temperature: 1 }, id: elsewhere }],
      ["get", id],
      ["update", id, { title: "Other" }],
      ["remove", id]
    ])
    expect(doors.conversations.calls[0]?.caller).toMatchObject({
      principalId: doorPrincipal,
      requestId: created.headers.get("x-request-id")
    })
  })

  it("sends a message, answers it again, edits it, and knows a repeated send", async () => {
    const first = await doors.ask("POST", `${base()}/messages`, send)
    expect(first.status).toBe(202)
    expect(first.body).toMatchObject({
      duplicate: false,
      run: { runId: expect.stringMatching(/^run_/), epoch: expect.stringMatching(/^epo_/) }
    })
    expect((await doors.ask("POST", `${base()}/messages`, send)).body).toMatchObject({ duplicate: true })
    expect((await doors.ask("POST", `${base()}/messages/${noMessage}/regenerate`, { clientMessageId: "m-2" })).status).toBe(202)
    expect(
      (await doors.ask("POST", `${base()}/messages/${noMessage}/edit`, { clientMessageId: "m-3", content: send.content })).status
    ).toBe(202)
    expect(asked()).toEqual([
      ["send", id, send],
      ["send", id, send],
      ["regenerate", id, { clientMessageId: "m-2", messageId: noMessage }],
      ["edit", id, { clientMessageId: "m-3", content: send.content, messageId: noMessage }]
    ])
    expect((await doors.ask("GET", `${base()}/messages?limit=200`)).body).toMatchObject({
      items: expect.any(Array),
      nextCursor: null
    })
  })

  it("lists, adds and removes members", async () => {
    expect((await doors.ask("GET", `${base()}/members`)).body).toEqual([])
    const added = await doors.ask("POST", `${base()}/members`, { principalId: doorPrincipal })
    expect([added.status, added.body]).toEqual([201, expect.objectContaining({ principalId: doorPrincipal, role: "member" })])
    expect((await doors.ask("DELETE", `${base()}/members/${doorPrincipal}`)).status).toBe(204)
  })

  it("says where a run stands, and cancels it as often as it is asked to", async () => {
    const accepted = await doors.ask("POST", `${base()}/messages`, { ...send, clientMessageId: "m-4" })
    const runId = /"runId":"(run_\w+)"/.exec(accepted.text)?.[1]
    expect((await doors.ask("GET", `${base()}/runs/${runId}`)).body).toMatchObject({ runId, status: "running", endedAtMs: null })
    for (let times = 0; times < 2; times++) {
      const cancelled = await doors.ask("POST", `${base()}/runs/${runId}/cancel`)
      expect([cancelled.status, cancelled.body]).toEqual([200, expect.objectContaining({ runId, status: "cancelled" })])
    }
  })

  const problem = (answer: Answer, status: number, code: string) => {
    expect(answer.status).toBe(status)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(answer.body).toMatchObject({ type: "about:blank", status, code, requestId: answer.headers.get("x-request-id") })
  }

  it("answers 404 for what there is not", async () => {
    for (const [method, path, body] of [
      ["GET", `/api/conversations/${elsewhere}`],
      ["DELETE", `/api/conversations/${elsewhere}`],
      ["GET", `/api/conversations/${elsewhere}/messages`],
      ["POST", `/api/conversations/${elsewhere}/messages`, send],
      ["GET", `${base()}/runs/${noRun}`],
      ["POST", `${base()}/runs/${noRun}/cancel`],
      ["GET", `${base()}/runs/${noRun}/events`],
      ["GET", `/api/conversations/${elsewhere}/runs/${noRun}/events`]
    ] as const) {
      problem(await doors.ask(method, path, body), 404, "not_found")
    }
  })

  const faults: ReadonlyArray<
    readonly [claim: string, method: string, path: string, body: unknown, paths: ReadonlyArray<string>]
  > = [
    ["no JSON", "POST", "/messages", "{ not json", ["payload"]],
    ["an empty body", "POST", "/messages", "", ["payload"]],
    ["an array", "POST", "/messages", [], ["payload"]],
    ["null", "POST", "/messages", "null", ["payload"]],
    ["all that is missing", "POST", "/messages", {}, ["payload.clientMessageId", "payload.content"]],
    ["a client message id with a space", "POST", "/messages", { ...send, clientMessageId: "a b" }, ["payload.clientMessageId"]],
    ["no content", "POST", "/messages", { ...send, content: [] }, ["payload.content[0]"]],
    ["a part without its text", "POST", "/messages", { ...send, content: [{ type: "text" }] }, ["payload.content[0].text"]],
    ["an unknown part", "POST", "/messages", { ...send, content: [{ type: "video" }] }, ["payload.content[0]"]],
    [
      "an image of another kind",
      "POST",
      "/messages",
      { ...send, content: [{ type: "image", url: "javascript:1" }] },
      ["payload.content[0].url"]
    ],
    ["a parent that is no id", "POST", "/messages", { ...send, parentId: "x" }, ["payload.parentId"]],
    [
      "a parameter out of its range",
      "POST",
      "/messages",
      { ...send, parameters: { temperature: 3 } },
      ["payload.parameters.temperature"]
    ],
    ["a title that is a number", "PATCH", "", { title: 1 }, ["payload.title"]],
    ["a title that is too long", "PATCH", "", { title: "x".repeat(257) }, ["payload.title"]],
    ["a member that is no id", "POST", "/members", { principalId: "me" }, ["payload.principalId"]],
    ["a page of nothing", "GET", "/messages?limit=0", undefined, ["query.limit"]],
    ["a page that is too large", "GET", "/messages?limit=201", undefined, ["query.limit"]],
    ["a page of words", "GET", "/messages?limit=many", undefined, ["query.limit"]],
    ["a run that is no id", "GET", "/runs/1", undefined, ["params.runId"]],
    ["a message that is no id", "POST", "/messages/1/regenerate", { clientMessageId: "m" }, ["params.messageId"]],
    ["a cursor of events that is not ours", "GET", `/runs/run_${"0".repeat(26)}/events`, undefined, ["headers.last-event-id"]]
  ]

  it.each(faults)(
    "answers %s with 400 and the path of each fault, and does nothing",
    async (_claim, method, path, body, paths) => {
      const answer = await doors.ask(method, `${base()}${path}`, body, { "last-event-id": "17" })
      problem(answer, 400, "invalid_request")
      const { issues = [] } = Schema.decodeUnknownSync(Problem)(answer.body)
      expect([...new Set(issues.map((issue) => issue.path))].sort()).toEqual([...paths].sort())
      expect(issues.every((issue) => issue.message.length > 0)).toBe(true)
      expect(asked()).toEqual([])
    }
  )

  it("takes no id of a new conversation but one of their form", async () => {
    for (const made of ["mine", noRun, `${id}0`]) {
      const answer = await doors.ask("POST", "/api/conversations", { id: made })
      problem(answer, 400, "invalid_request")
      expect(answer.body).toMatchObject({ issues: [{ path: "payload.id" }] })
    }
    expect(asked()).toEqual([])
  })

  it("answers JSON that nests without an end with 400", async () => {
    for (const body of ["[".repeat(100_000), `{"a":`.repeat(20_000)]) {
      problem(await doors.ask("POST", `${base()}/messages`, body), 400, "invalid_request")
    }
    const parameters: unknown = JSON.parse(`${'{"a":'.repeat(30)}1${"}".repeat(30)}`)
    const tools = [{ name: "t", parameters }]
    expect(
      (await doors.ask("POST", `${base()}/messages`, { ...send, clientMessageId: "m-deep", parameters: { tools } })).status
    ).toBe(202)
  })

  it("ignores fields that it does not know", async () => {
    expect((await doors.ask("PATCH", base(), { title: "x", nonsense: true })).status).toBe(200)
    expect(asked()).toEqual([["update", id, { title: "x" }]])
  })

  it("answers 413 for a body that is too large", async () => {
    const large = { ...send, content: [{ type: "text", text: "x".repeat(maxBodyBytes) }] }
    const answer = await doors.ask("POST", `${base()}/messages`, large, { "x-request-id": "mine.5" })
    expect([answer.status, answer.headers.get("content-type")]).toEqual([413, "application/problem+json"])
    expect(answer.body).toMatchObject({
      code: "payload_too_large",
      detail: expect.stringContaining(String(maxBodyBytes)),
      requestId: "mine.5"
    })
    expect((await doors.ask("POST", `${base()}/messages`, large)).body).toMatchObject({
      requestId: expect.stringMatching(/^req_/)
    })
  })

  it.each([
    ["no key", { authorization: "" }, 401, "unauthorized"],
    ["a wrong key", { authorization: "Bearer pk_wrong" }, 401, "unauthorized"],
    ["a key without the scope", { authorization: `Bearer ${doorKeys.completions}` }, 403, "forbidden"],
    ["a suspended tenant's key", { authorization: `Bearer ${doorKeys.suspended}` }, 403, "forbidden"],
    ["a key while keys cannot be read", { authorization: `Bearer ${doorKeys.away}` }, 503, "unavailable"]
  ])("refuses %s on every call, and does nothing", async (_claim, headers, status, code) => {
    problem(await doors.ask("GET", base(), undefined, headers), status, code)
    problem(await doors.ask("POST", `${base()}/messages`, send, headers), status, code)
    problem(await doors.ask("GET", `${base()}/runs/${noRun}/events`, undefined, headers), status, code)
    expect(asked()).toEqual([])
  })

  it("takes the key from x-api-key too", async () => {
    const answer = await fetch(`${doors.url}${base()}`, { headers: { "x-api-key": doorKeys.chat } })
    expect(answer.status).toBe(200)
  })

  it.each([
    ["GET", "/api/nothing", 404, "not_found", null],
    ["GET", "/api", 404, "not_found", null],
    ["POST", "/nothing", 404, "not_found", null],
    ["PUT", "/api/conversations", 405, "method_not_allowed", "GET, HEAD, POST"],
    ["DELETE", "/api/me", 405, "method_not_allowed", "GET, HEAD"],
    ["POST", `/api/conversations/cnv_${"0".repeat(26)}/runs/run_${"0".repeat(26)}/events`, 405, "method_not_allowed", "GET, HEAD"]
  ])("answers %s %s with %i", async (method, path, status, code, allow) => {
    const answer = await doors.ask(method, path)
    problem(answer, status, code)
    expect(answer.headers.get("allow")).toBe(allow)
  })

  it.each(["/ws", "/ws/?x=1"])("tells who asks for the socket %s as for a page to upgrade", async (path) => {
    const answer = await doors.ask("GET", path)
    problem(answer, 426, "upgrade_required")
    expect(answer.headers.get("upgrade")).toBe("websocket")
    problem(await doors.ask("POST", path), 405, "method_not_allowed")
  })

  it("tells the request id of a body that is refused before any handler", async () => {
    const tooLarge = "x".repeat(12 * 1_048_576)
    const answer = await doors.ask("POST", `${base()}/messages`, tooLarge, { "x-request-id": "mine.5" })
    problem(answer, 413, "payload_too_large")
    expect(answer.headers.get("x-request-id")).toBe("mine.5")
  })

  it("answers a body of another type with 415", async () => {
    problem(await doors.ask("POST", `${base()}/messages`, "a=b", { "content-type": "text/csv" }), 415, "unsupported_media_type")
  })

  it("says how the service failed, and when to come again", async () => {
    const fail = (error: ConversationError) => (doors.conversations.before = () => Effect.fail(error))
    fail(new Busy({ message: "Too much at once.", retryAfterMs: 1_200 }))
    const busy = await doors.ask("POST", `${base()}/messages`, send)
    problem(busy, 503, "busy")
    expect(busy.headers.get("retry-after")).toBe("2")
    expect(busy.body).toMatchObject({ detail: "Too much at once.", retry: "later", retryAfterMs: 1_200 })
    fail(new Forbidden({ message: "Not the owner." }))
    problem(await doors.ask("DELETE", base()), 403, "forbidden")
  })

  it("answers a defect with 500, says nothing of it, and logs it under the request's id", async () => {
    doors.conversations.before = () => Effect.die(new Error("a defect of the test's"))
    const answer = await doors.ask("GET", base(), undefined, { "x-request-id": "mine.4" })
    problem(answer, 500, "internal")
    expect(answer.text).not.toContain("defect of the test")
    expect(doors.logs.filter((line) => line.requestId === "mine.4").length).toBe(1)
  })

  it("takes a request id that is fit for a log, and makes its own otherwise", async () => {
    expect((await doors.ask("GET", base(), undefined, { "x-request-id": "abc-1.2:3" })).headers.get("x-request-id")).toBe(
      "abc-1.2:3"
    )
    for (const unfit of ["a b", "x".repeat(129), "<script>"]) {
      expect((await doors.ask("GET", base(), undefined, { "x-request-id": unfit })).headers.get("x-request-id")).toMatch(/^req_/)
    }
  })
})
