/** What a browser has to load. */
import { builtinModules } from "node:module"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { bundle } from "./support/bundle.ts"

/** Bytes, gzipped, of everything that the package exports. */
const maxBundle = 17_000
const maxErrorsOnly = 700
/** Of a program that follows nothing. */
const maxHttpOnly = 4_608

describe("the bundle", () => {
  it("is under 17 KB gzipped, with nothing of effect's and nothing of Node's", async () => {
    const { code, imports, modules } = await bundle('export * from "@parley/sdk"')
    assert.isAtMost(gzipSync(code, { level: 9 }).length, maxBundle)
    assert.deepStrictEqual(imports, [])
    assert.deepStrictEqual(
      modules.filter((id) => /node_modules/.test(id)),
      []
    )
    assert.notMatch(code, /\bprocess\.|\bBuffer\b|node:/)
    assert.isAbove(builtinModules.length, 0)
  })

  it("leaves out what is not used", async () => {
    const { code } = await bundle('export { ParleyApiError } from "@parley/sdk"')
    assert.isAtMost(gzipSync(code, { level: 9 }).length, maxErrorsOnly)
  })

  it("of the HTTP API alone has nothing of the socket, the chats and the outbox", async () => {
    const { code, modules } = await bundle('export { createHttpApi } from "@parley/sdk"')
    assert.isAtMost(gzipSync(code, { level: 9 }).length, maxHttpOnly)
    assert.deepStrictEqual(
      modules.filter((id) => /src\/(chat|connection|follow|list|outbox|run)\//.test(id)),
      []
    )
  })
})
