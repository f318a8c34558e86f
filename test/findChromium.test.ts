/** Browser tests may be skipped on a person's machine, which is told; in CI never. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, expect, it, vi } from "vitest"
import { findChromium } from "./support/findChromium.ts"

describe("a machine on which no Chromium can be found", () => {
  let home: string
  let said: Array<string>

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "parley-no-chromium-"))
    said = []
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      said.push(String(text))
      return true
    })
    // Without a PATH there is no apt-get either, which would bring one.
    vi.stubEnv("PATH", "")
    vi.stubEnv("HOME", home)
    vi.stubEnv("PLAYWRIGHT_BROWSERS_PATH", undefined)
    vi.stubEnv("PARLEY_TEST_CHROMIUM", undefined)
    vi.stubEnv("CI", undefined)
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    await rm(home, { recursive: true })
  })

  it("skips the browser tests, and says so in one loud line with what to do", async () => {
    assert.strictEqual(await findChromium(), "")
    assert.strictEqual(said.length, 1)
    assert.match(said[0] ?? "", /^\n!!! BROWSER TESTS ARE SKIPPED: .*PARLEY_TEST_CHROMIUM.*\n\n$/)
  })

  it("fails in CI", async () => {
    vi.stubEnv("CI", "true")
    await expect(findChromium()).rejects.toThrow(/The browser tests need a Chromium\..*PARLEY_TEST_CHROMIUM/)
    assert.deepStrictEqual(said, [])
  })

  it("fails where the one that is named is no program, and looks for no other", async () => {
    vi.stubEnv("PARLEY_TEST_CHROMIUM", join(home, "chromium"))
    await expect(findChromium()).rejects.toThrow(`PARLEY_TEST_CHROMIUM names ${join(home, "chromium")}`)
    assert.deepStrictEqual(said, [])
  })
})
