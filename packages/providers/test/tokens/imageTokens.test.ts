import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { imageRules, imageTokensOf } from "../../src/tokens/imageTokens.ts"
import type { ImageDetail } from "../../src/tokens/imageTokens.ts"

type Row = readonly [model: string, widthPixels: number, heightPixels: number, detail: ImageDetail, tokens: number]

/** The examples that stand on the vendors' own pages. */
const published: ReadonlyArray<Row> = [
  ["gpt-6-astra", 1_024, 1_024, "high", 1_229],
  ["gpt-6-astra", 2_048, 2_048, "high", 3_000],
  ["gpt-6-astra", 4_096, 512, "high", 2_458],
  ["gpt-5.4", 1_024, 1_024, "high", 1_229],
  ["gpt-5.4", 2_048, 2_048, "high", 3_000],
  ["gpt-4o", 1_024, 1_024, "high", 765],
  ["gpt-4o", 2_048, 4_096, "high", 1_105],
  ["gpt-4o", 4_096, 8_192, "low", 85],
  // 33 × 44 of 57 × 75 patches are left within the bound of 1,536.
  ["gpt-4.1-nano", 1_800, 2_400, "high", Math.ceil(1_452 * 2.46)],
  ["claude-opus-5-5", 200, 200, "auto", 64],
  ["claude-haiku-4-5-20251001", 200, 200, "auto", 64],
  ["claude-opus-5", 1_000, 1_000, "auto", 1_296],
  ["claude-haiku-4-5", 1_000, 1_000, "auto", 1_296],
  ["claude-sonnet-4-6", 1_920, 1_080, "auto", 1_560],
  ["claude-opus-4-7", 1_920, 1_080, "auto", 2_691],
  ["anthropic.claude-opus-4-6-v1:0", 3_840, 2_160, "auto", 1_560],
  ["claude-sonnet-5-5", 3_840, 2_160, "auto", 4_784],
  // An A4 page is seen as 924 × 1,307 pixels.
  ["claude-sonnet-4-20250514", 1_075, 1_520, "auto", 33 * 47],
  ["gemini-2.5-pro", 384, 384, "auto", 258],
  ["models/gemini-2.5-flash", 960, 540, "auto", 6 * 258],
  ["gemini-3.1-pro-preview", 960, 540, "auto", 1_120]
]

/** By their rules, worked out by hand. */
const byHand: ReadonlyArray<Row> = [
  ["gpt-5", 1_024, 1_024, "high", 70 + 4 * 140],
  ["gpt-5.1", 512, 512, "auto", 70 + 140],
  ["o3", 1_024, 1_024, "high", 75 + 4 * 150],
  ["o1-pro", 100, 100, "low", 75],
  ["gpt-4o-mini", 1_024, 1_024, "high", 2_833 + 4 * 5_667],
  ["gpt-4o-mini", 1_024, 1_024, "low", 2_833],
  ["gpt-4-turbo", 512, 512, "high", 255],
  ["o4-mini", 1_024, 1_024, "auto", Math.ceil(1_024 * 1.72)],
  ["gpt-4.1-mini", 1_024, 1_024, "auto", Math.ceil(1_024 * 1.62)],
  // 48 × 64 patches of 1,536 × 2,048 pixels.
  ["gpt-4.1-mini", 1_800, 2_400, "high", Math.ceil(3_072 * 1.62)],
  ["gpt-5-mini", 1_024, 1_024, "high", 1_229],
  ["gpt-5-nano", 1_024, 1_024, "high", 1_536],
  ["gpt-5.2", 1_024, 1_024, "low", 1_229],
  ["gpt-5.5", 2_048, 2_048, "low", Math.ceil(16 * 16 * 1.2)],
  // What it is shown unasked is larger than what it is shown in high detail.
  ["gpt-5.5", 2_048, 2_048, "auto", Math.ceil(4_096 * 1.2)],
  ["gpt-5.4", 2_048, 2_048, "auto", 3_000],
  ["gpt-5.6-sol", 4_096, 4_096, "auto", Math.ceil(16_384 * 1.2)]
]

describe("the tokens of a picture", () => {
  it.each(published)(
    "of %s at %d × %d in %s detail are those of its vendor's example",
    (model, widthPixels, heightPixels, detail, tokens) => {
      assert.strictEqual(imageTokensOf(model)({ widthPixels, heightPixels }, detail), tokens)
    }
  )

  it.each(byHand)(
    "of %s at %d × %d in %s detail follow its vendor's rule",
    (model, widthPixels, heightPixels, detail, tokens) => {
      assert.strictEqual(imageTokensOf(model)({ widthPixels, heightPixels }, detail), tokens)
    }
  )

  it("do not depend on which way it lies, but for Gemini's and OpenAI's rounding", () => {
    for (const model of ["claude-opus-5", "claude-haiku-4-5"]) {
      const [wide, tall] = [
        { widthPixels: 4_000, heightPixels: 900 },
        { widthPixels: 900, heightPixels: 4_000 }
      ]
      assert.strictEqual(imageTokensOf(model)(wide, "auto"), imageTokensOf(model)(tall, "auto"))
    }
  })

  it("are those of a thousand pixels square where its size is not known", () => {
    assert.strictEqual(imageTokensOf("gpt-4o")(undefined, "auto"), 765)
    assert.strictEqual(imageTokensOf("claude-opus-5")(undefined, "auto"), 37 * 37)
    assert.strictEqual(imageTokensOf("llama-4-maverick")(undefined, "auto"), 1_024)
  })

  it("come by rules that each have a source and a date", () => {
    for (const { asOf, models, source } of imageRules) {
      assert.match(source, /^https:\/\//, String(models))
      assert.match(asOf, /^\d{4}-\d{2}(-\d{2})?$/, String(models))
    }
  })

  const Pixels = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4_294_967_295 }))
  const Detail = Schema.Literals(["auto", "low", "high"])
  it.prop(
    "are a whole number within what the vendor would take, whatever size a file says it has",
    { widthPixels: Pixels, heightPixels: Pixels, detail: Detail },
    ({ detail, heightPixels, widthPixels }) =>
      imageRules.every(({ tokens }) => {
        const told = tokens({ widthPixels, heightPixels }, detail)
        return Number.isSafeInteger(told) && told > 0 && told <= 258_000
      })
  )
})
