/** A conversation longer than what its room tells: parts of it that lie apart, and how they come together. */
import { assert, describe, it } from "@effect/vitest"
import { textOf } from "../../src/sdk.ts"
import { conversationId, idOf } from "../support/ModelServer.ts"
import { settled } from "../support/VirtualPlatform.ts"
import { answer, opened, roomSnapshot } from "../support/virtualClient.ts"
import { wireMessage } from "../support/wireMessage.ts"

const count = 1_000
const message = (number: number, fields: object = {}) =>
  wireMessage(number, `${number}`, {
    parentId: number === 1 ? null : idOf("msg", number - 1),
    role: number % 2 === 1 ? "user" : "assistant",
    ...fields
  })
const all = Array.from({ length: count }, (_, index) => message(index + 1))
const numberOf = (id: string): number => Number(id.slice(4))

/** Pages as the API gives them: of one line of messages. */
const pageOf = (url: string): Response => {
  const query = new URL(url).searchParams
  const limit = Number(query.get("limit") ?? 50)
  const [cursor, before, from] = ["cursor", "before", "from"].map((name) => query.get(name))
  const back = before ?? (cursor?.startsWith("b") === true ? cursor.slice(1) : undefined)
  if (back !== undefined && back !== null) {
    const end = numberOf(back) - 1
    const items = all.slice(Math.max(0, end - limit), Math.max(0, end))
    return Response.json({ items, nextCursor: end > limit ? `b${items[0]?.id}` : null })
  }
  const start = from === null || from === undefined ? Number(cursor ?? 0) : numberOf(from) - 1
  const items = all.slice(start, start + limit)
  return Response.json({ items, nextCursor: start + limit < count ? String(start + limit) : null })
}

const long = async () => {
  const made = await opened()
  const asked: Array<string> = []
  made.platform.answer = (url) => {
    asked.push(url)
    return pageOf(url)
  }
  const chat = made.client.conversation(conversationId)
  const follow = async () => {
    made.platform.socket.receive(roomSnapshot(all.slice(-50), 9))
    await answer(made.platform.socket, "follow", { type: "done" })
  }
  const shown = () => chat.messages.map(({ content }) => Number(textOf(content)))
  const inLine = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return { ...made, chat, asked, follow, shown, inLine }
}

describe("a long conversation", () => {
  it("is opened at a message far up by two requests, and read on from there to its end without a gap", async () => {
    const { asked, chat, follow, inLine, shown } = await long()
    await follow()
    assert.deepStrictEqual([shown().length, chat.getSnapshot().hasNewer], [50, false])
    assert.isTrue(await chat.show(idOf("msg", 500)))
    assert.strictEqual(asked.length, 2)
    assert.deepStrictEqual(shown(), inLine(460, 539))
    assert.isTrue(chat.getSnapshot().hasNewer)
    let more = true
    while (more) more = await chat.loadNewer()
    assert.deepStrictEqual(shown(), inLine(460, count))
    assert.deepStrictEqual([chat.getSnapshot().hasNewer, chat.getSnapshot().hasOlder], [false, true])
    assert.isAtMost(asked.length, 2 + Math.ceil((count - 539) / 200))
    while (await chat.loadOlder());
    assert.deepStrictEqual(shown(), inLine(1, count))
  })

  it("stays at the message that was looked for when the room is told only then", async () => {
    const { chat, follow, inLine, shown } = await long()
    assert.isTrue(await chat.show(idOf("msg", 500)))
    await follow()
    assert.deepStrictEqual(shown(), inLine(460, 539))
    chat.showNewest()
    assert.deepStrictEqual(shown(), inLine(951, count))
    assert.isFalse(chat.getSnapshot().hasNewer)
    assert.isTrue(await chat.show(idOf("msg", 960)))
    assert.deepStrictEqual(shown(), inLine(951, count))
    assert.isFalse(await chat.show(idOf("msg", count + 1)), "no such message")
    assert.deepStrictEqual(shown(), inLine(951, count))
  })

  it("goes to its end with what is said, which follows the newest message and not the one that was looked at", async () => {
    const { chat, follow, inLine, platform, shown } = await long()
    await follow()
    await chat.show(idOf("msg", 500))
    const live = { type: "message-added", message: message(count + 1) }
    platform.socket.receive({ type: "room", conversationId, seq: 10, event: live })
    assert.deepStrictEqual(shown(), inLine(460, 539), "what others say meanwhile does not move the view")
    chat.send("7")
    await settled()
    assert.deepStrictEqual(shown(), [...inLine(951, count + 1), 7])
    const sent = platform.socket.frames().find(({ type }) => type === "send")
    assert.notProperty(sent, "parentId")
  })

  it("shows its end again when more was missed than the room tells, and what was held comes back before it", async () => {
    const { chat, inLine, platform, shown } = await long()
    platform.socket.receive(roomSnapshot(all.slice(0, 50), 9))
    await answer(platform.socket, "follow", { type: "done" })
    assert.deepStrictEqual(shown(), inLine(1, 50))
    platform.socket.receive(roomSnapshot(all.slice(-50), 2_000))
    assert.deepStrictEqual(shown(), inLine(951, count))
    while (await chat.loadOlder());
    assert.deepStrictEqual(shown(), inLine(1, count))
  })
})
