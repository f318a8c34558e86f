/** The list of models, over the life of a page. */
import { afterEach, describe, expect, it, vi } from "vitest"

/** A page that can be hidden and shown, a clock, and a server whose answers the test gives. */
const opened = async () => {
  vi.resetModules()
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" })
  let nowMs = 0
  let answer: () => Response = () => Response.json({ data: [] })
  let asked = 0
  vi.stubGlobal("document", page)
  vi.stubGlobal("addEventListener", () => {})
  vi.stubGlobal("fetch", async () => {
    asked++
    return answer()
  })
  vi.spyOn(Date, "now").mockImplementation(() => nowMs)
  const { knownModels } = await import("../../src/features/models/knownModels.ts")
  return {
    asked: () => asked,
    ids: () => knownModels.getSnapshot().map(({ id }) => id),
    look: () => knownModels.subscribe(() => {}),
    says: (...ids: ReadonlyArray<string>) => {
      answer = () => Response.json({ data: ids.map((id) => ({ id, kind: "chat" })) })
    },
    fails: () => {
      answer = () => Response.json({ error: { message: "busy" } }, { status: 503 })
    },
    comesBack: (afterMs: number) => {
      nowMs += afterMs
      page.dispatchEvent(new Event("visibilitychange"))
    }
  }
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe("the models that can be asked", () => {
  it("are read again when the page comes back after a while, and not each time", async () => {
    const page = await opened()
    page.says("one")
    page.look()
    await vi.waitUntil(() => page.ids().length > 0)
    page.says("one", "two")
    page.comesBack(1_000)
    expect(page.asked()).toBe(1)
    page.comesBack(60_000)
    await vi.waitUntil(() => page.ids().length === 2)
    expect(page.asked()).toBe(2)
  })

  it("stay as they were when the server answers with an error, and are asked for again", async () => {
    const page = await opened()
    page.says("one")
    page.look()
    await vi.waitUntil(() => page.ids().length > 0)
    page.fails()
    page.comesBack(60_000)
    await vi.waitUntil(() => page.asked() === 2)
    expect(page.ids()).toEqual(["one"])
    page.says("three")
    await vi.waitUntil(() => {
      page.comesBack(1)
      return page.ids().includes("three")
    })
  })
})
