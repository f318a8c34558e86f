/** Conversations that are begun on the device: made before their first message goes out, once, or not at all. */
import { assert, describe, it } from "@effect/vitest"
import { memoryOutbox, ParleyApiError, ParleyOutboxError, textOf } from "../../src/sdk.ts"
import type { ClientOptions, OutboxStorage, ParleyClient } from "../../src/sdk.ts"
import { conversation, idOf } from "../support/ModelServer.ts"
import { seeded, settled, VirtualPlatform } from "../support/VirtualPlatform.ts"
import { answer, virtualClient, welcome } from "../support/virtualClient.ts"

const model = "demo/echo"
const words = { reply: false }
const accepted = { type: "accepted", messageId: idOf("msg", 1), run: null, duplicate: false }

/** The server's half of a creation, over HTTP. */
const creations = (platform: VirtualPlatform) => {
  const asked: Array<Record<string, unknown>> = []
  const next: Array<() => Response | Promise<Response>> = []
  platform.answer = (url, init) => {
    assert.strictEqual(`${init.method} ${url}`, "POST http://model/api/conversations")
    const input = JSON.parse(String(init.body))
    asked.push(input)
    return next.shift()?.() ?? Response.json({ ...conversation, ...input }, { status: 201 })
  }
  return { asked, next }
}

const refusal = (status: number, code: string, retry: string) => () =>
  Response.json({ type: "about:blank", title: code, status, code, detail: code, requestId: "req_1", retry }, { status })

const page = (options: ClientOptions = {}, seed = 1) => {
  const platform = new VirtualPlatform(seeded(seed))
  return { ...virtualClient(options, platform), platform, server: creations(platform) }
}
type Page = ReturnType<typeof page>

const online = async ({ client, platform }: Page): Promise<void> => {
  client.connect()
  await settled()
  platform.socket.receive(welcome)
  await settled()
}

const sent = ({ platform }: Page) =>
  platform.socket
    .frames()
    .filter(({ type }) => type === "send")
    .map((frame) => JSON.stringify(frame["content"]).replace(/.*"text":"([^"]*)".*/, "$1"))
const followed = ({ platform }: Page) => platform.socket.frames().filter(({ type }) => type === "follow")
const shown = (client: ParleyClient, id: string) =>
  client.conversation(id).messages.map(({ content, delivery }) => `${textOf(content)}: ${delivery}`)
const kept = async (storage: OutboxStorage) => (await storage.load()).map(({ begin }) => begin)

describe("a conversation that is begun here", () => {
  it("is there at once under the id that it keeps, and asks nothing of the server before it is made", async () => {
    const one = page()
    const chat = one.client.begin({ model })
    assert.match(chat.id, /^cnv_[0-9a-hjkmnp-tv-z]{26}$/)
    assert.strictEqual(one.client.conversation(chat.id), chat)
    chat.send("first", words)
    chat.send("second", words)
    assert.deepStrictEqual(shown(one.client, chat.id), ["first: pending", "second: pending"])
    assert.deepInclude(chat.getSnapshot(), { status: "away", conversation: null, beginning: { model } })
    assert.deepStrictEqual(
      one.client.beginnings.getSnapshot().map(({ begin, conversationId }) => [conversationId, begin]),
      [[chat.id, { model }]]
    )
    const changes: Array<unknown> = []
    one.client.onListChange((change) => changes.push(change))
    await settled()
    assert.deepStrictEqual(one.server.asked, [])
    one.platform.socket.receive(welcome)
    assert.deepStrictEqual(followed(one), [])
    await settled()
    assert.deepStrictEqual(one.server.asked, [{ id: chat.id, model }])
    assert.deepStrictEqual(sent(one), ["first"])
    assert.strictEqual(followed(one).length, 1)
    assert.deepStrictEqual([chat.getSnapshot().beginning, one.client.beginnings.getSnapshot()], [null, []])
    assert.deepStrictEqual(changes, [{ type: "changed", conversationId: chat.id }])
    await answer(one.platform.socket, "send", accepted)
    assert.deepStrictEqual(sent(one), ["first", "second"])
    assert.strictEqual(one.server.asked.length, 1)
  })

  it("outlives its page, and the answers that are lost: made under the same id, sent under the same clientMessageId", async () => {
    const outbox = memoryOutbox()
    const one = page({ outbox })
    const chat = one.client.begin({ model })
    chat.send("once", words)
    one.server.next.push(() => Promise.reject(new TypeError("lost")))
    await online(one)
    assert.deepStrictEqual(sent(one), [])
    await one.platform.advance(2_000)
    assert.deepStrictEqual(one.server.asked, [
      { id: chat.id, model },
      { id: chat.id, model }
    ])
    const before = one.platform.socket.frames().find(({ type }) => type === "send")
    assert.deepStrictEqual(await kept(outbox), [undefined], "that it is made is kept")
    one.client.close()

    const two = page({ outbox }, 2)
    await settled()
    assert.deepStrictEqual(shown(two.client, chat.id), ["once: pending"])
    await online(two)
    const again = two.platform.socket.frames().find(({ type }) => type === "send")
    assert.strictEqual(again?.["clientMessageId"], before?.["clientMessageId"])
    assert.deepStrictEqual(two.server.asked, [])
  })

  it("is taken up by the next page before it was made, also when that one asks for it too early", async () => {
    const items = memoryOutbox()
    const one = page({ outbox: items })
    const chat = one.client.begin({ model })
    chat.send("once", words)
    await settled()
    one.client.close()
    let loaded = (): void => {}
    const reading = new Promise<void>((resolve) => (loaded = resolve))
    const two = page({ outbox: { ...items, load: () => reading.then(items.load) } }, 2)
    const early = two.client.conversation(chat.id)
    await online(two)
    await answer(two.platform.socket, "follow", {
      type: "error",
      code: "not_found",
      message: "no",
      retry: "never",
      requestId: "req_1"
    })
    assert.strictEqual(early.getSnapshot().status, "gone")
    loaded()
    await settled()
    assert.deepStrictEqual(two.server.asked, [{ id: chat.id, model }])
    assert.deepStrictEqual(sent(two), ["once"])
    assert.deepStrictEqual([early.getSnapshot().status, followed(two).length], ["loading", 2])
  })

  it("is made once by two tabs, and by neither once one of them has given it up", async () => {
    const outbox = memoryOutbox()
    const one = page({ outbox })
    const made = one.client.begin({ model })
    const given = one.client.begin({ model })
    made.send("made", words)
    given.send("given up", words)
    await settled()
    const two = page({ outbox }, 2)
    await settled()
    one.client.withdraw(given.id)
    await online(one)
    await answer(one.platform.socket, "send", accepted)
    const changes: Array<unknown> = []
    two.client.onListChange(({ type }) => changes.push(type))
    const there = two.client.conversation(made.id)
    await online(two)
    assert.deepStrictEqual([two.server.asked, sent(two)], [[], []])
    assert.deepStrictEqual(changes, ["all", "all"])
    assert.deepStrictEqual(
      followed(two).map((frame) => frame["conversationId"]),
      [made.id]
    )
    assert.strictEqual(there.getSnapshot().beginning, null)
    assert.deepStrictEqual(two.client.beginnings.getSnapshot(), [])
  })

  it("is not made once all of it is withdrawn, in the storage neither; and as it was when that is taken back", async () => {
    const outbox = memoryOutbox()
    const one = page({ outbox })
    const chat = one.client.begin({ model })
    const first = chat.send("first", words)
    chat.send("second", words)
    await settled()
    const undo = one.client.withdraw(chat.id)
    await settled()
    assert.deepStrictEqual([await kept(outbox), one.client.beginnings.getSnapshot(), chat.messages], [[], [], []])
    await online(one)
    assert.deepStrictEqual([one.server.asked, sent(one)], [[], []])
    undo()
    undo()
    await settled()
    assert.deepStrictEqual(shown(one.client, chat.id), ["first: pending", "second: pending"])
    assert.deepStrictEqual([one.server.asked.length, sent(one)], [1, ["first"]])
    assert.strictEqual(one.platform.socket.frames().find(({ type }) => type === "send")?.["clientMessageId"], first.key)
  })

  it("keeps what was written when its model is gone, sends none of it, and goes on in order with another one", async () => {
    const outbox = memoryOutbox()
    const one = page({ outbox })
    const chat = one.client.begin({ model: "gone/model", title: "Tea" })
    const sendings = ["first", "second"].map((text) => chat.send(text, words))
    one.server.next.push(refusal(404, "model_not_found", "never"))
    await online(one)
    assert.deepStrictEqual(shown(one.client, chat.id), ["first: failed", "second: failed"])
    for (const sending of sendings) {
      const error = await sending.accepted().catch((reason: unknown) => reason)
      assert.ok(error instanceof ParleyApiError && error.code === "model_not_found")
    }
    assert.deepStrictEqual([one.server.asked.length, sent(one)], [1, []])
    chat.beginWith({ ...chat.getSnapshot().beginning, model })
    await settled()
    assert.deepStrictEqual(await kept(outbox), [
      { model, title: "Tea" },
      { model, title: "Tea" }
    ])
    for (const sending of sendings) sending.retry()
    await settled()
    assert.deepStrictEqual(one.server.asked.at(-1), { id: chat.id, model, title: "Tea" })
    assert.deepStrictEqual(sent(one), ["first"])
    await answer(one.platform.socket, "send", accepted)
    assert.deepStrictEqual(sent(one), ["first", "second"])
  })

  it("is refused for good when it was deleted elsewhere, and tried again when the server is only busy", async () => {
    const one = page()
    const chat = one.client.begin()
    chat.send("never", words)
    one.server.next.push(refusal(503, "unavailable", "same-id"), refusal(409, "conflict", "never"))
    await online(one)
    assert.deepStrictEqual(shown(one.client, chat.id), ["never: pending"])
    await one.platform.advance(2_000)
    assert.deepStrictEqual(shown(one.client, chat.id), ["never: failed"])
    assert.deepStrictEqual([one.server.asked.length, sent(one)], [2, []])
    assert.isTrue(chat.sent(chat.messages[0]?.key ?? "")?.discard())
    assert.deepStrictEqual(one.client.beginnings.getSnapshot(), [])
  })

  it("waits for a word when it has waited too long, with all that was written in it", async () => {
    const one = page()
    const chat = one.client.begin({ model })
    const sendings = ["first", "second"].map((text) => chat.send(text, words))
    await settled()
    one.platform.sleep(24 * 3_600_000)
    await online(one)
    assert.deepStrictEqual([one.server.asked, sent(one)], [[], []])
    for (const { sendError } of chat.messages) assert.ok(sendError instanceof ParleyOutboxError && sendError.fault === "expired")
    assert.strictEqual(one.client.beginnings.getSnapshot().length, 1)
    for (const sending of sendings) sending.retry()
    await settled()
    assert.deepStrictEqual(one.server.asked, [{ id: chat.id, model }])
    assert.deepStrictEqual(sent(one), ["first"])
  })
})
