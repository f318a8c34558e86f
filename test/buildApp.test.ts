/** The app that a start builds: of the present sources, by a builder that stands in for Vite. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { temporaryFolder, type TemporaryFolder } from "./support/temporaryFolder.ts"
import { waitTimeoutMs } from "./support/waitTimeoutMs.ts"

const support = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url))

const ofSources = "started, with the app of these sources\n"
const ofBefore = "started, with what there is\n"

describe("a start", () => {
  let root: TemporaryFolder
  const at = (path: string) => join(root.path, path)
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(at(path)), { recursive: true })
    await writeFile(at(path), content)
  }
  const main = "packages/web/src/main.tsx"
  const served = () => readFile(at("packages/web/dist/index.html"), "utf8")
  /** Of what was begun and not finished there is nothing. */
  const leftOvers = async () => (await readdir(at("packages/web"))).filter((name) => name.startsWith("dist."))

  const begin = () => {
    const child = spawn(process.execPath, [support("buildingScript.mjs"), root.path], { stdio: ["ignore", "pipe", "pipe"] })
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
    return { child, ended: ended.then(([out, said, [code]]) => ({ out, said, code: Number(code) })) }
  }
  const start = () => begin().ended

  beforeEach(async () => {
    root = await temporaryFolder("build")
    await write("pnpm-lock.yaml", "lock")
    await write("packages/sdk/src/Parley.ts", "sdk")
    await write("packages/domain/src/Message.ts", "domain")
    await write(main, "first")
    await mkdir(at("packages/web/node_modules/vite/bin"), { recursive: true })
    await copyFile(support("fakeVite.cjs"), at("packages/web/node_modules/vite/bin/vite.js"))
  })
  afterEach(() => root.remove())

  it("builds the app, and keeps it as long as what it is made of stays the same", async () => {
    const first = await start()
    assert.deepStrictEqual([first.out, await served(), await leftOvers()], [ofSources, "first", []])
    assert.match(first.said, /^Building the browser app …\nThe browser app is built \([0-9.]+ s\)\n$/)
    for (const path of ["test/main.test.ts", "demo/tour.ts", "node_modules/react/index.js"])
      await write(`packages/web/${path}`, "x")
    assert.deepStrictEqual(await start(), { out: ofSources, said: "", code: 0 })
  })

  it("builds it anew with whatever of that changes, comes, is renamed or goes", async () => {
    await start()
    const changes: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
      ["a source", () => write(main, "second")],
      ["the client library", () => write("packages/sdk/src/Parley.ts", "another")],
      ["the domain", () => write("packages/domain/src/Message.ts", "another")],
      ["a dependency", () => write("pnpm-lock.yaml", "another")],
      ["a new file", () => write("packages/web/public/theme.js", "")],
      ["a renamed file", () => rename(at("packages/web/public/theme.js"), at("packages/web/public/themes.js"))],
      ["a file that is gone", () => rm(at("packages/web/public/themes.js"))],
      ["the built app itself", () => rm(at("packages/web/dist"), { recursive: true })]
    ]
    for (const [what, change] of changes) {
      await change()
      const { out, said } = await start()
      assert.deepStrictEqual([what, out, said.startsWith("Building the browser app …")], [what, ofSources, true])
    }
    assert.strictEqual(await served(), "second")
  })

  it("goes on with what was built last when the build breaks, says so and why, and tries again the next time", async () => {
    await write(main, "broken")
    const without = await start()
    assert.deepStrictEqual([without.out, without.code, await leftOvers()], [ofBefore, 0, []])
    assert.include(without.said, "src/main.tsx: unexpected end of file")
    assert.include(without.said, "The browser app could not be built; the small page is served instead.")
    await write(main, "first")
    assert.strictEqual((await start()).out, ofSources)
    await write(main, "broken")
    for (const _ of ["once", "and again"]) {
      const broken = await start()
      assert.deepStrictEqual([broken.out, await served(), await leftOvers()], [ofBefore, "first", []])
      assert.include(broken.said, "The browser app could not be built; the last one that was built is served.")
    }
    await write(main, "mended")
    assert.deepStrictEqual([(await start()).out, await served()], [ofSources, "mended"])
  })

  it("that is interrupted while it builds starts nothing, and keeps what was built last", async () => {
    await start()
    await write(main, "slow")
    const { child, ended } = begin()
    await vi.waitUntil(async () => (await leftOvers()).length > 0, { timeout: waitTimeoutMs })
    child.kill("SIGINT")
    const { code, out, said } = await ended
    assert.deepStrictEqual([out, code, await served(), await leftOvers()], ["", 1, "first", []])
    assert.include(said, "The build of the browser app was interrupted")
  })
})
