/** What is noted of the outbox before the database has it, and what of it a later page finds. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { OutboxItem } from "../../src/client/sdk.ts"

const item = (clientMessageId: string, text = "Otters"): OutboxItem => ({
  clientMessageId,
  conversationId: "cnv_1",
  createdAtMs: 0,
  order: 0,
  command: { type: "send", clientMessageId, content: [{ type: "text", text }] }
})

/** The modules as a page loads them. */
const opened = async (stored = new Map<string, string>(), room = Infinity) => {
  vi.stubGlobal("localStorage", {
    get length() {
      return stored.size
    },
    key: (index: number) => [...stored.keys()][index] ?? null,
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => {
      if (value.length > room) throw new DOMException("full", "QuotaExceededError")
      stored.set(name, value)
    },
    removeItem: (name: string) => void stored.delete(name)
  })
  vi.resetModules()
  const keeping = await import("../../src/client/keeping.ts")
  const notes = await import("../../src/client/outboxNotes.ts")
  const withThem = (...items: ReadonlyArray<OutboxItem>) => notes.withNotes(items, notes.leftNotes())
  return { ...keeping, ...notes, stored, withThem }
}

beforeEach(() => void vi.unstubAllGlobals())
afterEach(() => void vi.unstubAllGlobals())

describe("a note of the outbox", () => {
  it("tells what was put and what leaves until the database has it, also a later page", async () => {
    const first = await opened()
    const putDone = first.noteChange("a", item("a"))
    const removed = first.noteChange("b")
    const { withThem } = await opened(first.stored)
    expect(withThem(item("b"), item("c"))).toEqual([item("c"), item("a")])
    putDone()
    removed()
    expect(withThem(item("b"))).toEqual([item("b")])
    expect(first.stored.size).toBe(0)
  })

  it("is replaced by a newer one, which the end of the older does not take away", async () => {
    const { leftNotes, noteChange, withThem } = await opened()
    const first = noteChange("a", item("a"))
    const [older] = leftNotes()
    const second = noteChange("a", item("a", "Owls"))
    const third = noteChange("a")
    first()
    second()
    expect(older?.isNewest()).toBe(false)
    older?.done()
    expect(withThem(item("a"))).toEqual([])
    third()
    expect(leftNotes()).toEqual([])
  })

  it("that has no room takes an older one away, which would bring back what was", async () => {
    const { noteChange, stored, withThem } = await opened(new Map(), 300)
    noteChange("a", item("a"))
    noteChange("a", item("a", "O".repeat(300)))
    expect(stored.size).toBe(0)
    expect(withThem()).toEqual([])
    const roomy = await opened()
    roomy.noteChange("a", item("a"))
    roomy.noteChange("a", item("a", "O".repeat(500_000)))
    expect(roomy.stored.size).toBe(0)
  })

  it("is not made once whoever was here signs out, and goes with them", async () => {
    const { leftNotes, noteChange, removeNotes, stopKeeping, stored } = await opened(new Map([["parley.draft.new", "Owls"]]))
    noteChange("a", item("a"))
    stopKeeping()
    noteChange("b", item("b"))
    expect(leftNotes().map(({ clientMessageId }) => clientMessageId)).toEqual(["a"])
    removeNotes()
    expect([...stored.keys()]).toEqual(["parley.draft.new"])
  })

  it("that cannot be read, or where storage is refused, is as if it were not there", async () => {
    const { withThem } = await opened(new Map([["parley.outbox.a", "{"]]))
    expect(withThem(item("a"))).toEqual([item("a")])
    const { leftNotes, noteChange, removeNotes } = await opened()
    vi.stubGlobal("localStorage", undefined)
    noteChange("a", item("a"))()
    removeNotes()
    expect(leftNotes()).toEqual([])
  })
})
