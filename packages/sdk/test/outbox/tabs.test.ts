/** Clients that share an outbox and are told of each other: what one writes without a network waits in all, and what one has sent in none. */
import { assert, describe, it } from "@effect/vitest"
import { memoryOutbox, ParleyConnectionError, textOf } from "../../src/sdk.ts"
import type { OutboxStorage, ParleyClient } from "../../src/sdk.ts"
import { conversation, conversationId, idOf } from "../support/ModelServer.ts"
import { seeded, settled, VirtualPlatform } from "../support/VirtualPlatform.ts"
import { answer, roomSnapshot, virtualClient, welcome } from "../support/virtualClient.ts"
import { wireMessage } from "../support/wireMessage.ts"

const words = { reply: false }
const run = { runId: idOf("run", 1), messageId: idOf("msg", 2), epoch: idOf("epo", 1) }
const accepted = { type: "accepted", messageId: idOf("msg", 1), run: null, duplicate: false }
const message = wireMessage(1, "once", { authorId: idOf("prn", 1) })

/** Each tab's own view of one storage. */
const sharedOutbox = () => {
  const items = memoryOutbox()
  const watchers = new Map<number, () => void>()
  return {
    items,
    watched: () => watchers.size,
    of: (tab: number): OutboxStorage => {
      const tell = () => watchers.forEach((told, other) => void (other !== tab && told()))
      return {
        load: items.load,
        put: (item) => items.put(item).then(tell),
        remove: (id) => items.remove(id).then(tell),
        watch: (told) => {
          watchers.set(tab, told)
          return () => void watchers.delete(tab)
        }
      }
    }
  }
}

const twoTabs = () => {
  const shared = sharedOutbox()
  const tab = (number: number) => {
    const platform = new VirtualPlatform(seeded(number))
    platform.answer = (_url, init) => Response.json({ ...conversation, ...JSON.parse(String(init.body)) }, { status: 201 })
    return virtualClient({ outbox: shared.of(number) }, platform)
  }
  return { shared, one: tab(1), two: tab(2) }
}
type Tab = ReturnType<typeof virtualClient>

const online = async ({ client, platform }: Tab): Promise<void> => {
  client.connect()
  await settled()
  platform.socket.receive(welcome)
  await settled()
}

const sends = ({ platform }: Tab) => platform.sockets.flatMap((socket) => socket.frames()).filter(({ type }) => type === "send")
const shown = (client: ParleyClient, id: string = conversationId) =>
  client.conversation(id).messages.map(({ content, delivery }) => `${textOf(content)}: ${delivery}`)

describe("tabs that share an outbox", () => {
  it("all show what one of them began without a network, with what it is begun with since, and none what it gave up", async () => {
    const { one, two } = twoTabs()
    await settled()
    let told = 0
    two.client.beginnings.subscribe(() => told++)
    const chat = one.client.begin({ model: "a/b" })
    chat.send("first", words)
    await settled()
    assert.isAbove(told, 0)
    assert.deepStrictEqual(
      two.client.beginnings.getSnapshot().map(({ begin, conversationId: id }) => [id, begin?.model]),
      [[chat.id, "a/b"]]
    )
    assert.deepStrictEqual(shown(two.client, chat.id), ["first: pending"])
    chat.beginWith({ model: "c/d" })
    await settled()
    assert.deepStrictEqual(two.client.beginnings.getSnapshot()[0]?.begin, { model: "c/d" })
    one.client.withdraw(chat.id)
    await settled()
    assert.deepStrictEqual([two.client.beginnings.getSnapshot(), shown(two.client, chat.id)], [[], []])
  })

  it("takes up what an earlier page left also where its storage could not be read at first, and the connection is open by then", async () => {
    const items = memoryOutbox()
    const earlier = virtualClient({ outbox: items }, new VirtualPlatform(seeded(3)))
    earlier.client.conversation(conversationId).send("left", words)
    await settled()
    earlier.client.close()
    let isSilent = true
    let told = () => {}
    const load = () => (isSilent ? Promise.reject(new Error("silent")) : items.load())
    const watch = (on: () => void) => {
      told = on
      return () => {}
    }
    const late = virtualClient({ outbox: { ...items, load, watch } }, new VirtualPlatform(seeded(4)))
    await online(late)
    assert.deepStrictEqual(shown(late.client), [])
    isSilent = false
    told()
    await settled()
    assert.deepStrictEqual(sends(late).length, 1)
  })

  it("show a message once that another has sent, while it is answered", async () => {
    const { one, shared, two } = twoTabs()
    two.client.conversation(conversationId)
    const told = (messages: ReadonlyArray<object>, number: number) =>
      two.platform.socket.receive({
        ...roomSnapshot(messages, number),
        activeRun: { ...run, runId: idOf("run", number), status: "running" }
      })
    await online(two)
    await answer(two.platform.socket, "follow", { type: "done" })
    told([], 1)
    two.platform.socket.end(1006)
    one.client.conversation(conversationId).send("once")
    await settled()
    assert.deepStrictEqual(shown(two.client), ["once: pending"])
    await two.platform.advance(1_000)
    two.platform.socket.receive(welcome)
    await settled()
    // An answer is still being written, as far as is known here, and then the next one: it may be the one to what one has said, so two asks too.
    told([message], 2)
    await answer(two.platform.socket, "follow", { type: "done" })
    await online(one)
    await answer(one.platform.socket, "send", { ...accepted, run })
    await answer(two.platform.socket, "send", { ...accepted, run, duplicate: true })
    const ids = (tab: Tab) => sends(tab).map((frame) => frame["clientMessageId"])
    assert.deepStrictEqual([ids(two), shown(two.client)], [ids(one), ["once: accepted"]])
    assert.deepStrictEqual(await shared.items.load(), [])
  })

  it("send nothing of what goes out from another at once, and show it when their connection is lost before it did", async () => {
    const { one, two } = twoTabs()
    await online(one)
    await online(two)
    const sent = one.client.conversation(conversationId).send("at once", words)
    await settled()
    assert.deepStrictEqual([sends(one).length, sends(two).length, shown(two.client)], [1, 0, []])
    two.platform.socket.end(1006)
    await settled()
    assert.deepStrictEqual(shown(two.client), ["at once: pending"])
    await answer(one.platform.socket, "send", accepted)
    await sent.accepted()
    await settled()
    assert.deepStrictEqual(shown(two.client), [])
  })

  it("tell whoever waits for it that another has sent it or given it up, and listen no more once they are closed", async () => {
    const { one, shared, two } = twoTabs()
    const sent = one.client.conversation(conversationId).send("once", words)
    await settled()
    two.client.conversation(conversationId).sent(sent.key)?.discard()
    await settled()
    const error = await sent.accepted().catch((reason: unknown) => reason)
    assert.ok(error instanceof ParleyConnectionError && error.fault === "closed")
    assert.deepStrictEqual(shown(one.client), [])
    one.client.close()
    two.client.close()
    assert.strictEqual(shared.watched(), 0)
  })
})
