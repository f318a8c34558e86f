/** Whatever the network and the pages do: what each client shows ends with the bytes that the real server stored, with everything once and in order. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"
import { request } from "../../../cli/test/e2e/support/api.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { openFrontDoor } from "../../../web/test/support/frontDoor.ts"
import { textOf } from "../../src/sdk.ts"
import type { ChatMessage, Message, Sent } from "../../src/sdk.ts"
import { Device } from "../support/Device.ts"
import { snapshotWhere } from "../support/snapshotWhere.ts"
import { startServer } from "../support/startServer.ts"
import { seeded } from "../support/VirtualPlatform.ts"

const histories = 16
/** While all goes wrong; then all goes well until it is quiet. */
const badMoves = 60
const commandsPerDevice = 5
const piecesPerAnswer = 8
/** Most questions that the server is asked between two moves, one after the other: so long it has for what it does. */
const mostTurns = 3

const patience = { timeout: waitTimeoutMs, interval: 5 }

/** Answers go on by so many pieces as are let through. */
class Valve {
  #free = 0
  #waiting: Array<() => void> = []

  readonly pass = (): Promise<void> =>
    new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.let(0)
    })

  let(pieces: number): void {
    this.#free += pieces
    while (this.#free > 0 && this.#waiting.length > 0) {
      this.#free--
      this.#waiting.shift()?.()
    }
  }
}

interface Ended {
  readonly devices: ReadonlyArray<Device>
  readonly stored: ReadonlyArray<Message>
  /** What the provider was about to say, whole. */
  readonly answers: ReadonlyArray<string>
}

describe("clients of the real server", () => {
  it.live(`end like it, with everything once and in order, in ${histories} histories of two devices`, () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* startServer
      const doors = [yield* openFrontDoor, yield* openFrontDoor] as const
      const ask = (method: string, path: string, body?: unknown) => Effect.runPromise(request(parley, method, path, body))

      const history = async (seed: number, trail: Array<string>, opened: Array<Device>): Promise<Ended> => {
        const random = seeded(seed)
        const below = (count: number): number => Math.floor(random() * count)
        const valve = new Valve()
        const answers: Array<string> = []
        wire.forget()
        wire.otherwise(() => {
          const pieces = Array.from({ length: piecesPerAnswer }, (_, piece) => `${seed}.${answers.length}·${piece}🎈 `)
          answers.push(pieces.join(""))
          return answer(pieces, { paced: valve.pass })
        })
        const made = await ask("POST", "/api/conversations", { model: "openai/gpt-5", title: `history ${seed}` })
        const conversationId = String(Reflect.get(Object(made.body), "id"))
        const devices = doors.map((door, index) => {
          const chance = seeded(seed * 1_000 + index)
          const common = { door, serverUrl: parley.url, apiKey: parley.key, conversationId, random: chance }
          return new Device({ ...common, name: `device ${index}` })
        })
        opened.push(...devices)

        /** Of those that this device shows as stored, any. */
        const anyOf = ({ chat }: Device, role: ChatMessage["role"]): string | undefined => {
          const ids = chat.messages.flatMap(({ id, ...message }) =>
            id !== null && message.role === role && message.stored !== null && message.status !== "streaming" ? [id] : []
          )
          return ids[below(ids.length)]
        }
        const command = (device: Device): void => {
          const text = `${device.name}: ${device.texts.length} é🎈`
          const [said, answered] = [anyOf(device, "user"), anyOf(device, "assistant")]
          const kind = random()
          const sent = (what: string, sending: Sent, words: string | undefined, answers = true): void => {
            trail.push(`${device.name} ${what}`)
            device.say(sending, words, answers)
          }
          if (kind < 0.2 && said !== undefined) return sent("edits", device.chat.edit(said, text), text)
          if (kind < 0.4 && answered !== undefined) return sent("regenerates", device.chat.regenerate(answered), undefined)
          if (kind < 0.6) return sent("notes", device.chat.send(text, { reply: false }), text, false)
          sent("asks", device.chat.send(text), text)
        }
        const moves: Record<string, (device: Device) => void> = {
          cuts: (device) => device.cut(),
          stalls: (device) => device.stall(),
          flows: (device) => device.flow(),
          "goes offline": (device) => device.goOffline(),
          "is back": (device) => device.goOnline(),
          reloads: (device) => device.reload(),
          stops: (device) => device.cancel()
        }
        const names = Object.keys(moves)

        let commands = 0
        for (let move = 0; move < badMoves; move++) {
          const device = devices[below(devices.length)] ?? assert.fail("no device")
          const kind = random()
          if (kind < 0.25 && commands < commandsPerDevice * devices.length) {
            commands++
            command(device)
          } else if (kind < 0.55) valve.let(1 + below(3))
          else {
            // Of an answer that is being written, which there is not always.
            const name = kind < 0.65 ? "stops" : (names[below(names.length)] ?? "")
            trail.push(`${device.name} ${name}`)
            moves[name]?.(device)
          }
          for (let turns = below(mostTurns + 1); turns > 0; turns--) await ask("GET", "/api/me")
        }

        trail.push("quiet")
        valve.let(Number.POSITIVE_INFINITY)
        for (const device of devices) {
          device.flow()
          device.goOnline()
        }
        for (const { waiting } of devices) await snapshotWhere(waiting, (count) => count === 0)
        const list = async (): Promise<ReadonlyArray<Message> | undefined> => {
          const { body } = await ask("GET", `/api/conversations/${conversationId}/messages?limit=200`)
          const items: ReadonlyArray<Message> = Reflect.get(Object(body), "items")
          return items.some(({ status }) => status === "streaming") ? undefined : items
        }
        const stored = (await vi.waitUntil(list, patience)) ?? []
        for (const device of devices) {
          await vi.waitUntil(() => device.cancels.size === 0, patience)
          await vi.waitUntil(() => device.readings.every(({ isDone }) => isDone), patience)
        }
        return { devices, stored, answers }
      }

      yield* Effect.promise(async () => {
        const statuses = new Map<string, number>()
        let branches = 0
        for (let seed = 1; seed <= histories; seed++) {
          const trail: Array<string> = []
          const devices: Array<Device> = []
          try {
            const ended = await history(seed, trail, devices)
            await compare(ended)
            for (const { status } of ended.stored) statuses.set(status, (statuses.get(status) ?? 0) + 1)
            branches += leavesOf(ended.stored).length - 1
          } catch (cause) {
            throw new Error(`history ${seed}: ${String(cause)}; ${trail.join(", ")}`, { cause })
          } finally {
            for (const device of devices) device.close()
          }
        }
        // What is claimed was there to be seen.
        assert.isAbove(statuses.get("complete") ?? 0, histories)
        assert.isAbove(statuses.get("cancelled") ?? 0, 0)
        assert.isAbove(branches, 0)
      })
    })
  )
})

const compare = async ({ answers, devices, stored }: Ended): Promise<void> => {
  const users = stored.filter(({ role }) => role === "user").map(({ content }) => textOf(content))
  const replies = stored.filter(({ role }) => role === "assistant")
  for (const device of devices) {
    assert.deepStrictEqual(
      users.filter((text) => text.startsWith(device.name)),
      device.texts,
      "said once, in order"
    )
  }
  const count = (of: (device: Device) => number): number => devices.reduce((sum, device) => sum + of(device), 0)
  assert.strictEqual(
    users.length,
    count(({ texts }) => texts.length)
  )
  assert.strictEqual(
    replies.length,
    count(({ asked }) => asked),
    "answered once"
  )
  // An answer that was stopped before its model was asked has asked none.
  assert.isAtMost(answers.length, replies.length, "models are asked once")
  const whole = replies.filter(({ status }) => status === "complete").map(({ content }) => textOf(content))
  assert.deepStrictEqual(whole.toSorted(), answers.filter((text) => whole.includes(text)).toSorted(), "answers are whole")
  for (const { content, status } of replies) {
    assert.include(["complete", "cancelled"], status)
    assert.isTrue(answers.some((text) => text.startsWith(textOf(content))) || content.length === 0, "a part is a beginning")
  }
  for (const device of devices) {
    for (const leaf of leavesOf(stored)) {
      const shown = await vi.waitUntil(() => {
        device.chat.selectBranch(leaf.id)
        const { activeRun, messages, status } = device.chat.getSnapshot()
        const last = messages.at(-1)?.stored
        return status === "live" && activeRun === null && last?.id === leaf.id && last.status !== "streaming"
          ? messages
          : undefined
      }, patience)
      assert.deepStrictEqual(
        shown?.map((message) => ({ content: message.content, status: message.status, stored: message.stored })),
        pathTo(leaf, stored).map((message) => ({ content: message.content, status: message.status, stored: message })),
        `${device.name} shows what is stored`
      )
    }
    for (const { runId, terminals, text } of device.readings) {
      const message = replies.find((one) => one.runId === runId)
      assert.deepStrictEqual(terminals, [message?.status === "cancelled" ? "run-cancel" : "run-complete"], "one terminal")
      assert.strictEqual(text, textOf(message?.content ?? []), "read whole")
    }
    assert.deepStrictEqual(device.errors, [])
  }
}

const leavesOf = (stored: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const parents = new Set(stored.map(({ parentId }) => parentId))
  return stored.filter(({ id }) => !parents.has(id))
}

const pathTo = (leaf: Message, stored: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const parent = stored.find(({ id }) => id === leaf.parentId)
  return parent === undefined ? [leaf] : [...pathTo(parent, stored), leaf]
}
