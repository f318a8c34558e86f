/** The outbox of several pages over one database, which takes its time. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { OutboxItem } from "../../src/client/sdk.ts"
import { SharedDatabase } from "../support/sharedDatabase.ts"

const item = (clientMessageId: string, text = "Otters"): OutboxItem => ({
  clientMessageId,
  conversationId: "cnv_1",
  createdAtMs: 0,
  order: 0,
  command: { type: "send", clientMessageId, content: [{ type: "text", text }] }
})

const device = () => {
  const stored = new Map<string, string>()
  const database = new SharedDatabase()
  vi.stubGlobal("indexedDB", { open: () => database.open() })
  vi.stubGlobal("localStorage", {
    get length() {
      return stored.size
    },
    key: (index: number) => [...stored.keys()][index] ?? null,
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name)
  })
  /** Another page, which opens the database for itself. */
  const page = async () => {
    vi.resetModules()
    const { indexedDbOutbox } = await import("../../src/client/indexedDbOutbox.ts")
    const { removeNotes } = await import("../../src/client/outboxNotes.ts")
    const { stopKeeping } = await import("../../src/client/keeping.ts")
    return { ...indexedDbOutbox(), removeNotes, stopKeeping }
  }
  const isSettled = () => vi.waitUntil(() => stored.size === 0)
  return { database, isSettled, page, stored }
}

class Channel extends EventTarget {
  postMessage(): void {}
  close(): void {}
}

beforeEach(() => void vi.stubGlobal("BroadcastChannel", Channel))
afterEach(() => void vi.unstubAllGlobals())

describe("the outbox of several pages", () => {
  it("has what was put and not what was discarded, before the database knows of it and after", async () => {
    const { database, isSettled, page } = device()
    const first = await page()
    await first.put(item("a"))
    const letGo = database.hold()
    const both = Promise.all([first.put(item("b")), first.remove("a")])
    const second = await page()
    const loading = second.load()
    letGo()
    expect(await loading).toEqual([item("b")])
    await both
    await isSettled()
    expect(await second.load()).toEqual([item("b")])
    expect([...database.items.keys()]).toEqual(["b"])
  })

  it.each([
    ["discarded", ["put", "remove"], []],
    ["put back", ["put", "remove", "put"], [item("a")]],
    ["discarded for good", ["put", "remove", "put", "remove"], []]
  ] as const)("ends as it was left by one, whatever another one that opens meanwhile does: %s", async (_, changes, left) => {
    const { database, isSettled, page } = device()
    const [first, second] = [await page(), await page()]
    await first.load()
    const opens = database.holdOpening()
    const letGo = database.hold()
    const done: Array<Promise<void>> = []
    const loads: Array<Promise<unknown>> = []
    for (const change of changes) {
      done.push(change === "put" ? first.put(item("a")) : first.remove("a"))
      loads.push(second.load())
    }
    letGo()
    await Promise.all(done)
    opens()
    await Promise.all(loads)
    await isSettled()
    expect([...database.items.values()]).toEqual(left)
    expect(await (await page()).load()).toEqual(left)
  })

  it("takes nothing up of whoever has signed out while it opened", async () => {
    const { database, page, stored } = device()
    const first = await page()
    await first.load()
    const opens = database.holdOpening()
    const letGo = database.hold()
    void first.put(item("a"))
    const second = await page()
    const loading = second.load()
    first.stopKeeping()
    first.removeNotes()
    letGo()
    await vi.waitUntil(() => database.items.size === 1)
    database.items.clear()
    opens()
    expect(await loading).toEqual([])
    expect([database.items.size, stored.size]).toEqual([0, 0])
  })
})
