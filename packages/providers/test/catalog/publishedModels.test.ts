import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { noUsage } from "@parley/domain/Usage"
import type { DollarRates } from "@parley/domain/ModelPrice"
import { makeModelNames } from "../../src/catalog/ModelNames.ts"
import { cost } from "../../src/catalog/cost.ts"
import { ownServerFacts, publishedFacts, publishedModels } from "../../src/catalog/publishedModels.ts"

const million = 1_000_000

const all = Object.entries(publishedModels).flatMap(([kind, rows]) =>
  Object.entries(rows).map(([model, row]) => ({ name: `${kind}/${model}`, row }))
)

describe("what is published", () => {
  it("has a source and a date for every model, and rates with at most six decimals", () => {
    for (const { name, row } of all) {
      assert.match(row.source, /^https:\/\/[a-z.-]+\//, name)
      assert.match(row.asOf, /^\d{4}-\d{2}-\d{2}$/, name)
      assert.isTrue(row.price !== undefined || row.contextTokens !== undefined, name)
      for (const rates of [row.price, row.price?.longPrompt, row.price?.later]) {
        if (rates === undefined) continue
        for (const rate of [
          rates.input,
          rates.output,
          rates.cachedInput ?? 0,
          rates.cacheWrite ?? 0,
          rates.longCacheWrite ?? 0
        ]) {
          assert.isAtLeast(rate, 0, name)
          assert.closeTo(rate * million, Math.round(rate * million), 1e-3, name)
        }
        assert.isAtMost(rates.cachedInput ?? rates.input, rates.input, `${name}: cached tokens are never dearer`)
        assert.isAtLeast(rates.cacheWrite ?? rates.input, rates.input, `${name}: writing is never cheaper`)
      }
      const { longPrompt } = row.price ?? {}
      if (row.price === undefined || longPrompt === undefined) continue
      assert.isUndefined(row.price.later, `${name}: its long prompts would keep the old price`)
      assert.isAbove(longPrompt.input, row.price.input, `${name}: a long prompt is dearer`)
      assert.isBelow(longPrompt.aboveInputTokens, row.contextTokens ?? Infinity, `${name}: and possible`)
    }
  })

  it("knows the price of the current models of each vendor that has one price for a name", () => {
    const priced = (kind: keyof typeof publishedModels) =>
      Object.values(publishedModels[kind] ?? {}).filter(({ kind = "chat", price }) => kind === "chat" && price !== undefined)
        .length
    for (const kind of ["openai", "anthropic", "gemini", "mistral", "groq", "xai"] as const)
      assert.isAtLeast(priced(kind), 8, kind)
  })

  it("finds a dated version under its model, and leaves alone what has a price of its own or is somebody else's", () => {
    assert.strictEqual(publishedFacts("openai", "gpt-5-2025-08-07")?.price?.output, 10)
    assert.strictEqual(publishedFacts("anthropic", "claude-haiku-4-5-20251001")?.price?.input, 1)
    assert.strictEqual(publishedFacts("openai", "gpt-4o-2024-05-13")?.price?.input, 5)
    assert.strictEqual(publishedFacts("gemini", "models/gemini-2.5-pro")?.price?.input, 1.25)
    assert.strictEqual(publishedFacts("gemini", "gemini-embedding-001")?.kind, "embedding")
    assert.isUndefined(publishedFacts("openai", "gpt-5-turbo"))
    assert.isUndefined(publishedFacts("openai", "constructor"))
    assert.isUndefined(publishedFacts("xai", "gpt-5"))
  })

  it("tells one model's price by who serves it", () => {
    assert.strictEqual(publishedFacts("groq", "openai/gpt-oss-120b")?.price?.input, 0.15)
    assert.isUndefined(publishedFacts("openrouter", "openai/gpt-oss-120b"))
    assert.isUndefined(publishedFacts("bedrock", "openai.gpt-oss-120b-1:0"))
  })
})

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000 }))
/** As a provider that is right would count; pictures are among what is fresh. */
const Split = Schema.Struct({
  fresh: Count,
  pictures: Count,
  cached: Count,
  written: Count,
  kept: Count,
  spoken: Count,
  reasoned: Count
})

/** By hand: pico-dollars, from rates as a page has them. */
const pico = (count: number, dollars: number): bigint => BigInt(count) * BigInt(Math.round(dollars * million))

const byHand = (rates: DollarRates, split: typeof Split.Type): bigint => {
  const cacheWrite = rates.cacheWrite ?? rates.input
  return (
    pico(split.fresh + split.pictures, rates.input) +
    pico(split.cached, rates.cachedInput ?? rates.input) +
    pico(split.written, cacheWrite) +
    pico(split.kept, rates.longCacheWrite ?? cacheWrite) +
    pico(split.spoken, rates.output) +
    pico(split.reasoned, rates.reasoning ?? rates.output)
  )
}

describe("for any call to any model that is published, the cost", () => {
  it.prop(
    "is the sum of its fresh, pictured, cached, written, spoken and reasoned tokens by that model's row",
    { split: Split },
    ({ split }) => {
      const inputTokens = split.fresh + split.pictures + split.cached + split.written + split.kept
      const usage = {
        ...noUsage,
        inputTokens,
        cachedInputTokens: split.cached,
        cacheWriteTokens: split.written + split.kept,
        longCacheWriteTokens: split.kept,
        outputTokens: split.spoken + split.reasoned,
        reasoningTokens: split.reasoned
      }
      return all.every(({ row: { price } }) => {
        if (price === undefined) return true
        const { longPrompt } = price
        const rates = longPrompt !== undefined && inputTokens > longPrompt.aboveInputTokens ? longPrompt : price
        const over = BigInt(cost(usage, price, 0)) * 1_000n - byHand(rates, split)
        return over >= 0n && over < 1_000n
      })
    }
  )
})

describe("a server of one's own", () => {
  const names = makeModelNames({
    configured: [
      { id: "ollama", kind: "ollama" },
      { id: "turbo", kind: "ollama", baseUrl: "https://ollama.com/v1" },
      { id: "gpu", kind: "vllm", baseUrl: "http://10.0.0.7:8000/v1" },
      { id: "rented", kind: "openai-compatible", baseUrl: "http://127.0.0.1:4000/v1" }
    ],
    models: { "gpu/dear": { price: { input: 1, output: 2 } } }
  })
  const priceOf = (provider: string, model: string) => names.facts(provider, model).price

  it("costs nothing for a token, which is known: by Ollama and by vLLM", () => {
    assert.deepStrictEqual(priceOf("ollama", "qwen3:32b"), { input: 0, output: 0 })
    assert.deepStrictEqual(priceOf("gpu", "meta-llama/Llama-3.3-70B-Instruct"), { input: 0, output: 0 })
    assert.isUndefined(names.facts("ollama", "nomic-embed-text").kind, "what it does is not said by that")
  })
  it("costs what its configuration says instead", () => assert.deepStrictEqual(priceOf("gpu", "dear"), { input: 1, output: 2 }))
  it("is not what runs in Ollama's cloud, nor any server that speaks OpenAI's language", () => {
    assert.isUndefined(priceOf("ollama", "gpt-oss:120b-cloud"))
    assert.isUndefined(priceOf("ollama", "kimi-k2:cloud"))
    assert.isUndefined(priceOf("turbo", "gpt-oss:120b"))
    assert.isUndefined(priceOf("rented", "gpt-5"))
    assert.deepStrictEqual(ownServerFacts("openai", "https://api.openai.com/v1", "gpt-5"), {})
  })
})
