/** Coming in to the real program: a link, a cookie, a guest; and what of it survives. */
import { assert, describe, it } from "@effect/vitest"
import { Attachment } from "@parley/domain/Attachments"
import { textOf } from "@parley/domain/Content"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { Effect, Redacted, Schema } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import { createConversation, listMessages, request } from "./support/api.ts"
import { connect } from "./support/ChatClient.ts"
import { startParley, type Parley } from "./support/startParley.ts"

/** A browser, as far as the server can tell: it keeps one cookie, and says that its own page asks. */
class Browser {
  cookie = ""
  readonly #parley: Parley
  constructor(parley: Parley) {
    this.#parley = parley
  }

  ask(method: string, path: string, body?: unknown): Effect.Effect<{ readonly status: number; readonly body: unknown }> {
    return Effect.promise(async () => {
      const response = await fetch(`${this.#parley.url}${path}`, {
        method,
        headers: {
          cookie: this.cookie,
          "sec-fetch-site": "same-origin",
          ...(body === undefined ? {} : { "content-type": "application/json" })
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const set = response.headers.get("set-cookie")
      if (set !== null) this.cookie = set.split(";")[0] ?? ""
      const text = await response.text()
      const json: unknown = text === "" ? undefined : JSON.parse(text)
      return { status: response.status, body: json }
    })
  }

  readonly socket = Effect.suspend(() => connect(this.#parley.socketUrl, "", { cookie: this.cookie, origin: this.#parley.url }))
}

const linkToken = (parley: Parley): string => /#sign-in=(\S+)/.exec(parley.text())?.[1] ?? assert.fail("no link was printed")

const Issued = Schema.Struct({ token: Schema.String })
const Titled = Schema.Struct({ items: Schema.Array(Schema.Struct({ id: Schema.String, title: Schema.String })) })
const Sessions = Schema.Array(Schema.Struct({ id: Schema.String }))
const Who = Schema.Struct({ principal: Schema.Struct({ id: Schema.String }) })

describe("a person", () => {
  it.live("comes in by the printed link, chats over the socket by cookie, is still in after a restart, and goes out", () =>
    Effect.gen(function* () {
      const database = yield* freshDatabase
      const settings = { DATABASE_URL: Redacted.value(database) }
      const first = yield* startParley(settings)
      const before = new Browser(first)
      const signedIn = yield* before.ask("POST", "/api/session", { token: linkToken(first) })
      assert.strictEqual(signedIn.status, 201)
      assert.strictEqual((yield* new Browser(first).ask("POST", "/api/session", { token: linkToken(first) })).status, 401)
      yield* first.stop("SIGTERM")

      const parley = yield* startParley(settings)
      assert.notStrictEqual(linkToken(parley), linkToken(first))
      const browser = new Browser(parley)
      browser.cookie = before.cookie
      const { principal } = Schema.decodeUnknownSync(Who)((yield* browser.ask("GET", "/api/session")).body)
      const made = yield* browser.ask("POST", "/api/conversations", {})
      assert.strictEqual(made.status, 201)
      assert.deepInclude(made.body, { createdBy: principal.id, title: "New conversation" })
      const { id } = Schema.decodeUnknownSync(Schema.Struct({ id: Schema.String }))(made.body)
      const client = yield* browser.socket
      yield* Effect.promise(() => client.command({ type: "follow", conversationId: id }))
      const accepted = yield* Effect.promise(() =>
        client.command({
          type: "send",
          conversationId: id,
          clientMessageId: "one",
          content: [{ type: "text", text: "# Name the pelican\nplease" }]
        })
      )
      assert.strictEqual(accepted.type, "accepted")
      yield* Effect.promise(() =>
        client.until(() => client.frames.find((frame) => frame.type === "room" && frame.event.type === "conversation-changed"))
      )
      const { items } = Schema.decodeUnknownSync(Titled)((yield* browser.ask("GET", "/api/conversations")).body)
      assert.deepInclude(items, { id, title: "Name the pelican" })
      const found = yield* browser.ask("GET", "/api/search?q=peli")
      assert.deepInclude(JSON.stringify(found.body), id)

      yield* browser.ask("DELETE", "/api/session")
      browser.cookie = before.cookie
      assert.strictEqual((yield* browser.ask("GET", "/api/session")).status, 401)
    })
  )

  it.live("whose session ends in the middle of an answer loses the socket with 4501, and not the answer", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = yield* freshDatabase
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      })
      const browser = new Browser(parley)
      yield* browser.ask("POST", "/api/session", { apiKey: parley.key })
      const { id } = yield* createConversation(parley, { model: "openai/gpt-5" })
      const client = yield* browser.socket
      wire.enqueue(answer(["The first half, ", "and the second."], { holdAfter: 1 }))
      const send = { type: "send", conversationId: id, clientMessageId: "one", content: [{ type: "text", text: "Tell." }] }
      assert.strictEqual((yield* Effect.promise(() => client.command(send))).type, "accepted")
      const upstream = yield* wire.received(0)

      const [session] = Schema.decodeUnknownSync(Sessions)((yield* browser.ask("GET", "/api/sessions")).body)
      assert.strictEqual((yield* browser.ask("DELETE", `/api/sessions/${session?.id}`)).status, 204)
      client.sendRaw(JSON.stringify({ type: "follow", id: "late", conversationId: id }))
      assert.strictEqual((yield* Effect.promise(() => client.closed)).code, CloseCode.unauthorized)

      upstream.release()
      yield* upstream.completed
      const read = Effect.map(listMessages(parley, id), (messages) => messages.find(({ role }) => role === "assistant"))
      const message = yield* Effect.repeat(read, { until: (found) => found?.status !== "streaming" })
      assert.strictEqual(textOf(message?.content ?? []), "The first half, and the second.")
    })
  )

  it.live("invites another by link: a guest of that room, who sees no other and makes none", () =>
    Effect.gen(function* () {
      const database = yield* freshDatabase
      const parley = yield* startParley({ DATABASE_URL: Redacted.value(database) })
      const host = new Browser(parley)
      yield* host.ask("POST", "/api/session", { token: linkToken(parley) })
      const { id } = yield* createConversation(parley, { title: "Tea" })
      const other = yield* createConversation(parley, { title: "Secret" })
      const { token } = Schema.decodeUnknownSync(Issued)((yield* host.ask("POST", `/api/conversations/${id}/invites`, {})).body)

      const guest = new Browser(parley)
      assert.deepInclude((yield* guest.ask("POST", "/api/invites/preview", { token })).body, { title: "Tea" })
      const accepted = yield* guest.ask("POST", "/api/invites/accept", { token, displayName: "Grace" })
      assert.strictEqual(accepted.status, 200)
      assert.deepInclude(accepted.body, { conversationId: id })
      assert.strictEqual((yield* new Browser(parley).ask("POST", "/api/invites/accept", { token })).status, 404)

      const { items } = Schema.decodeUnknownSync(Titled)((yield* guest.ask("GET", "/api/conversations")).body)
      assert.deepStrictEqual(items, [{ id, title: "Tea" }])
      const client = yield* guest.socket
      const sent = yield* Effect.promise(() =>
        client.command({
          type: "send",
          conversationId: id,
          clientMessageId: "g",
          content: [{ type: "text", text: "Hi" }],
          reply: false
        })
      )
      assert.strictEqual(sent.type, "accepted")
      const refused: ReadonlyArray<readonly [string, string, unknown, number]> = [
        ["POST", "/api/conversations", {}, 403],
        ["PATCH", `/api/conversations/${id}`, { title: "Mine" }, 403],
        ["POST", `/api/conversations/${id}/invites`, {}, 403],
        ["DELETE", `/api/conversations/${id}`, undefined, 403],
        ["GET", `/api/conversations/${other.id}`, undefined, 404],
        ["GET", "/api/keys", undefined, 403],
        ["GET", "/api/tenants", undefined, 403]
      ]
      for (const [method, path, body, status] of refused) {
        assert.strictEqual((yield* guest.ask(method, path, body)).status, status, `${method} ${path}`)
      }
    })
  )

  it.live("shows a model a file: the provider gets the image itself, and the text with its name, a PDF's too", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = yield* freshDatabase
      const data = yield* Effect.acquireRelease(
        Effect.promise(() => temporaryFolder("attachments")),
        ({ remove }) => Effect.promise(remove)
      )
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        PARLEY_DATA_DIR: data.path,
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      })
      const { id } = yield* createConversation(parley, { model: "openai/gpt-5" })
      const upload = (name: string, body: string | Uint8Array<ArrayBuffer>) =>
        Effect.promise(async () => {
          const response = await fetch(`${parley.url}/api/conversations/${id}/attachments?name=${name}`, {
            method: "POST",
            headers: { authorization: `Bearer ${parley.key}`, "content-type": "application/octet-stream" },
            body
          })
          const { bytes, contentType, id: attachmentId } = Schema.decodeUnknownSync(Attachment)(await response.json())
          return { type: "file", attachmentId, name, contentType, bytes }
        })
      const image = yield* upload("a.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]))
      const notes = yield* upload("notes.txt", "remember the milk")
      const paper = yield* upload("paper.pdf", makePdf("the walrus was Paul"))
      wire.enqueue(answer(["I see."]))
      const sent = yield* request(parley, "POST", `/api/conversations/${id}/messages`, {
        clientMessageId: "one",
        content: [{ type: "text", text: "Look." }, image, notes, paper]
      })
      assert.strictEqual(sent.status, 202)
      const asked = yield* wire.received(0)
      const body = JSON.stringify(asked.body)
      assert.include(body, "data:image/png;base64,iVBORw0KGgoB")
      assert.include(body, "remember the milk")
      assert.include(body, "the walrus was Paul")
    })
  )
})
