/** Whatever the network does: the same bytes as the server's, one terminal each, every message once and in order. */
import { assert, describe, it } from "@effect/vitest"
import { createClient, memoryOutbox, textOf } from "../../src/sdk.ts"
import type { Run, Sent } from "../../src/sdk.ts"
import { conversationId, ModelServer } from "../support/ModelServer.ts"
import { seeded, settled, VirtualPlatform } from "../support/VirtualPlatform.ts"

/** Moves while the network is bad, and then at most until all is quiet. */
const badMoves = 400
const quietMoves = 5_000
const commandsPerHistory = 5
const histories = 60

interface Reading {
  text: string
  terminals: number
  done: boolean
}

const read = async (run: Run, reading: Reading): Promise<void> => {
  for await (const event of run.events()) {
    if (event.type === "text-delta") reading.text += event.text
    else if (event.type === "snapshot") reading.text = textOf(event.state.content)
    else if (event.type === "run-complete" || event.type === "run-cancel" || event.type === "run-fail") reading.terminals++
  }
  reading.done = true
}

/**
 * What the network and the server do to a client. Stale frames are of another time, and some of an epoch that is over; a restart begins a new epoch of an
 * answer that is being written.
 */
const faultKinds = ["cuts", "cutsInAnswers", "lostAcks", "swaps", "repeats", "stale", "staleEpochs", "restarts"] as const

/** Each is lived through once, for whatever is asked of it. */
const lived = new Map<number, ReturnType<typeof live>>()
const history = (seed: number) => {
  const known = lived.get(seed) ?? live(seed)
  lived.set(seed, known)
  return known
}

const live = async (seed: number) => {
  const random = seeded(seed)
  const chance = (part: number) => random() < part
  const server = new ModelServer(random)
  const platform = new VirtualPlatform(random)
  platform.onSocket = (socket) => server.connect(socket)
  platform.answer = () => Response.json({}, { status: 503 })
  const outbox = memoryOutbox()
  const errors: Array<unknown> = []
  const client = createClient({
    url: "http://model",
    apiKey: "pk_model",
    platform,
    outbox,
    onError: (error) => errors.push(error)
  })
  const chat = client.conversation(conversationId)
  const readings: Array<Reading> = []
  const keys: Array<string> = []
  /** Frames that were delivered, to be delivered again when they are old. */
  const past: Array<string> = []
  const faults: Record<(typeof faultKinds)[number], number> = {
    cuts: 0,
    cutsInAnswers: 0,
    lostAcks: 0,
    swaps: 0,
    repeats: 0,
    stale: 0,
    staleEpochs: 0,
    restarts: 0
  }

  /** True for what was said of an answer in an epoch that is over. */
  const isOfAnEpochPast = (frame: string): boolean => {
    const { epoch, runId } = JSON.parse(frame)
    const run = server.runs.get(runId)
    return run !== undefined && typeof epoch === "string" && epoch !== run.epoch
  }

  /** Of those that are shown and stored, any. */
  const shown = (role: "user" | "assistant"): string | undefined => {
    const ids = chat.messages.flatMap((message) =>
      message.role === role && message.status !== "streaming" ? (message.id ?? []) : []
    )
    return ids[Math.floor(random() * ids.length)]
  }

  const command = (): Sent => {
    const kind = random()
    const [asked, answered] = [shown("user"), shown("assistant")]
    if (kind < 0.25 && asked !== undefined) return chat.edit(asked, `version ${keys.length}`)
    if (kind < 0.5 && answered !== undefined) return chat.regenerate(answered)
    return chat.send(`question ${keys.length}`)
  }

  const give = (): void => {
    const sent = command()
    keys.push(sent.key)
    const reading = { text: "", terminals: 0, done: false }
    readings.push(reading)
    void sent.accepted().then(({ run }) => (run === null ? undefined : read(run, reading)))
  }

  const move = async (isBad: boolean): Promise<boolean> => {
    let moved = false
    for (const link of [...server.links]) {
      if (link.socket.isClosed) {
        server.links.delete(link)
        continue
      }
      if (isBad && chance(0.02)) {
        faults.cuts++
        if (server.activeRun !== undefined) faults.cutsInAnswers++
        link.socket.end(chance(0.5) ? 1006 : 4000)
        server.links.delete(link)
        moved = true
        continue
      }
      if (isBad && chance(0.1) && link.socket.toServer.some((text) => text.includes('"ack"'))) {
        const at = link.socket.toServer.findIndex((text) => text.includes('"ack"'))
        link.socket.toServer.splice(at, 1)
        faults.lostAcks++
      }
      if (isBad && chance(0.08) && link.toClient.length > 1 && !link.toClient[0]!.includes("welcome")) {
        const [first, second] = link.toClient.splice(0, 2)
        link.toClient.unshift(second!, first!)
        faults.swaps++
      }
      const frame = chance(0.7) ? link.toClient.shift() : undefined
      if (frame !== undefined) {
        moved = true
        link.socket.receive(frame)
        if (!frame.includes('"welcome"')) past.push(frame)
        if (isBad && chance(0.05)) {
          faults.repeats++
          link.socket.receive(frame)
        }
      }
      if (isBad && chance(0.03) && past.length > 0) {
        const stale = past[Math.floor(random() * past.length)]!
        faults.stale++
        if (isOfAnEpochPast(stale)) faults.staleEpochs++
        link.socket.receive(stale)
      }
      if (chance(0.7)) moved = server.take(link) || moved
      moved ||= link.toClient.length > 0 || link.socket.toServer.length > 0
    }
    const run = server.activeRun
    if (run !== undefined && chance(0.5)) {
      moved = true
      if (isBad && chance(0.03)) {
        faults.restarts++
        server.restart(run)
      } else if (run.events.length > 30 || chance(0.02)) server.emit(run, { type: "run-complete", finishReason: "stop" })
      else server.emit(run, { type: "text-delta", text: `${run.runId.slice(-2)}·${run.events.length}🎈 ` })
    }
    if (keys.length < commandsPerHistory && (chance(0.05) || !isBad)) {
      moved = true
      give()
    }
    if (isBad && chance(0.01) && chat.getSnapshot().activeRun !== null) {
      moved = true
      // Lost with its connection it stops nothing, and then the answer goes on.
      chat.cancel().catch(() => {})
    }
    await settled()
    if (chance(0.2)) await platform.advance(Math.floor(random() * 400))
    return moved
  }

  for (let moves = 0; moves < badMoves; moves++) await move(true)
  let quiet = 0
  for (let moves = 0; moves < quietMoves && quiet < 20; moves++) {
    const isMoving = await move(false)
    const isDone = readings.every(({ done }) => done) && chat.getSnapshot().status === "live"
    if (!isMoving) await platform.advance(platform.nextTimerInMs ?? 0)
    quiet = !isMoving && isDone ? quiet + 1 : 0
  }
  const state = chat.getSnapshot()
  client.close()
  await settled()
  return { chat: state, faults, keys, outbox: await outbox.load(), readings, server }
}

describe("a client on a bad network", () => {
  for (let seed = 1; seed <= histories; seed++) {
    it(`ends like the server, once and in order: history ${seed}`, async () => {
      const { chat, keys, outbox, readings, server } = await history(seed)
      assert.deepStrictEqual(server.turns, keys)
      assert.deepStrictEqual(outbox, [])
      assert.strictEqual(chat.status, "live")
      const stored = new Map(
        [...server.messages].map(([id, { content, parentId, status }]) => [id, [parentId, status, textOf(content)]])
      )
      assert.deepStrictEqual(
        chat.messages.map(({ content, parentId, status }) => [parentId, status, textOf(content)]),
        chat.messages.map(({ id }) => stored.get(id ?? ""))
      )
      // A whole branch: from a first message on, each after the one that it follows, to one that nothing follows.
      const path = chat.messages.map(({ id }) => id)
      assert.deepStrictEqual(
        chat.messages.map(({ parentId }) => parentId),
        [null, ...path.slice(0, -1)]
      )
      assert.isFalse([...server.messages.values()].some(({ parentId }) => parentId === path.at(-1)))
      const answers = [...server.messages.values()]
        .filter(({ role }) => role === "assistant")
        .map(({ content }) => textOf(content))
      assert.deepStrictEqual(
        readings.map(({ terminals, text }) => [terminals, text]),
        answers.map((text) => [1, text])
      )
      const shownKeys = chat.messages.filter(({ role }) => role === "user").map(({ key }) => key)
      assert.isTrue(shownKeys.every((key) => keys.includes(key)))
    })
  }

  const allHistories = () => Promise.all(Array.from({ length: histories }, (_, index) => history(index + 1)))

  it("meets every fault that there is, over all histories", async () => {
    const all = await allHistories()
    for (const kind of faultKinds) {
      const times = all.reduce((sum, { faults }) => sum + faults[kind], 0)
      assert.isAbove(times, 20, kind)
    }
  })

  it("gives every command there is, and stops answers, over all histories", async () => {
    const all = await allHistories()
    const roots = all.filter(({ server }) => [...server.messages.values()].filter(({ parentId }) => parentId === null).length > 1)
    const cancelled = all.filter(({ server }) => [...server.messages.values()].some(({ status }) => status === "cancelled"))
    assert.isAbove(roots.length, 5)
    assert.isAbove(cancelled.length, 5)
  })
})
