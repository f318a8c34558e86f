/** The list of conversations as the app holds it, whatever comes in which order. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { conversation } from "../../../sdk/test/support/ModelServer.ts"
import { settled } from "../../../sdk/test/support/VirtualPlatform.ts"
import { virtualClient } from "../../../sdk/test/support/virtualClient.ts"
import { ConversationLists } from "../../src/client/ConversationLists.ts"

const listed = (id: string, updatedAtMs: number) => ({ id, title: id, updatedAtMs, isArchived: false })

// They pass by themselves, and none is left for the next file: the list is kept on the device when it was quiet for a while.
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true }))
afterEach(() => void vi.useRealTimers())

describe("the list of conversations", () => {
  it("keeps what became known while it was read: what is made meanwhile, and what is newer than the answer", async () => {
    const { client, platform } = virtualClient()
    const answered = Promise.withResolvers<Response>()
    platform.answer = (url) => {
      const { pathname } = new URL(url)
      if (pathname === "/api/conversations") return answered.promise
      return Response.json(
        pathname === "/api/folders" ? [] : pathname.includes("cnv_made") ? listed("cnv_made", 3) : listed("cnv_moved", 2)
      )
    }
    const lists = new ConversationLists(client, "pri_1", () => {})
    const shown = () => lists.state.getSnapshot().items.map(({ id, updatedAtMs }) => `${id} ${updatedAtMs}`)
    const reading = lists.refresh()
    const areKnown = new Promise<void>((resolve) => {
      lists.state.subscribe(() => {
        if (lists.state.getSnapshot().items.length === 2) resolve()
      })
    })
    for (const { id } of [listed("cnv_made", 0), listed("cnv_moved", 0)]) lists.put({ id })
    await areKnown
    answered.resolve(Response.json({ items: [listed("cnv_moved", 1), listed("cnv_old", 0)], nextCursor: null }))
    await reading
    expect(shown()).toEqual(["cnv_made 3", "cnv_moved 2", "cnv_old 0"])
  })

  it("forgets what was known before it was read, and is not there any more", async () => {
    const { client, platform } = virtualClient()
    let items = [listed("cnv_stays", 2), listed("cnv_goes", 1)]
    platform.answer = (url) => Response.json(url.endsWith("/api/folders") ? [] : { items, nextCursor: null })
    const lists = new ConversationLists(client, "pri_1", () => {})
    await lists.refresh()
    items = [listed("cnv_stays", 2)]
    await lists.refresh()
    expect(lists.state.getSnapshot().items.map(({ id }) => id)).toEqual(["cnv_stays"])
  })

  it("keeps when one was last written to, whatever its room was told before", async () => {
    const { client, platform } = virtualClient()
    platform.answer = (url) =>
      Response.json(url.endsWith("/api/folders") ? [] : { items: [listed("cnv_1", 5), listed("cnv_2", 3)], nextCursor: null })
    const lists = new ConversationLists(client, "pri_1", () => {})
    await lists.refresh()
    const [first] = lists.state.getSnapshot().items
    if (first === undefined) return expect.unreachable()
    lists.put({ ...first, title: "Otters", updatedAtMs: 1 })
    expect(lists.state.getSnapshot().items.map(({ title, updatedAtMs }) => [title, updatedAtMs])).toEqual([
      ["Otters", 5],
      ["cnv_2", 3]
    ])
  })

  it.each([
    ["the first", [1, 0], [200, 500], "River otters", "River otters"],
    ["both, the later one first", [1, 0], [500, 500], "Otters", "Otters"],
    ["both, the later one last", [0, 1], [500, 500], "Sea otters", "Otters"]
  ])("shows the title that was taken where of two the server refuses %s", async (_, order, statuses, atOnce, taken) => {
    const { client, platform } = virtualClient()
    const answers = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()]
    let asked = 0
    const isRead = Promise.withResolvers<void>()
    platform.answer = (url, { method }) => {
      if (method === "PATCH") return answers[asked++]?.promise ?? expect.unreachable()
      if (url.endsWith("/api/folders")) return Response.json([])
      if (!url.endsWith("/marks")) return Response.json({ items: [{ ...listed("cnv_1", 1), title: "Otters" }], nextCursor: null })
      isRead.resolve()
      return Response.json({ ...listed("cnv_1", 1), title: taken })
    }
    const lists = new ConversationLists(client, "pri_1", () => {})
    const title = () => lists.state.getSnapshot().items[0]?.title
    await lists.refresh()
    const [first] = lists.state.getSnapshot().items
    if (first === undefined) return expect.unreachable()
    const renames = ["Sea otters", "River otters"].map((to) => lists.rename(first.id, to).catch(() => {}))
    for (const [index, which] of order.entries()) {
      answers[which]?.resolve(Response.json(conversation, { status: statuses[index] ?? 500 }))
      await renames[which]
    }
    expect(title()).toBe(atOnce)
    await isRead.promise
    await settled()
    expect(title()).toBe(taken)
  })

  describe("of more conversations than one page", () => {
    /** Answers as the server does, 100 at a time; `asked` are the queries. */
    const ofServer = (all: ReadonlyArray<Kept>) => {
      const { client, platform } = virtualClient()
      const asked: Array<string> = []
      const errors: Array<unknown> = []
      const server = { all, isAway: false }
      platform.answer = (url) => {
        const { pathname, searchParams } = new URL(url)
        if (server.isAway) throw new TypeError("no network")
        if (pathname === "/api/folders") return Response.json([{ id: "fld_1", name: "Work", createdAtMs: 0 }])
        const one = /conversations\/(\w+)\/marks/.exec(pathname)?.[1]
        if (one !== undefined) {
          const found = server.all.find(({ id }) => id === one)
          return found === undefined ? Response.json({ code: "not_found" }, { status: 404 }) : Response.json(found)
        }
        searchParams.delete("limit")
        asked.push(searchParams.toString())
        const [folder, pinned] = [searchParams.get("folder"), searchParams.get("pinned")]
        const items = server.all.filter(
          (item) =>
            item.isArchived === (searchParams.get("archived") === "true") &&
            (folder === null || item.folderId === folder) &&
            (pinned === null || item.isPinned === (pinned === "true"))
        )
        const from = Number(searchParams.get("cursor") ?? 0)
        const to = from + 100
        return Response.json({ items: items.slice(from, to), nextCursor: to < items.length ? String(to) : null })
      }
      const lists = new ConversationLists(client, "pri_1", (error) => errors.push(error))
      const ids = (which: (item: Kept) => boolean) =>
        lists.state
          .getSnapshot()
          .items.filter((item) => which({ ...item, updatedAtMs: 0 }))
          .map(({ id }) => id)
      return { asked, errors, ids, lists, server }
    }
    interface Kept {
      readonly id: string
      readonly title: string
      readonly updatedAtMs: number
      readonly folderId: string | null
      readonly isPinned: boolean
      readonly isArchived: boolean
    }
    const kept = (count: number, marks: (index: number) => Partial<Kept> = () => ({})): ReadonlyArray<Kept> =>
      Array.from({ length: count }, (_, index) => ({
        ...listed(`cnv_${index}`, count - index),
        folderId: null,
        isPinned: false,
        ...marks(index)
      }))

    it("shows a pin however old it is, and lets go of it once it is no pin any more", async () => {
      const { ids, lists, server } = ofServer(kept(250, (index) => ({ isPinned: index === 240 || index === 245 })))
      await lists.refresh()
      expect(ids(({ isPinned }) => isPinned)).toEqual(["cnv_240", "cnv_245"])
      server.all = kept(245, (index) => ({ isPinned: index === 244 }))
      await lists.refresh()
      expect(ids(({ isPinned }) => isPinned)).toEqual(["cnv_244"])
    })

    it("asks for no pins where the first page is all", async () => {
      const { asked, lists } = ofServer(kept(20))
      await lists.refresh()
      expect(asked).toEqual([""])
    })

    it("reads a folder when it is opened, page by page, and not twice", async () => {
      const { asked, ids, lists } = ofServer(kept(400, (index) => (index < 250 ? {} : { folderId: "fld_1" })))
      await lists.refresh()
      expect(ids(({ folderId }) => folderId === "fld_1")).toEqual([])
      await lists.openPart("fld_1")
      expect(ids(({ folderId }) => folderId === "fld_1")).toHaveLength(100)
      expect(lists.state.getSnapshot().parts.get("fld_1")).toBe("partial")
      await lists.morePart("fld_1")
      expect(ids(({ folderId }) => folderId === "fld_1")).toHaveLength(150)
      expect(lists.state.getSnapshot().parts.get("fld_1")).toBe("whole")
      await lists.openPart("fld_1")
      expect(asked.filter((query) => query.includes("folder"))).toHaveLength(2)
    })

    it("reads the archive to its end", async () => {
      const { ids, lists } = ofServer(kept(150, () => ({ isArchived: true })))
      await lists.refresh()
      await lists.openPart("archived")
      await lists.morePart("archived")
      expect(ids(({ isArchived }) => isArchived)).toHaveLength(150)
    })

    it("goes on past pages of which all is known, and says when that fails", async () => {
      const { errors, ids, lists, server } = ofServer(
        kept(350, (index) => ({ folderId: index >= 100 && index < 200 ? "fld_1" : null }))
      )
      await lists.refresh()
      await lists.openPart("fld_1")
      expect(ids(() => true)).toHaveLength(200)
      server.isAway = true
      await lists.loadMore()
      expect(errors).toHaveLength(1)
      server.isAway = false
      await lists.loadMore()
      expect(ids(() => true)).toHaveLength(300)
      await lists.loadMore()
      expect(ids(() => true)).toHaveLength(350)
      expect(lists.state.getSnapshot().hasMore).toBe(false)
    })

    it("asks again for a folder that could not be had, once the server answers", async () => {
      const { ids, lists, server } = ofServer(kept(150, (index) => (index < 120 ? {} : { folderId: "fld_1" })))
      await lists.refresh()
      server.isAway = true
      await lists.openPart("fld_1")
      expect(lists.state.getSnapshot().parts.get("fld_1")).toBe("failed")
      server.isAway = false
      const isWhole = new Promise<void>((resolve) => {
        lists.state.subscribe(() => {
          if (lists.state.getSnapshot().parts.get("fld_1") === "whole") resolve()
        })
      })
      await lists.refresh()
      await isWhole
      expect(ids(({ folderId }) => folderId === "fld_1")).toHaveLength(30)
    })
  })
})
