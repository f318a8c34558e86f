/** The list of conversations as the app holds it, whatever comes in which order. */
import { describe, expect, it } from "vitest"
import { virtualClient } from "../../../sdk/test/support/virtualClient.ts"
import { ConversationLists } from "../../src/client/ConversationLists.ts"

const listed = (id: string, updatedAtMs: number) => ({ id, title: id, updatedAtMs, isArchived: false })

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
})
