import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { SecretBox } from "../src/secrets/SecretBox.ts"

const boxOf = (...keys: readonly [string, ...Array<string>]) =>
  Effect.map(
    Layer.build(SecretBox.layer([Redacted.make(keys[0]), ...keys.slice(1).map((key) => Redacted.make(key))])),
    (context) => Context.get(context, SecretBox)
  )
const told = (opened: Option.Option<Redacted.Redacted>) => Option.map(opened, Redacted.value)
const key = (letter: string) => letter.repeat(32)

describe("a sealed secret", () => {
  it.effect("is opened under the same master key for what it belongs to, and is sealed differently each time", () =>
    Effect.gen(function* () {
      const box = yield* boxOf(key("a"))
      const secret = Redacted.make("sk-größer")
      const sealed = box.seal("provider-key", "ten_1/openai", secret)
      assert.deepStrictEqual(told(box.open("provider-key", "ten_1/openai", sealed)), Option.some("sk-größer"))
      assert.notStrictEqual(box.seal("provider-key", "ten_1/openai", secret).sealed, sealed.sealed)
      assert.notInclude(Buffer.from(sealed.sealed, "base64").toString("latin1"), "sk-")
    })
  )

  it.effect("is none for another owner, another master key, or when one bit is another", () =>
    Effect.gen(function* () {
      const box = yield* boxOf(key("a"))
      const sealed = box.seal("provider-key", "ten_1/openai", Redacted.make("sk-1"))
      assert.isTrue(Option.isNone(box.open("provider-key", "ten_2/openai", sealed)))
      assert.isTrue(Option.isNone((yield* boxOf(key("b"))).open("provider-key", "ten_1/openai", sealed)))
      const bytes = Buffer.from(sealed.sealed, "base64")
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        const forged = { ...sealed, sealed: changed.toString("base64") }
        assert.isTrue(Option.isNone(box.open("provider-key", "ten_1/openai", forged)), `byte ${at}`)
      }
      for (const broken of ["", "AAAA"]) {
        assert.isTrue(Option.isNone(box.open("provider-key", "ten_1/openai", { ...sealed, sealed: broken })))
      }
    })
  )

  it.effect("stays readable while its master key is given after the new one", () =>
    Effect.gen(function* () {
      const sealed = (yield* boxOf(key("a"))).seal("provider-key", "x", Redacted.make("sk-1"))
      const rotated = yield* boxOf(key("b"), key("a"))
      assert.deepStrictEqual(told(rotated.open("provider-key", "x", sealed)), Option.some("sk-1"))
      assert.notStrictEqual(rotated.seal("provider-key", "x", Redacted.make("sk-1")).masterKeyId, sealed.masterKeyId)
    })
  )
})
