/** What a browser has to load. */
import { builtinModules } from "node:module"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { build } from "vite"

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Bytes, gzipped, of everything that the package exports. */
const maxBundle = 16_384
const maxErrorsOnly = 700
/** Of a program that follows nothing. */
const maxHttpOnly = 4_608

const bundle = async (code: string) => {
  const entry = "virtual:entry"
  const result = await build({
    root: file(".."),
    configFile: false,
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? `\0${entry}` : id === "@parley/sdk" ? file("../src/sdk.ts") : null),
        load: (id) => (id === `\0${entry}` ? code : null)
      }
    ],
    build: {
      write: false,
      minify: true,
      target: "es2022",
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict", output: { format: "es" } }
    }
  })
  const outputs = Array.isArray(result) ? result : [result]
  const chunks = outputs.flatMap((one) => ("output" in one ? one.output : [])).filter((one) => one.type === "chunk")
  return {
    code: chunks.map((one) => one.code).join("\n"),
    modules: chunks.flatMap((one) => Object.keys(one.modules)),
    imports: chunks.flatMap((one) => one.imports)
  }
}

describe("the bundle", () => {
  it("is at most 16 KiB gzipped, with nothing of effect's and nothing of Node's", async () => {
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
