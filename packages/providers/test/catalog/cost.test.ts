import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { addUsage, noUsage, Usage } from "@parley/domain/Usage"
import { cost as costAt, nanoDollarsPerDollar } from "../../src/catalog/cost.ts"
import { ratesAt } from "@parley/domain/ModelPrice"
import type { DollarPrice } from "@parley/domain/ModelPrice"

const usage = (some: Partial<Usage>): Usage => ({ ...noUsage, ...some })

/** No price below changes. */
const cost = (used: Usage, of: DollarPrice) => costAt(used, of, 0)

const million = 1_000_000
const dollars = (amount: number) => Math.round(amount * nanoDollarsPerDollar)
const price: DollarPrice = { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15 }

describe("the cost of a call", () => {
  const rows: ReadonlyArray<readonly [claim: string, used: Partial<Usage>, of: DollarPrice, nanoDollars: number]> = [
    ["nothing used costs nothing", {}, price, 0],
    ["a million of input costs the input's rate", { inputTokens: million }, price, dollars(3)],
    ["a million of output costs the output's rate", { outputTokens: million }, price, dollars(15)],
    [
      "cached tokens are part of the input, at their own rate",
      { inputTokens: million, cachedInputTokens: million },
      price,
      dollars(0.3)
    ],
    [
      "input, cached and written tokens are each priced once",
      { inputTokens: 3 * million, cachedInputTokens: million, cacheWriteTokens: million },
      price,
      dollars(3 + 0.3 + 3.75)
    ],
    [
      "what is kept for an hour has its own rate, where it has one",
      { inputTokens: million, cacheWriteTokens: million, longCacheWriteTokens: 400_000 },
      { ...price, longCacheWrite: 6 },
      dollars(0.6 * 3.75 + 0.4 * 6)
    ],
    [
      "what is kept for an hour costs what is written, where it has none",
      { inputTokens: million, cacheWriteTokens: million, longCacheWriteTokens: 2 * million },
      price,
      dollars(3.75)
    ],
    [
      "reasoning is part of the output and not paid twice",
      { outputTokens: million, reasoningTokens: million },
      price,
      dollars(15)
    ],
    [
      "reasoning has its own rate where it has one",
      { outputTokens: million, reasoningTokens: 400_000 },
      { ...price, reasoning: 5 },
      dollars(0.6 * 15 + 0.4 * 5)
    ],
    [
      "without rates of the cache its tokens cost what input costs",
      { inputTokens: million, cachedInputTokens: 400_000, cacheWriteTokens: 300_000 },
      { input: 2, output: 8 },
      dollars(2)
    ],
    ["more cached than input is no negative input", { inputTokens: 10, cachedInputTokens: million }, price, 10 * 300],
    [
      "more cached and written than input is no more than the input",
      { inputTokens: 10, cachedInputTokens: 8, cacheWriteTokens: 8 },
      price,
      8 * 300 + 2 * 3_750
    ],
    ["more reasoning than output is no more than the output", { outputTokens: 10, reasoningTokens: million }, price, 150_000],
    ["one token of a rate with six decimals is rounded up, not away", { inputTokens: 1 }, { input: 0.000001, output: 0 }, 1],
    [
      "a third of a nano-dollar is rounded up once for the whole call",
      { inputTokens: 1, outputTokens: 1 },
      { input: 0.0003, output: 0.0003 },
      1
    ],
    [
      "0.1 and 0.2 dollars are three tenths exactly",
      { inputTokens: million, outputTokens: million },
      { input: 0.1, output: 0.2 },
      300_000_000
    ]
  ]
  for (const [claim, used, of, expected] of rows) {
    it(claim, () => assert.strictEqual(cost(usage(used), of), expected))
  }

  it("of a long prompt is at the long prompt's rates, all of it, and only above the bound", () => {
    const tiered = { ...price, longPrompt: { aboveInputTokens: 200_000, input: 6, cachedInput: 0.6, output: 22.5 } }
    assert.strictEqual(cost(usage({ inputTokens: 200_000, outputTokens: 1_000 }), tiered), dollars(0.2 * 3 + 0.015))
    assert.strictEqual(
      cost(usage({ inputTokens: 200_001, outputTokens: 1_000 }), tiered),
      dollars((200_001 * 6 + 22_500) / million)
    )
  })

  it("changes on the day that its vendor named, and not a millisecond before", () => {
    const fromMs = Date.UTC(2027, 0, 1)
    const introduced = { input: 1, cachedInput: 0.1, output: 5, later: { fromMs, input: 2, cachedInput: 0.2, output: 10 } }
    const used = usage({ inputTokens: 2_000, cachedInputTokens: 1_000, outputTokens: 10 })
    assert.strictEqual(costAt(used, introduced, fromMs - 1), 1_000_000 + 100_000 + 50_000)
    assert.strictEqual(costAt(used, introduced, fromMs), 2_000_000 + 200_000 + 100_000)
    assert.strictEqual(ratesAt(introduced, fromMs).output, 10)
  })

  it("takes a number that is no count for none", () => {
    for (const count of [Number.NaN, -5, 1.5, Infinity]) assert.strictEqual(cost(usage({ inputTokens: count }), price), 0)
  })

  it("stays a safe integer whatever is asked", () => {
    assert.strictEqual(
      cost(usage({ inputTokens: Number.MAX_SAFE_INTEGER }), { input: 100_000, output: 0 }),
      Number.MAX_SAFE_INTEGER
    )
  })
})

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000 }))
/** As a provider that is right would count. */
const Split = Schema.Struct({ fresh: Count, cached: Count, written: Count, spoken: Count, reasoned: Count })
const Rate = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000_000 }))
const Rates = Schema.Struct({ input: Rate, cachedInput: Rate, cacheWrite: Rate, output: Rate, reasoning: Rate })

const usageOf = (split: typeof Split.Type): Usage => ({
  inputTokens: split.fresh + split.cached + split.written,
  cachedInputTokens: split.cached,
  cacheWriteTokens: split.written,
  outputTokens: split.spoken + split.reasoned,
  reasoningTokens: split.reasoned
})

/** Rates are drawn as micro-dollars, so that they have at most six decimals. */
const priceOf = (rates: typeof Rates.Type): DollarPrice => ({
  input: rates.input / million,
  cachedInput: rates.cachedInput / million,
  cacheWrite: rates.cacheWrite / million,
  output: rates.output / million,
  reasoning: rates.reasoning / million
})

describe("for any usage and any price, the cost", () => {
  it.prop("is the sum of each kind of token at its own rate, rounded up", { split: Split, rates: Rates }, ({ rates, split }) => {
    const pico =
      BigInt(split.fresh) * BigInt(rates.input) +
      BigInt(split.cached) * BigInt(rates.cachedInput) +
      BigInt(split.written) * BigInt(rates.cacheWrite) +
      BigInt(split.spoken) * BigInt(rates.output) +
      BigInt(split.reasoned) * BigInt(rates.reasoning)
    const told = BigInt(cost(usageOf(split), priceOf(rates)))
    return told * 1_000n >= pico && told * 1_000n - pico < 1_000n
  })

  it.prop(
    "of two calls together differs from theirs by less than a nano-dollar",
    { a: Split, b: Split, rates: Rates },
    ({ a, b, rates }) => {
      const of = priceOf(rates)
      const apart = cost(usageOf(a), of) + cost(usageOf(b), of)
      const together = cost(addUsage(usageOf(a), usageOf(b)), of)
      return together <= apart && apart - together <= 1
    }
  )

  it.prop(
    "is a whole number of nano-dollars, never negative, whatever a provider counts",
    { used: Usage, rates: Rates },
    ({ rates, used }) => {
      const told = cost(used, priceOf(rates))
      return Number.isSafeInteger(told) && told >= 0
    }
  )
})
