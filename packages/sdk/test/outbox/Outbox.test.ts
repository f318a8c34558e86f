import { assert, describe, it } from "@effect/vitest"
import { maxClientFrameBytes } from "@parley/domain/SocketProtocol"
import { memoryOutbox, ParleyApiError, ParleyOutboxError, textOf } from "../../src/sdk.ts"
import type { OutboxStorage } from "../../src/sdk.ts"
import { conversationId, idOf } from "../support/ModelServer.ts"
import { settled, VirtualPlatform } from "../support/VirtualPlatform.ts"
import { answer, opened, roomSnapshot, virtualClient, welcome } from "../support/virtualClient.ts"
import { wireMessage } from "../support/wireMessage.ts"

const accepted = (number: number) => ({ type: "accepted", messageId: idOf("msg", number), run: null, duplicate: false })

const texts = (platform: VirtualPlatform) =>
  platform.socket
    .frames()
    .filter(({ type }) => type === "send")
    .map((frame) => JSON.stringify(frame["content"]).replace(/.*"text":"([^"]*)".*/, "$1"))

const full: OutboxStorage = {
  load: async () => [],
  put: () => Promise.reject(new DOMException("no room", "QuotaExceededError")),
  remove: async () => {}
}

describe("the outbox", () => {
  it("sends what was written offline once there is a connection, one at a time and in order", async () => {
    const { client, platform } = virtualClient()
    const chat = client.conversation(conversationId)
    for (const text of ["one", "two", "three"]) chat.send(text, { reply: false })
    assert.deepStrictEqual(
      chat.messages.map(({ content, delivery }) => [textOf(content), delivery]),
      [
        ["one", "pending"],
        ["two", "pending"],
        ["three", "pending"]
      ]
    )
    await settled()
    platform.socket.receive(welcome)
    await settled()
    assert.deepStrictEqual(texts(platform), ["one"])
    await answer(platform.socket, "send", accepted(1))
    await answer(platform.socket, "send", accepted(2))
    assert.deepStrictEqual(texts(platform), ["one", "two", "three"])
  })

  it("sends again under the same clientMessageId when the answer was lost, from this page or the next one", async () => {
    const outbox = memoryOutbox()
    const first = await opened({ outbox })
    first.client.conversation(conversationId).send("once", { reply: false })
    await settled()
    const sent = first.platform.socket.frames().find(({ type }) => type === "send")
    first.platform.socket.end(1006)
    first.client.close()
    const second = await opened({ outbox })
    const again = second.platform.socket.frames().find(({ type }) => type === "send")
    assert.strictEqual(again?.["clientMessageId"], sent?.["clientMessageId"])
    await answer(second.platform.socket, "send", { ...accepted(1), duplicate: true })
    assert.deepStrictEqual(await outbox.load(), [])
  })

  it("asks what became of a message whose answer was lost, also while an answer is written: it may be the one to it", async () => {
    const { client, platform } = await opened()
    const chat = client.conversation(conversationId)
    await answer(platform.socket, "follow", { type: "done" })
    const sent = chat.send("once")
    chat.send("next")
    await settled()
    // The room tells the answer to it before the connection is lost, and the answer to the command is lost with it.
    const run = { runId: idOf("run", 1), messageId: idOf("msg", 2) }
    const streaming = { parentId: idOf("msg", 1), role: "assistant", content: [], status: "streaming", runId: run.runId }
    const messages = [wireMessage(1, "once"), wireMessage(2, "", streaming)]
    platform.socket.receive({ ...roomSnapshot(messages), activeRun: { ...run, status: "running" } })
    platform.socket.end(1006)
    await platform.advance(60_000)
    platform.socket.receive(welcome)
    await settled()
    await answer(platform.socket, "follow", { type: "done" })
    assert.deepStrictEqual(texts(platform), ["once"])
    await answer(platform.socket, "send", { ...accepted(1), run: { ...run, epoch: idOf("epo", 1) }, duplicate: true })
    assert.strictEqual((await sent.accepted()).run?.id, run.runId)
    // What was never said waits for the answer's end.
    assert.deepStrictEqual(texts(platform), ["once"])
  })

  it("asks the same of a message that an earlier page left, whose storage is read when the answer is already known to be written", async () => {
    const items = memoryOutbox()
    const first = await opened({ outbox: items })
    first.client.conversation(conversationId).send("once")
    await settled()
    const sent = first.platform.socket.frames().find(({ type }) => type === "send")
    first.client.close()
    const read = Promise.withResolvers<void>()
    const { client, platform } = await opened({ outbox: { ...items, load: () => read.promise.then(items.load) } })
    const chat = client.conversation(conversationId)
    await answer(platform.socket, "follow", { type: "done" })
    const run = { runId: idOf("run", 1), messageId: idOf("msg", 2) }
    const streaming = { parentId: idOf("msg", 1), role: "assistant", content: [], status: "streaming", runId: run.runId }
    const messages = [wireMessage(1, "once"), wireMessage(2, "", streaming)]
    platform.socket.receive({ ...roomSnapshot(messages), activeRun: { ...run, status: "running" } })
    read.resolve()
    await settled()
    const again = platform.socket.frames().find(({ type }) => type === "send")
    assert.strictEqual(again?.["clientMessageId"], sent?.["clientMessageId"])
    await answer(platform.socket, "send", { ...accepted(1), run: { ...run, epoch: idOf("epo", 1) }, duplicate: true })
    assert.deepStrictEqual(
      chat.messages.map(({ content, delivery, role }) => [role, textOf(content), delivery]),
      [
        ["user", "once", "accepted"],
        ["assistant", "", "accepted"]
      ]
    )
  })

  it("says that there is no room, keeps the text on the screen, and sends it on retry", async () => {
    const { client, platform } = virtualClient({ outbox: full })
    const chat = client.conversation(conversationId)
    const sent = chat.send("kept", { reply: false })
    const error = await sent.accepted().catch((reason: unknown) => reason)
    assert.ok(error instanceof ParleyOutboxError && error.fault === "storage-full")
    assert.strictEqual(chat.messages[0]?.delivery, "failed")
    assert.strictEqual(textOf(chat.messages[0]!.content), "kept")
    platform.socket.receive(welcome)
    sent.retry()
    await settled()
    assert.deepStrictEqual(texts(platform), ["kept"])
  })

  it("fails a message that is larger than the server takes, and keeps the connection for the next", async () => {
    const { client, platform } = await opened({ limits: { commandBytes: 400 } })
    const chat = client.conversation(conversationId)
    const large = chat.send("é".repeat(200), { reply: false })
    chat.send("small", { reply: false })
    const error = await large.accepted().catch((reason: unknown) => reason)
    assert.ok(error instanceof ParleyApiError && error.code === "payload_too_large" && error.retry === "never")
    await settled()
    assert.deepStrictEqual(texts(platform), ["small"])
  })

  it("sends nothing by itself that the server would close the connection for", async () => {
    let largestBytes = 0
    for (const length of [1_048_100, 1_048_200, 1_048_300, 1_048_400, 1_048_500]) {
      const { client, platform } = await opened()
      client.conversation(conversationId).send("x".repeat(length), { reply: false })
      await settled()
      for (const text of platform.socket.toServer) largestBytes = Math.max(largestBytes, Buffer.byteLength(text))
    }
    assert.isAtMost(largestBytes, maxClientFrameBytes)
    // It takes what the server takes.
    assert.isAtLeast(largestBytes, maxClientFrameBytes - 200)
  })

  it("discards a message once, and neither sends nor keeps it after that", async () => {
    const outbox = memoryOutbox()
    const { client, platform } = virtualClient({ outbox, limits: { outboxItems: 1 } })
    const chat = client.conversation(conversationId)
    const sent = chat.send("one", { reply: false })
    await settled()
    assert.deepStrictEqual([sent.discard(), sent.discard()], [true, false])
    sent.retry()
    chat.send("two", { reply: false })
    assert.throws(() => chat.send("three"), ParleyOutboxError)
    await settled()
    assert.deepStrictEqual(
      (await outbox.load()).map(({ command }) => command.type === "send" && textOf(command.content)),
      ["two"]
    )
    platform.socket.receive(welcome)
    await settled()
    assert.deepStrictEqual(texts(platform), ["two"])
  })

  it("takes no more than its bound, and loses nothing of what it took", async () => {
    const { client } = virtualClient({ limits: { outboxItems: 2 } })
    const chat = client.conversation(conversationId)
    chat.send("one")
    chat.send("two")
    assert.throws(() => chat.send("three"), ParleyOutboxError)
    assert.strictEqual(chat.messages.length, 2)
  })

  it("does not risk a double after the server has forgotten: it fails, and retry sends it anew", async () => {
    const platform = new VirtualPlatform()
    const { client } = virtualClient({}, platform)
    const chat = client.conversation(conversationId)
    const sent = chat.send("old", { reply: false })
    await settled()
    platform.sleep(24 * 3_600_000)
    platform.socket.receive(welcome)
    await settled()
    assert.deepStrictEqual(texts(platform), [])
    assert.ok(chat.messages[0]?.sendError instanceof ParleyOutboxError)
    sent.retry()
    await settled()
    const anew = platform.socket.frames().find(({ type }) => type === "send")
    assert.notStrictEqual(anew?.["clientMessageId"], sent.key)
    assert.strictEqual(chat.messages[0]?.key, sent.key)
  })

  it("tries again what may pass, and fails with the server's reason what may not; the next one goes on", async () => {
    const { client, platform } = await opened()
    const chat = client.conversation(conversationId)
    const refused = chat.send("refused", { reply: false })
    chat.send("next", { reply: false })
    await settled()
    const error = { type: "error", message: "no", requestId: "req_1" }
    await answer(platform.socket, "send", { ...error, code: "busy", retry: "later", retryAfterMs: 500 })
    assert.deepStrictEqual(texts(platform), ["refused"])
    await platform.advance(1_000)
    assert.deepStrictEqual(texts(platform), ["refused", "refused"])
    await answer(platform.socket, "send", { ...error, code: "invalid_request", retry: "never" })
    const reason = await refused.accepted().catch((why: unknown) => why)
    assert.ok(reason instanceof ParleyApiError && reason.code === "invalid_request")
    assert.deepStrictEqual(texts(platform), ["refused", "refused", "next"])
    assert.isTrue(refused.discard())
    assert.deepStrictEqual(
      chat.messages.map(({ content }) => textOf(content)),
      ["next"]
    )
  })
})

describe("what is prepared", () => {
  it("goes out as what was made of it, also when it is said again; what is refused then, fails as if the server had refused it", async () => {
    const problem = { code: "invalid_request", message: "no text in it", status: 422, retry: "never", requestId: "r" } as const
    let refusal: ParleyApiError | undefined = new ParleyApiError(problem)
    const outbox = memoryOutbox()
    const { client, errors, platform } = await opened({
      outbox,
      prepare: async (item) => {
        if (refusal !== undefined) throw refusal
        const text = item.command.type === "send" ? textOf(item.command.content) : ""
        const command = {
          ...item.command,
          type: "send" as const,
          content: [{ type: "text" as const, text: `${text}!` }] as const
        }
        return { ...item, command }
      }
    })
    const chat = client.conversation(conversationId)
    const sent = chat.send("one", { reply: false })
    chat.send("two", { reply: false })
    assert.strictEqual(await sent.accepted().catch((reason: unknown) => reason), refusal)
    refusal = undefined
    sent.retry()
    await settled()
    assert.deepStrictEqual(texts(platform), ["one!"])
    platform.socket.end(1006)
    await platform.advance(60_000)
    platform.socket.receive(welcome)
    await settled()
    assert.deepStrictEqual(texts(platform), ["one!!"])
    await answer(platform.socket, "send", accepted(1))
    assert.deepStrictEqual(
      chat.messages.map(({ content, delivery }) => [textOf(content), delivery]),
      [
        ["one!!", "accepted"],
        ["two", "failed"]
      ]
    )
    assert.deepStrictEqual(errors, [])
  })
})

describe("what was sent", () => {
  it("is shown once, under one key, whether the room or the answer comes first", async () => {
    const { client, platform } = await opened()
    const chat = client.conversation(conversationId)
    await answer(platform.socket, "follow", { type: "done" })
    platform.socket.receive(roomSnapshot([], 0))
    const sent = chat.send("hello", { reply: false })
    await settled()
    const message = wireMessage(1, "hello", { authorId: idOf("prn", 1) })
    platform.socket.receive({ type: "room", conversationId, seq: 1, event: { type: "message-added", message } })
    assert.deepStrictEqual(
      chat.messages.map(({ id, key }) => [id, key]),
      [[message.id, sent.key]]
    )
    await answer(platform.socket, "send", accepted(1))
    assert.deepStrictEqual(
      chat.messages.map(({ delivery, id, key }) => [id, key, delivery]),
      [[message.id, sent.key, "accepted"]]
    )
  })
})
