import { assert, describe, it } from "@effect/vitest"
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { createClient, ParleyApiError, ParleyConnectionError } from "../../src/sdk.ts"
import { settled, VirtualPlatform } from "../support/VirtualPlatform.ts"
import { virtualClient } from "../support/virtualClient.ts"

/** Streams: the socket brings the first, and the others are files: bytes to send, and to save or show, for a link. */
const notCalled = new Set([
  "conversations.events",
  "shares.export",
  "shares.sharedFile",
  "attachments.upload",
  "attachments.download"
])

/** Fills every name of a path with itself. */
const names = Object.fromEntries(
  ["id", "messageId", "principalId", "runId", "token", "provider"].map((name) => [name, `:${name}`])
)

describe("the HTTP half", () => {
  it("has every endpoint of the API, under its method and path; a new one is a line in HttpApi.ts", async () => {
    const { client, platform } = virtualClient()
    const asked: Array<string> = []
    platform.answer = (url, { method }) => {
      asked.push(`${method} ${decodeURIComponent(new URL(url).pathname)}`)
      return Response.json({}, { status: 404 })
    }
    const calls = new Map<string, string>()
    for (const [group, endpoints] of Object.entries(client.api)) {
      for (const [endpoint, call] of Object.entries(endpoints)) {
        await Promise.resolve(Reflect.apply(call, undefined, [names])).catch(() => {})
        calls.set(`${group}.${endpoint}`, asked.pop() ?? "")
      }
    }
    const domain = new Map<string, string>()
    for (const group of Object.values(ParleyApi.groups)) {
      for (const { identifier, method, path } of Object.values(group.endpoints)) {
        const name = `${group.identifier}.${identifier}`
        if (!notCalled.has(name)) domain.set(name, `${method} ${path.replace(/\/$/, "")}`)
      }
    }
    assert.deepStrictEqual([...calls].sort(), [...domain].sort())
  })

  it("puts what is not in the path into the query or the body", async () => {
    const { client, platform } = virtualClient()
    const asked: Array<unknown> = []
    platform.answer = (url, { body, method }) => {
      asked.push([method, url, body])
      return Response.json({}, { status: 404 })
    }
    await client.conversations.messages({ id: "a/b", limit: 2 }).catch(() => {})
    await client.conversations.update({ id: "c", title: "t" }).catch(() => {})
    assert.deepStrictEqual(asked, [
      ["GET", "http://model/api/conversations/a%2Fb/messages?limit=2", undefined],
      ["PATCH", "http://model/api/conversations/c", '{"title":"t"}']
    ])
  })

  it("turns problem details, a proxy's page and a foreign answer into typed errors", async () => {
    const { client, platform } = virtualClient()
    const failure = (answer: Response) => {
      platform.answer = () => answer
      return client.conversations.create().catch((error: unknown) => error)
    }
    const problem = {
      code: "busy",
      detail: "later",
      retry: "later",
      retryAfterMs: 7,
      requestId: "req_9",
      issues: [{ path: "a", message: "b" }]
    }
    const busy = await failure(Response.json(problem, { status: 503 }))
    assert.ok(busy instanceof ParleyApiError)
    assert.deepStrictEqual(
      [busy.code, busy.status, busy.retry, busy.retryAfterMs, busy.requestId, busy.issues.length],
      ["busy", 503, "later", 7, "req_9", 1]
    )
    const page = await failure(new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "retry-after": "3" } }))
    assert.ok(page instanceof ParleyApiError)
    assert.deepStrictEqual([page.code, page.retry, page.retryAfterMs], ["http_502", "same-id", 3_000])
    for (const answer of [new Response("<h1>Hello</h1>"), Response.json({ id: 7 })]) {
      const foreign = await failure(answer)
      assert.ok(foreign instanceof ParleyConnectionError && foreign.fault === "unreadable")
    }
  })

  it("gives up after the time limit and on the signal, and says whether the work may have happened", async () => {
    const { client, platform } = virtualClient()
    platform.answer = (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError"))))
    const late = client.conversations.create().catch((error: unknown) => error)
    await settled()
    await platform.advance(30_000)
    const error = await late
    assert.ok(error instanceof ParleyConnectionError && error.fault === "unreachable" && error.workMayHaveHappened)
    const abort = new AbortController()
    const given = client.conversations.list({}, { signal: abort.signal }).catch((reason: unknown) => reason)
    abort.abort("enough")
    assert.strictEqual(await given, "enough")
  })

  it("gives an upload more time the larger it is: as long as a line of 64 kbit/s takes", async () => {
    const { client, platform } = virtualClient()
    let isGivenUp = false
    platform.answer = (_, { signal }) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener("abort", () => {
          isGivenUp = true
          reject(new DOMException("", "AbortError"))
        })
      )
    const content = new Blob([new Uint8Array(800_000)])
    const late = client.upload({ conversationId: "c", name: "n", content }).catch((error: unknown) => error)
    await settled()
    await platform.advance(129_999)
    assert.isFalse(isGivenUp)
    await platform.advance(1)
    const error = await late
    assert.ok(error instanceof ParleyConnectionError && error.fault === "unreachable")
  })

  it("gives an upload up when nothing more of it goes out for 30 s, and as long as it goes on only after all of its time", async () => {
    let sent = (_bytes: number) => {}
    let isGivenUp = false
    const platform = Object.assign(new VirtualPlatform(), {
      send: (_url: string, { signal }: RequestInit, told: (bytes: number) => void) => {
        sent = told
        return new Promise<Response>((_resolve, reject) =>
          signal?.addEventListener("abort", () => {
            isGivenUp = true
            reject(new DOMException("", "AbortError"))
          })
        )
      }
    })
    const client = createClient({ url: "http://model", platform })
    const content = new Blob([new Uint8Array(800_000)])
    const failed = client.upload({ conversationId: "c", name: "n", content }).catch((error: unknown) => error)
    await settled()
    for (const bytes of [100_000, 200_000, 300_000]) {
      await platform.advance(29_999)
      sent(bytes)
    }
    await platform.advance(29_999)
    assert.isFalse(isGivenUp)
    await platform.advance(1)
    const error = await failed
    assert.ok(error instanceof ParleyConnectionError && error.fault === "unreachable" && error.workMayHaveHappened)
    assert.match(error.message, /sent no more within 30000 ms/)
  })
})
