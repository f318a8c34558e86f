import { assert, describe, it } from "@effect/vitest"
import { textOf } from "../../src/sdk.ts"
import { conversationId, idOf } from "../support/ModelServer.ts"
import { settled } from "../support/VirtualPlatform.ts"
import { answer, opened, roomSnapshot } from "../support/virtualClient.ts"
import { wireMessage } from "../support/wireMessage.ts"

const message = (number: number, parent: number | null, fields: object = {}) =>
  wireMessage(number, `m${number}`, {
    parentId: parent === null ? null : idOf("msg", parent),
    role: number % 2 === 1 ? "user" : "assistant",
    ...fields
  })
const run = { conversationId, runId: idOf("run", 1) }
const epoch = idOf("epo", 1)

const streaming = async () => {
  const made = await opened()
  const chat = made.client.conversation(conversationId)
  const messages = [
    message(1, null),
    message(2, 1),
    message(3, 2),
    message(4, 3, { status: "streaming", runId: run.runId, content: [] })
  ]
  const snapshot = roomSnapshot(messages, 9)
  made.platform.socket.receive({ ...snapshot, activeRun: { runId: run.runId, messageId: idOf("msg", 4), status: "running" } })
  await answer(made.platform.socket, "follow", { type: "done" })
  const start = { type: "run-start", messageId: idOf("msg", 4), model: "demo/echo" }
  made.platform.socket.receive({ type: "delta", ...run, epoch, seq: 1, count: 1, events: [start] })
  made.platform.socket.receive({ type: "caught-up", ...run, epoch, seq: 1 })
  const say = (seq: number, text: string) =>
    made.platform.socket.receive({ type: "delta", ...run, epoch, seq, count: 1, events: [{ type: "text-delta", text }] })
  return { ...made, chat, say }
}

describe("a chat's snapshot", () => {
  it("is the same object until something changed, and shares what did not", async () => {
    const { chat, say } = await streaming()
    const before = chat.getSnapshot()
    assert.strictEqual(chat.getSnapshot(), before)
    say(2, "Hel")
    say(3, "lo")
    const after = chat.getSnapshot()
    assert.notStrictEqual(after, before)
    assert.strictEqual(textOf(after.messages[3]!.content), "Hello")
    for (const at of [0, 1, 2]) assert.strictEqual(after.messages[at], before.messages[at])
    assert.strictEqual(after.members, before.members)
    assert.deepStrictEqual(after.activeRun, { runId: run.runId, messageId: idOf("msg", 4) })
  })

  it("tells its listeners once a frame, and a run's own listeners too", async () => {
    const { chat, say } = await streaming()
    let [told, toldOfRun] = [0, 0]
    chat.subscribe(() => void told++)
    const stop = chat.run(run.runId).subscribe(() => void toldOfRun++)
    say(2, "a")
    stop()
    say(3, "b")
    assert.deepStrictEqual([told, toldOfRun], [2, 1])
  })

  it("shows events of unknown types as nothing, and still counts them", async () => {
    const { chat, platform, say } = await streaming()
    platform.socket.receive({ type: "delta", ...run, epoch, seq: 2, count: 1, events: [{ type: "from-the-future" }] })
    say(3, "on")
    assert.strictEqual(textOf(chat.messages[3]!.content), "on")
  })

  it("shows the branch that was chosen, and the newest when a version is added to it", async () => {
    const { chat, platform } = await streaming()
    const added = (seq: number, one: object) =>
      platform.socket.receive({ type: "room", conversationId, seq, event: { type: "message-added", message: one } })
    added(10, message(5, 2))
    assert.deepStrictEqual(
      chat.messages.map(({ content }) => textOf(content)),
      ["m1", "m2", "m5"]
    )
    assert.deepStrictEqual([chat.messages[2]!.siblingIndex, chat.messages[2]!.siblings.length], [1, 2])
    chat.selectBranch(idOf("msg", 3))
    assert.strictEqual(chat.messages.length, 4)
  })

  it("acknowledges after 8 KiB, and else once a second", async () => {
    const { platform, say } = await streaming()
    const acks = () =>
      platform.socket
        .frames()
        .filter(({ type }) => type === "ack")
        .map(({ seq }) => seq)
    say(2, "a")
    assert.deepStrictEqual(acks(), [])
    await platform.advance(1_000)
    assert.deepStrictEqual(acks(), [2])
    say(3, "x".repeat(9_000))
    assert.deepStrictEqual(acks(), [2, 3])
  })

  it("tells presence and members, forgets presence with the connection, and says when the room is gone", async () => {
    const { chat, platform } = await streaming()
    const one = idOf("prn", 7)
    platform.socket.receive({ type: "presence", conversationId, online: [one], typing: [one] })
    const member = { principalId: one, displayName: "Somebody", role: "member", joinedAtMs: 1 }
    platform.socket.receive({ type: "room", conversationId, seq: 10, event: { type: "member-joined", member } })
    assert.deepStrictEqual([chat.getSnapshot().typing.length, chat.getSnapshot().members.length], [1, 1])
    platform.socket.receive({ type: "room-gone", conversationId, reason: "deleted" })
    const { error, members, online, status } = chat.getSnapshot()
    assert.deepStrictEqual([status, error?.message, online.length, members.length], ["gone", "deleted", 0, 1])
    await settled()
  })

  it("applies ten thousand tokens without copying the text that is there", async () => {
    const { chat, say } = await streaming()
    for (let seq = 2; seq < 10_002; seq++) say(seq, "token ")
    assert.strictEqual(textOf(chat.messages[3]!.content).length, 60_000)
  })
})
