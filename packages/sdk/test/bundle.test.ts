/** What a browser has to load. */
import { assert, describe, it } from "@effect/vitest"
import { bundle } from "./support/bundle.ts"
import { bundleBounds, gzippedBytes } from "./support/bundleBounds.ts"

const { errorsOnly, everything, httpOnly } = bundleBounds

describe("the bundle", () => {
  it("is under 17 KiB gzipped, with nothing of effect's and nothing of Node's", async () => {
    const { code, imports, modules } = await bundle(everything.program)
    assert.isAtMost(gzippedBytes(code), everything.maxBytes)
    assert.deepStrictEqual(imports, [])
    assert.deepStrictEqual(
      modules.filter((id) => /node_modules/.test(id)),
      []
    )
    assert.notMatch(code, /\bprocess\.|\bBuffer\b|node:/)
  })

  it("leaves out what is not used", async () => {
    const { code } = await bundle(errorsOnly.program)
    assert.isAtMost(gzippedBytes(code), errorsOnly.maxBytes)
  })

  it("of the HTTP API alone has nothing of the socket, the chats and the outbox", async () => {
    const { code, modules } = await bundle(httpOnly.program)
    assert.isAtMost(gzippedBytes(code), httpOnly.maxBytes)
    assert.deepStrictEqual(
      modules.filter((id) => /src\/(chat|connection|follow|list|outbox|run)\//.test(id)),
      []
    )
  })
})
