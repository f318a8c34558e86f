/** Where the app's files come from. */
import { describe, expect, it, vi } from "vitest"
import { keptOrFetched } from "../../sw/keptOrFetched.ts"

const found = (text: string) => async () => new Response(text)
const nothing = async () => undefined

describe("a file of the app", () => {
  it("is the kept one, without a question to the server", async () => {
    const ask = vi.fn(found("fetched"))
    const response = await keptOrFetched({ find: found("kept"), keep: nothing }, ask, () => {})
    expect(await response.text()).toBe("kept")
    expect(ask).not.toHaveBeenCalled()
  })

  it("is fetched once, and kept while it is used already", async () => {
    const stored = Promise.withResolvers<void>()
    const keep = vi.fn((_: Response) => stored.promise)
    const work: Array<Promise<void>> = []
    const response = await keptOrFetched({ find: nothing, keep }, found("fetched"), (going) => void work.push(going))
    expect(await response.text()).toBe("fetched")
    expect(await keep.mock.calls[0]?.[0].text()).toBe("fetched")
    stored.resolve()
    await Promise.all(work)
  })

  it("is fetched where the device cannot say what it has, and has no room", async () => {
    const work: Array<Promise<void>> = []
    const refuse = (why: string) => () => Promise.reject(new Error(why))
    const kept = { find: refuse("damaged"), keep: refuse("QuotaExceededError") }
    const response = await keptOrFetched(kept, found("fetched"), (going) => void work.push(going))
    expect(await response.text()).toBe("fetched")
    await Promise.all(work)
  })

  it("is not kept where it is not there", async () => {
    const keep = vi.fn(nothing)
    const response = await keptOrFetched(
      { find: nothing, keep },
      async () => new Response("", { status: 404 }),
      () => {}
    )
    expect(response.status).toBe(404)
    expect(keep).not.toHaveBeenCalled()
  })
})
