import { readFile } from "node:fs/promises"
import { assert, it } from "@effect/vitest"
import { version } from "../src/version.ts"

it("the program's version is its package's", async () => {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8")
  assert.include(text, `"version": "${version}"`)
})
