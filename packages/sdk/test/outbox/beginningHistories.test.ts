/** Whatever the network, the tabs and their reloads do: each conversation is made once, and holds what was written in it, once and in order. */
import { assert, describe, it } from "@effect/vitest"
import { memoryOutbox } from "../../src/sdk.ts"
import type { ParleyClient } from "../../src/sdk.ts"
import { conversation, idOf } from "../support/ModelServer.ts"
import { seeded, settled, VirtualPlatform } from "../support/VirtualPlatform.ts"
import type { VirtualSocket } from "../support/VirtualPlatform.ts"
import { virtualClient, welcome } from "../support/virtualClient.ts"

const histories = 100
/** Moves while all goes wrong, and then as many as it may take until all is quiet. */
const badMoves = 120
const quietMoves = 400
const conversations = 3
const messagesPerConversation = 3
const longestStepMs = 20_000

/** Creations and sends as the server takes them: each of both once, by its id. */
const makeServer = (chance: (part: number) => boolean, isBad: () => boolean) => {
  const made = new Map<string, Array<string>>()
  const taken = new Set<string>()
  let ids = 0
  const create = (input: { readonly id: string }): Response => {
    if (isBad() && chance(0.2)) throw new TypeError("lost on the way there")
    if (isBad() && chance(0.2)) {
      const problem = {
        type: "about:blank",
        title: "Busy",
        status: 503,
        code: "busy",
        detail: "busy",
        requestId: "r",
        retry: "later"
      }
      return Response.json(problem, { status: 503 })
    }
    if (!made.has(input.id)) made.set(input.id, [])
    if (isBad() && chance(0.3)) throw new TypeError("lost on the way back")
    return Response.json({ ...conversation, ...input }, { status: 201 })
  }
  const receive = (socket: VirtualSocket, frame: Record<string, unknown>): void => {
    const { clientMessageId, conversationId, id, type } = frame
    if (type === "ping") return socket.receive({ type: "pong" })
    const words = made.get(String(conversationId))
    if (words === undefined) {
      return socket.receive({ type: "error", id, code: "not_found", message: "no", retry: "never", requestId: "r" })
    }
    if (type !== "send") return socket.receive({ type: "done", id })
    const duplicate = taken.has(String(clientMessageId))
    taken.add(String(clientMessageId))
    if (!duplicate) words.push(JSON.stringify(frame["content"]))
    if (isBad() && chance(0.3)) return socket.end(1006)
    socket.receive({ type: "accepted", id, messageId: idOf("msg", ++ids), run: null, duplicate })
  }
  return { made, create, receive }
}

interface Tab {
  readonly client: ParleyClient
  readonly platform: VirtualPlatform
  readonly errors: ReadonlyArray<unknown>
}

const history = async (seed: number) => {
  const random = seeded(seed)
  const chance = (part: number) => random() < part
  let isBad = true
  const server = makeServer(chance, () => isBad)
  const outbox = memoryOutbox()
  /** All pages are on one device. */
  let nowMs = 1_000_000
  const errors: Array<unknown> = []

  const open = (): Tab => {
    const platform = new VirtualPlatform(seeded(random() * 2 ** 32))
    platform.now = nowMs
    platform.answer = (_url, init) => server.create(JSON.parse(String(init.body)))
    platform.onSocket = (socket) => {
      if (isBad && chance(0.3)) socket.isClosed = true
    }
    const { client, errors: told } = virtualClient({ outbox }, platform)
    client.connect()
    return { client, platform, errors: told }
  }
  const greeted = new WeakSet<VirtualSocket>()
  const deliver = (tab: Tab): void => {
    for (const socket of tab.platform.sockets) {
      if (socket.isClosed) continue
      if (!greeted.has(socket)) {
        greeted.add(socket)
        socket.receive(welcome)
      }
      for (const text of socket.toServer.splice(0)) server.receive(socket, JSON.parse(text))
    }
  }

  const tabs: [Tab, Tab] = [open(), open()]
  const written = new Map<string, Array<string>>()
  const move = async (): Promise<void> => {
    const at = chance(0.5) ? 0 : 1
    const tab = tabs[at]
    const id = [...written.keys()][Math.floor(random() * conversations)]
    const [isReload, isLost] = [isBad && chance(0.1), isBad && chance(0.1)]
    if (isReload) {
      tab.client.close()
      errors.push(...tab.errors)
      tabs[at] = open()
    } else if (isLost) tab.platform.sockets.at(-1)?.end(1006)
    else if (written.size < conversations && chance(0.3)) {
      const chat = tab.client.begin({ title: "begun" })
      written.set(chat.id, ["0"])
      chat.send("0", { reply: false })
    } else if (id !== undefined && chance(0.3)) {
      const words = written.get(id) ?? []
      const chat = tab.client.conversation(id)
      // From a tab that knows what was written before: two tabs that know nothing of each other have no order.
      const isFirst = chat.getSnapshot().beginning !== null && chat.messages.length === words.length
      if (isFirst && words.length < messagesPerConversation) {
        const text = String(words.length)
        words.push(text)
        chat.send(text, { reply: false })
      }
    } else deliver(tab)
    await settled()
    const stepMs = 1 + Math.floor(random() * (chance(0.2) ? longestStepMs : 100))
    nowMs += stepMs
    await tabs[at].platform.advance(stepMs)
    tabs[1 - at]?.platform.sleep(stepMs)
  }
  for (let moves = 0; moves < badMoves; moves++) await move()
  isBad = false
  for (let moves = 0; moves < quietMoves && (await outbox.load()).length > 0; moves++) await move()
  for (const { client, errors: told } of tabs) {
    client.close()
    errors.push(...told)
  }
  return { written, made: server.made, left: await outbox.load(), errors }
}

describe("conversations that are begun here", () => {
  it(`are made once, with all that was written, once and in order, in ${histories} histories of two tabs`, async () => {
    let begun = 0
    for (let seed = 1; seed <= histories; seed++) {
      const { errors, left, made, written } = await history(seed)
      const held = [...made].map(([id, words]) => [id, words.map((word) => JSON.parse(word)[0].text)])
      const wanted = [...written].map(([id, words]) => [id, words])
      const byId = (pairs: typeof held) => pairs.toSorted(([a], [b]) => String(a).localeCompare(String(b)))
      assert.deepStrictEqual(byId(held), byId(wanted), `seed ${seed}`)
      assert.deepStrictEqual([left, errors], [[], []], `seed ${seed}`)
      begun += written.size
    }
    assert.isAbove(begun, histories)
  }, 120_000)
})
