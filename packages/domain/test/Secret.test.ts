import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Secret } from "../src/Secret.ts"

describe("a secret", () => {
  const text = "pk_abcdefghijklmnopqrstuvwxyz"
  const secret = new Secret(text)

  it("is revealed to who asks for it, and shown to nobody else", () => {
    assert.strictEqual(secret.reveal(), text)
    for (const shown of [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret, { showHidden: true, depth: 5 }),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify(structuredClone({ ...secret }))
    ]) {
      assert.notInclude(shown, text)
    }
  })
})
