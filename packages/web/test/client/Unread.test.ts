/** Which conversations are marked as unread, by how the list was and how it is. */
import { afterEach, describe, expect, it, vi } from "vitest"
import type { ListState } from "../../src/client/ListState.ts"
import type { ListedConversation } from "../../src/client/sdk.ts"
import { Value } from "../../src/client/Value.ts"

const key = "parley.unread"

const conversation = (id: string, updatedAtMs: number, change: Partial<ListedConversation> = {}): ListedConversation => ({
  id,
  title: id,
  model: "model",
  systemPrompt: null,
  parameters: {},
  createdBy: "pri_1",
  createdAtMs: 0,
  updatedAtMs,
  folderId: null,
  isPinned: false,
  isArchived: false,
  role: "owner",
  memberCount: 1,
  ...change
})

/** The module as a page loads it, on a device that keeps this list and these values; the server's list comes with `list`. */
const opened = async (kept: ReadonlyArray<ListedConversation>, stored = new Map<string, string>()) => {
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name)
  })
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }))
  vi.stubGlobal("addEventListener", () => {})
  vi.resetModules()
  const keptList = Promise.resolve({ items: kept, folders: [] })
  vi.doMock("../../src/client/kept.ts", () => ({ keptList: () => keptList }))
  const { removeUnread, Unread } = await import("../../src/client/Unread.ts")
  const state = new Value<ListState>({
    status: "loading",
    items: [],
    begun: [],
    folders: [],
    hasMore: false,
    parts: new Map(),
    leaving: new Set()
  })
  const unread = new Unread(state)
  const list = (...items: ReadonlyArray<ListedConversation>) => state.update((before) => ({ ...before, status: "ready", items }))
  unread.follow()
  // What is kept on the device is there after the microtasks.
  await new Promise((resolve) => setImmediate(resolve))
  return { list, marks: () => [...unread.ids.getSnapshot()], removeUnread, stored, unread }
}

afterEach(() => {
  vi.doUnmock("../../src/client/kept.ts")
  vi.unstubAllGlobals()
})

describe("a conversation is marked as unread", () => {
  it("when something was said in it while the app was closed, until it is opened", async () => {
    const { list, marks, stored, unread } = await opened([conversation("cnv_1", 1), conversation("cnv_2", 1)])
    list(conversation("cnv_1", 2), conversation("cnv_2", 1), conversation("cnv_3", 2, { createdAtMs: 2 }))
    expect(marks()).toEqual(["cnv_1"])
    expect(stored.get(key)).toBe('["cnv_1"]')
    unread.open("cnv_1")
    expect(marks()).toEqual([])
    expect(stored.get(key)).toBe("[]")
  })

  it("not when it was read as it was said, left, and the list is read anew, or the app opened again", async () => {
    const { list, marks, stored, unread } = await opened([conversation("cnv_1", 1)])
    unread.open("cnv_1")
    list(conversation("cnv_1", 5))
    unread.open(undefined)
    // What is stored may say a little less than what was told.
    list(conversation("cnv_1", 4))
    list(conversation("cnv_1", 5))
    expect(marks()).toEqual([])
    const again = await opened([conversation("cnv_1", 5)], stored)
    again.list(conversation("cnv_1", 4))
    again.list(conversation("cnv_1", 5))
    expect(again.marks()).toEqual([])
    again.list(conversation("cnv_1", 6))
    expect(again.marks()).toEqual(["cnv_1"])
  })

  it("not when it was read as it was said, though the page went before the list was kept anew", async () => {
    const { list, stored, unread } = await opened([])
    list()
    unread.open("cnv_1")
    list(conversation("cnv_1", 1, { createdAtMs: 1 }))
    list(conversation("cnv_1", 5, { createdAtMs: 1 }))
    for (const kept of [[conversation("cnv_1", 1, { createdAtMs: 1 })], []]) {
      const again = await opened(kept, stored)
      again.unread.open("cnv_2")
      again.list(conversation("cnv_1", 5, { createdAtMs: 1 }))
      expect(again.marks()).toEqual([])
    }
    const again = await opened([conversation("cnv_1", 1, { createdAtMs: 1 })], stored)
    again.unread.open("cnv_2")
    again.list(conversation("cnv_1", 6, { createdAtMs: 1 }))
    expect(again.marks()).toEqual(["cnv_1"])
  })

  it("by the first words of somebody who has just joined, here and while the app was closed", async () => {
    const { list, marks } = await opened([conversation("cnv_1", 1), conversation("cnv_2", 1)])
    list(conversation("cnv_1", 1, { memberCount: 2 }), conversation("cnv_2", 2, { memberCount: 2 }))
    expect(marks()).toEqual(["cnv_2"])
    list(conversation("cnv_1", 2, { memberCount: 2 }), conversation("cnv_2", 2, { memberCount: 2 }))
    expect(marks()).toEqual(["cnv_2", "cnv_1"])
  })

  it("when it was not on the part of the list that was read and comes up, not when more of the list is read", async () => {
    const { list, marks, unread } = await opened([conversation("cnv_9", 9), conversation("cnv_8", 8)])
    list(conversation("cnv_2", 10), conversation("cnv_9", 9), conversation("cnv_8", 8))
    expect(marks()).toEqual(["cnv_2"])
    const more = [conversation("cnv_7", 7), conversation("cnv_6", 12, { isArchived: true })]
    list(conversation("cnv_2", 10), conversation("cnv_9", 9), conversation("cnv_8", 8), ...more)
    expect(marks()).toEqual(["cnv_2"])
    // Looked for, and written to there.
    unread.open("cnv_1")
    list(conversation("cnv_1", 13), conversation("cnv_3", 14), conversation("cnv_4", 14, { createdAtMs: 14 }))
    expect(marks()).toEqual(["cnv_2", "cnv_3"])
  })

  it("never where nothing was known, but by what is said after that", async () => {
    const { list, marks } = await opened([])
    list(conversation("cnv_2", 2), conversation("cnv_1", 1))
    expect(marks()).toEqual([])
    list(conversation("cnv_0", 3), conversation("cnv_2", 2), conversation("cnv_1", 1))
    expect(marks()).toEqual(["cnv_0"])
  })

  it("not when it was renamed, but by what is said after that", async () => {
    const { list, marks } = await opened([conversation("cnv_1", 3)])
    list(conversation("cnv_1", 3, { title: "Otters" }))
    list(conversation("cnv_1", 4, { title: "Otters" }))
    expect(marks()).toEqual([])
    // The server's title was stored before the list was told of an answer.
    list(conversation("cnv_1", 3, { title: "Sea otters" }))
    list(conversation("cnv_1", 5, { title: "Sea otters" }))
    expect(marks()).toEqual(["cnv_1"])
  })

  it("of the last 200 that became so", async () => {
    const all = (updatedAtMs: number) => Array.from({ length: 201 }, (_, index) => conversation(`cnv_${index}`, updatedAtMs))
    const { list, marks } = await opened(all(1))
    list(...all(2))
    expect(marks()).toHaveLength(200)
    expect(marks()[0]).toBe("cnv_1")
  })

  it("by nobody who has signed out: nothing is left, and nothing is written after", async () => {
    const { list, removeUnread, stored, unread } = await opened([conversation("cnv_1", 1)])
    list(conversation("cnv_1", 2))
    unread.open("cnv_1")
    expect([...stored.keys()]).toEqual([key, `${key}.seen`])
    removeUnread()
    expect([...stored]).toEqual([])
    list(conversation("cnv_1", 3))
    expect([...stored]).toEqual([])
  })
})
