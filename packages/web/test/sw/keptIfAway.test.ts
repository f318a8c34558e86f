/** Which page the worker shows. */
import { afterEach, describe, expect, it, vi } from "vitest"
import { begunWithin, keptIfAway } from "../../sw/keptIfAway.ts"

const page = (text: string, status = 200) => Promise.resolve(new Response(text, { status }))
const shown = async (answer: () => Promise<Response>, kept: string | null = "kept") => {
  const response = await keptIfAway(answer, async () => (kept === null ? undefined : page(kept)))
  return response.type === "error" ? "error" : response.text()
}

describe("a page that the browser asks for", () => {
  it("is the server's, as long as it answers", async () => {
    expect(await shown(() => page("fresh"))).toBe("fresh")
    expect(await shown(() => page("not found", 404))).toBe("not found")
  })

  it.each([500, 502, 503, 504])("is the kept one where a proxy answers %i in the server's place", async (status) => {
    expect(await shown(() => page("Bad Gateway", status))).toBe("kept")
  })

  it("is the kept one where nobody answers", async () => {
    expect(await shown(() => Promise.reject(new TypeError("no network")))).toBe("kept")
  })

  it("is what was answered where nothing is kept", async () => {
    expect(await shown(() => page("Bad Gateway", 502), null)).toBe("Bad Gateway")
    expect(await shown(() => Promise.reject(new TypeError("no network")), null)).toBe("error")
  })
})

describe("an answer that is waited for", () => {
  afterEach(() => void vi.useRealTimers())

  it("comes to its end, however long that takes once it has begun", async () => {
    vi.useFakeTimers()
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const writer = body.writable.getWriter()
    const response = await begunWithin(100, async (signal) => {
      signal.addEventListener("abort", () => void writer.abort(signal.reason))
      return new Response(body.readable)
    })
    await vi.advanceTimersByTimeAsync(1_000)
    const text = response.text()
    await writer.write(new TextEncoder().encode("whole"))
    await writer.close()
    expect(await text).toBe("whole")
  })

  it("is given up where it has not begun by then", async () => {
    vi.useFakeTimers()
    const given = begunWithin(
      100,
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up"))))
    )
    const seen = expect(given).rejects.toThrow("given up")
    await vi.advanceTimersByTimeAsync(100)
    await seen
  })
})
