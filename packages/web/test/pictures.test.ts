/** The pictures of docs are all made by `npm run images`, which makes no other. */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { pictures } from "../demo/pictures.ts"

const root = new URL("../../../", import.meta.url)
const docs = new URL("docs/", root)

describe("the pictures of docs", () => {
  const made = pictures.map(({ name }) => `${name}.png`).toSorted()

  it("are those that the script renews", () => {
    assert.deepStrictEqual(readdirSync(new URL("images/", docs)).toSorted(), made)
  })

  it("are shown, each of them", () => {
    const pages = [
      new URL("README.md", root),
      ...readdirSync(docs).flatMap((name) => (name.endsWith(".md") ? [new URL(name, docs)] : []))
    ]
    const shown = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/images\/([\w-]+\.png)/g)].map(([, name]) => name)
    )
    assert.deepStrictEqual([...new Set(shown)].toSorted(), made)
  })
})
