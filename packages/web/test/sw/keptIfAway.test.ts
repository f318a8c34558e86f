/** Which page the worker shows. */
import { describe, expect, it } from "vitest"
import { keptIfAway } from "../../sw/keptIfAway.ts"

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
