/**
 * A tenant that knows another's ids gets nothing by them, at any door. The HTTP routes are those that the program itself describes: a new one under
 * a conversation is tried too, and fails here until it has a body.
 */
import { assert, describe, it } from "@effect/vitest"
import { CreatedTenant } from "@parley/domain/Administration"
import { textOf } from "@parley/domain/Content"
import { ClientMessageId, PrincipalId, RunId } from "@parley/domain/Ids"
import { ParleyRpcClient } from "@parley/domain/rpc/ParleyRpcClient"
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation, listMessages, request } from "./support/api.ts"
import { connect, runView } from "./support/ChatClient.ts"
import { startParley } from "./support/startParley.ts"

const content = [{ type: "text", text: "Let me in." }] as const
const clientMessageId = ClientMessageId.make("of-the-other-tenant")
const said = { clientMessageId, content }

/** What is sent to the routes that want a body; `undefined` for those that want none. */
const bodies = (principalId: string): Readonly<Record<string, unknown>> => ({
  "PATCH /api/conversations/{id}": { title: "Taken" },
  "POST /api/conversations/{id}/messages": said,
  "POST /api/conversations/{id}/messages/{messageId}/regenerate": { clientMessageId },
  "POST /api/conversations/{id}/messages/{messageId}/edit": said,
  "POST /api/conversations/{id}/members": { principalId },
  "POST /api/conversations/{id}/runs/{runId}/cancel": undefined,
  "PATCH /api/conversations/{id}/marks": { isPinned: true },
  "POST /api/conversations/{id}/invites": {},
  "POST /api/conversations/{id}/shares": {},
  "POST /api/conversations/{id}/attachments": new TextEncoder().encode("a file")
})

const queries: Readonly<Record<string, string>> = {
  "POST /api/conversations/{id}/attachments": "?name=a.txt",
  "GET /api/conversations/{id}/export": "?format=json"
}

const Described = Schema.Struct({ paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Unknown)) })
const Fault = Schema.Struct({ code: Schema.String })
const decodeDescribed = Schema.decodeUnknownSync(Described)
const codeOf = (body: unknown) => Schema.decodeUnknownSync(Fault)(body).code

describe("the owner of a second tenant", () => {
  it.live(
    "reaches nothing of the first one's conversation, by HTTP, SSE, the socket or RPC, and it goes on as if nothing were",
    () =>
      Effect.gen(function* () {
        const wire = yield* startOpenaiWire
        const database = yield* freshDatabase
        const first = yield* startParley({
          DATABASE_URL: Redacted.value(database),
          OPENAI_API_KEY: "sk-wire",
          OPENAI_BASE_URL: wire.baseUrl
        })
        const made = yield* request(first, "POST", "/api/tenants", { name: "The second" })
        assert.strictEqual(made.status, 201)
        const { ownerKey } = Schema.decodeUnknownSync(CreatedTenant)(made.body)
        const second = { url: first.url, key: ownerKey.secret }

        // A closed answer, and one that is still being written.
        const conversation = yield* createConversation(first, { model: "openai/gpt-5", title: "The first one's" })
        wire.enqueue(answer("All said."), answer(["Half, ", "and whole."], { holdAfter: 1 }))
        const member = yield* connect(first.socketUrl, first.key)
        const ask = (id: string) =>
          Effect.gen(function* () {
            const accepted = yield* Effect.promise(() =>
              member.command({ type: "send", conversationId: conversation.id, clientMessageId: id, content })
            )
            assert.ok(accepted.type === "accepted" && accepted.run !== null)
            const view = runView(conversation.id, accepted.run.runId)
            yield* Effect.promise(() => member.follow(view))
            return view
          })
        const closed = yield* ask("one")
        yield* Effect.promise(() => member.until(() => closed.terminals[0]))
        const open = yield* ask("two")
        const held = yield* wire.received(1)
        const state = Effect.all([
          listMessages(first, conversation.id),
          ...["", "/members", "/invites", "/shares", "/marks"].map((path) =>
            Effect.map(request(first, "GET", `/api/conversations/${conversation.id}${path}`), ({ body }) => body)
          )
        ])
        const before = yield* state
        const [, , question] = yield* listMessages(first, conversation.id)
        const messageId = question?.id ?? assert.fail("no question")
        const principalId = PrincipalId.make(conversation.createdBy)

        // Each route that the program describes.
        const described = decodeDescribed((yield* request(first, "GET", "/openapi.json")).body)
        const routes = Object.entries(described.paths).flatMap(([path, item]) =>
          path.startsWith("/api/conversations/{id}")
            ? Object.keys(item)
                .filter((method) => /^(get|post|put|patch|delete)$/.test(method))
                .map((method) => [method.toUpperCase(), path] as const)
            : []
        )
        assert.isAtLeast(routes.length, 21)
        const given = bodies(principalId)
        for (const runId of [closed.runId, open.runId]) {
          const ids: Readonly<Record<string, string>> = { id: conversation.id, messageId, runId, principalId }
          for (const [method, path] of routes) {
            const route = `${method} ${path}`
            if (method !== "GET" && method !== "DELETE") assert.property(given, route)
            const address = path.replace(
              /\{(\w+)\}/g,
              (_, name: string) => ids[name] ?? assert.fail(`${route}: what is ${name}?`)
            )
            const answered = yield* send(second, method, `${address}${queries[route] ?? ""}`, given[route])
            assert.strictEqual(answered.status, 404, `${route} ${JSON.stringify(answered.body)}`)
            assert.strictEqual(codeOf(answered.body), "not_found", route)
          }
        }
        const listed = yield* request(second, "GET", "/api/conversations")
        assert.notInclude(JSON.stringify(listed.body), conversation.id)

        // The socket.
        const socket = yield* connect(first.socketUrl, second.key)
        const of = { conversationId: conversation.id }
        for (const frame of [
          { type: "follow", ...of },
          { type: "subscribe", ...of, runId: open.runId },
          { type: "subscribe", ...of, runId: closed.runId },
          { type: "send", ...of, ...said },
          { type: "regenerate", ...of, clientMessageId, messageId },
          { type: "edit", ...of, ...said, messageId },
          { type: "cancel", ...of, runId: open.runId }
        ]) {
          const told = yield* Effect.promise(() => socket.command(frame))
          assert.ok(told.type === "error" || told.type === "gone", JSON.stringify(told))
          if (told.type === "error") assert.strictEqual(told.code, "not_found", frame.type)
        }
        // Unanswered, and so are they when they do nothing; the next answer tells that they were read.
        socket.sendRaw(JSON.stringify({ type: "typing", ...of, typing: true }))
        socket.sendRaw(JSON.stringify({ type: "ack", ...of, runId: open.runId, seq: 1 }))
        yield* Effect.promise(() => socket.command({ type: "follow-list" }))
        const heard = socket.frames.filter((frame) => !["welcome", "error", "gone", "done"].includes(frame.type))
        assert.deepStrictEqual(heard, [])

        // RPC.
        const refused = yield* Effect.gen(function* () {
          const client = yield* ParleyRpcClient
          const run = { conversationId: conversation.id, runId: RunId.make(open.runId) }
          const calls: Readonly<Record<string, Effect.Effect<unknown, { readonly _tag: string }>>> = {
            GetConversation: client.GetConversation({ conversationId: conversation.id }),
            ListMessages: client.ListMessages({ conversationId: conversation.id }),
            Send: client.Send({ conversationId: conversation.id, ...said }),
            Regenerate: client.Regenerate({ conversationId: conversation.id, clientMessageId, messageId }),
            Edit: client.Edit({ conversationId: conversation.id, messageId, ...said }),
            Cancel: client.Cancel(run),
            GetRun: client.GetRun(run),
            FollowRun: Stream.runDrain(client.FollowRun(run)),
            FollowRoom: Stream.runDrain(client.FollowRoom({ conversationId: conversation.id }))
          }
          return yield* Effect.forEach(Object.entries(calls), ([name, call]) =>
            Effect.map(Effect.flip(call), ({ _tag }) => `${name}: ${_tag}`)
          )
        }).pipe(
          Effect.provide(
            ParleyRpcClient.layer({ url: `${first.url}/rpc`, key: Redacted.make(second.key) }).pipe(
              Layer.provide(FetchHttpClient.layer)
            )
          )
        )
        for (const told of refused) assert.match(told, /: NotFound$/)
        assert.strictEqual(refused.length, 9)

        // Nothing has changed, and nobody has stopped the answer.
        assert.deepStrictEqual(yield* state, before)
        held.release()
        yield* Effect.promise(() => member.until(() => open.terminals[0]))
        const messages = yield* listMessages(first, conversation.id)
        assert.deepStrictEqual(
          messages.map((message) => [message.role, textOf(message.content), message.status]),
          [
            ["user", "Let me in.", "complete"],
            ["assistant", "All said.", "complete"],
            ["user", "Let me in.", "complete"],
            ["assistant", "Half, and whole.", "complete"]
          ]
        )
      })
  )
})

/** As `request`, but for a file, whose bytes go as they are. */
const send = (
  address: { readonly url: string; readonly key: string },
  method: string,
  path: string,
  body: unknown
): Effect.Effect<{ readonly status: number; readonly body: unknown }> =>
  body instanceof Uint8Array
    ? Effect.promise(async () => {
        const headers = { authorization: `Bearer ${address.key}`, "content-type": "application/octet-stream" }
        const response = await fetch(`${address.url}${path}`, { method, headers, body: new Uint8Array(body) })
        const json: unknown = await response.json()
        return { status: response.status, body: json }
      })
    : request(address, method, path, body)
