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
    const put = first.noteChange("a", item("a"))
    const removal = first.noteChange("b")
    const { withThem } = await opened(first.stored)
    expect(withThem(item("b"), item("c"))).toEqual([item("c"), item("a")])
    put.done()
    removal.done()
    expect(withThem(item("b"))).toEqual([item("b")])
    expect(first.stored.size).toBe(0)
  })

  it("is replaced by a newer one, also of the same content, which the end of the older does not take away", async () => {
    const { leftNotes, noteChange, withThem } = await opened()
    const [first, second, third] = [noteChange("a"), noteChange("a", item("a")), noteChange("a")]
    const [newest] = leftNotes()
    const fourth = noteChange("a")
    for (const older of [first, second, third]) older.done()
    newest?.done()
    expect(withThem(item("a"))).toEqual([])
    fourth.done()
    expect(leftNotes()).toEqual([])
  })

  it("of what could not be done leaves what was noted before, unless there is a newer one", async () => {
    const { noteChange, withThem } = await opened()
    noteChange("a", item("a"))
    const second = noteChange("a", item("a", "Owls"))
    second.undo()
    expect(withThem()).toEqual([item("a")])
    const third = noteChange("a", item("a", "Bats"))
    noteChange("a")
    third.undo()
    expect(withThem(item("a"))).toEqual([])
  })

  it("that has no room takes an older one away, which would bring back what was", async () => {
    const { noteChange, stored, withThem } = await opened(new Map(), 300)
    noteChange("a", item("a"))
    const second = noteChange("a", item("a", "O".repeat(300)))
    expect(stored.size).toBe(0)
    expect(withThem()).toEqual([])
    second.undo()
    expect(withThem()).toEqual([item("a")])
    const roomy = await opened()
    roomy.noteChange("a", item("a"))
    roomy.noteChange("a", item("a", "O".repeat(500_000)))
    expect(roomy.stored.size).toBe(0)
  })

  it("is not made once whoever was here signs out, and goes with them", async () => {
    const { leftNotes, noteChange, removeNotes, stopKeeping, stored } = await opened(new Map([["parley.draft.new", "Owls"]]))
    noteChange("a", item("a"))
    stopKeeping()
    const late = noteChange("a", item("a", "Owls"))
    noteChange("b", item("b"))
    removeNotes()
    late.undo()
    expect(leftNotes()).toEqual([])
    expect([...stored.keys()]).toEqual(["parley.draft.new"])
  })

  it.each(["{", "null", JSON.stringify({ by: "1", item: null }), JSON.stringify({ by: "1", item: item("b") })])(
    "that cannot be read is as if it were not there, and goes: %s",
    async (note) => {
      const { stored, withThem } = await opened(new Map([["parley.outbox.a", note]]))
      expect(withThem(item("a"))).toEqual([item("a")])
      expect(stored.size).toBe(0)
    }
  )

  it("is not missed where storage is refused", async () => {
    const { leftNotes, noteChange, removeNotes } = await opened()
    vi.stubGlobal("localStorage", undefined)
    const noted = noteChange("a", item("a"))
    noted.undo()
    noted.done()
    removeNotes()
    expect(leftNotes()).toEqual([])
  })
})
