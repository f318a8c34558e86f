import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

describe("the README", () => {
  // `package/stranger`, `bareContext` and web's `clientExamples` run them.
  it("shows the examples that the compiler checks, and no other code", () => {
    const shown = [...read("../README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
    assert.deepStrictEqual(
      shown,
      ["browser", "node", "react", "reactNative"].map((name) => read(`../examples/${name}.ts`))
    )
  })
})
