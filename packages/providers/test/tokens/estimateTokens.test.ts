import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { countTokens } from "gpt-tokenizer/encoding/o200k_base"
import { estimateTokens, maxScannedChars } from "../../src/tokens/estimateTokens.ts"
import { imageSizeOf } from "../../src/tokens/imageSize.ts"
import { tokenFamilyOf } from "../../src/tokens/tokenFamilies.ts"

const repository = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8")

const texts: ReadonlyArray<readonly [kind: string, text: string]> = [
  ["prose", repository("docs/websocket.md")],
  ["code", repository("packages/providers/src/call/ProviderHttp.ts")],
  ["JSON", repository("docs/parley.config.schema.json")],
  ["a licence", repository("LICENSE")],
  ["Chinese", "人工智能是计算机科学的一个分支，它企图了解智能的实质，并生产出一种新的智能机器。".repeat(5)],
  ["Japanese", "人工知能とは、計算という概念とコンピュータという道具を用いて知能を研究する分野を指す語である。".repeat(5)],
  ["Russian", "Искусственный интеллект — свойство интеллектуальных систем выполнять творческие функции. ".repeat(5)],
  ["German", "Künstliche Intelligenz ist ein Teilgebiet der Informatik, das sich mit maschinellem Lernen befasst. ".repeat(5)],
  ["Arabic", "الذكاء الاصطناعي هو سلوك وخصائص معينة تتسم بها البرامج الحاسوبية. ".repeat(5)],
  ["Hindi", "कृत्रिम बुद्धिमत्ता मशीनों द्वारा प्रदर्शित बुद्धिमत्ता है। ".repeat(5)],
  ["numbers", Array.from({ length: 300 }, (_, i) => (i * 245_489) % 100_000).join(", ")],
  ["emoji", "🎉😀👍🏽🚀❤️ ".repeat(50)]
]

describe("the estimate of tokens", () => {
  it.each(texts)("of %s is within a third of what o200k counts", (_kind, text) => {
    const counted = countTokens(text)
    const estimated = estimateTokens(text)
    assert.isAbove(estimated, counted * 0.67, `${estimated} of ${counted}`)
    assert.isBelow(estimated, counted * 1.33, `${estimated} of ${counted}`)
  })

  it("of nothing is nothing, and of one character one token", () => {
    assert.strictEqual(estimateTokens(""), 0)
    assert.strictEqual(estimateTokens("a"), 1)
  })

  it("of a long text is scaled from how it begins, in proportion to its length", () => {
    const text = "one two ".repeat(maxScannedChars)
    assert.approximately(
      estimateTokens(text) / estimateTokens(text.slice(0, maxScannedChars)),
      text.length / maxScannedChars,
      0.01
    )
  })
})

describe("the family of a model", () => {
  it.each([
    ["gpt-4o-mini", "o200k_base"],
    ["gpt-5.5", "o200k_base"],
    ["gpt-6-astra", "o200k_base"],
    ["o4-mini", "o200k_base"],
    ["openai/gpt-oss-120b", "o200k_base"],
    ["openai.gpt-oss-120b-1:0", "o200k_base"],
    ["gpt-4-turbo", "cl100k_base"],
    ["text-embedding-3-small", "cl100k_base"],
    ["claude-opus-5-5", undefined],
    ["llama-4-maverick", undefined],
    ["mistral-small", undefined]
  ])("%s is counted by %s", (model, encoding) => {
    assert.strictEqual(tokenFamilyOf(model).encoding, encoding)
  })
})

const png = (width: number, height: number): string => {
  const bytes = Buffer.alloc(24)
  bytes.write("\x89PNG", 0, "latin1")
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return `data:image/png;base64,${bytes.toString("base64")}`
}
const jpeg = (width: number, height: number): string => {
  const comment = [0xff, 0xfe, 0x00, 0x04, 0x61, 0x62]
  const frame = [0xff, 0xc2, 0x00, 0x0b, 0x08, height >> 8, height & 0xff, width >> 8, width & 0xff, 1]
  return `data:image/jpeg;base64,${Buffer.from([0xff, 0xd8, ...comment, ...frame]).toString("base64")}`
}
const gif = (width: number, height: number): string => {
  const bytes = Buffer.from("GIF89a    ", "latin1")
  bytes.writeUInt16LE(width, 6)
  bytes.writeUInt16LE(height, 8)
  return `data:image/gif;base64,${bytes.toString("base64")}`
}

describe("the tokens of a picture", () => {
  it("depend on its size, which is read from its first bytes", () => {
    for (const url of [png(1_024, 2_048), jpeg(1_024, 2_048), gif(1_024, 2_048)]) {
      assert.deepStrictEqual(imageSizeOf(url), { widthPixels: 1_024, heightPixels: 2_048 })
    }
  })

  it.each([
    ["https://example.com/cat.png"],
    ["data:image/webp;base64,UklGRg=="],
    ["data:image/png;base64,AAAA"],
    ["data:image/jpeg;base64,/9j//g=="],
    ["data:image/gif;base64,"],
    [png(0, 5)]
  ])("are those of some picture where nothing is known: %s", (url) => {
    assert.isUndefined(imageSizeOf(url))
  })
})
