import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { countTokens } from "gpt-tokenizer/encoding/o200k_base"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { noUsage } from "@parley/domain/Usage"
import type { ModelFacts } from "../../src/catalog/ModelFacts.ts"
import { makeModelTokens } from "../../src/tokens/ModelTokens.ts"
import { maxCountedChars, TokenWorker } from "../../src/tokens/TokenWorker.ts"

/** The longest that a timer waits: on a busy machine the worker may take long to load its tables, and what is late is no count. */
const noHurry = TokenWorker.layerWith({ answerMs: 2 ** 31 - 1 })
const realWorker = Effect.map(Layer.build(noHurry), (context) => Context.get(context, TokenWorker))
const noWorker = TokenWorker.of({ count: () => Effect.succeed(undefined) })

type Prompt = Pick<ModelRequest, "messages" | "parameters">
const asking = (...texts: ReadonlyArray<string>): Prompt => ({
  messages: texts.map((text) => ({ role: "user", content: [{ type: "text", text }] })),
  parameters: {}
})
const words = (count: number) => "word ".repeat(count).trim()
const price = { input: 2, cachedInput: 0.5, output: 8 }

describe("counting", () => {
  it.live("is exact for OpenAI's encodings, away from the event loop, and remembered", () =>
    Effect.gen(function* () {
      const worker = yield* realWorker
      const text = "Parley counts tokens. <|endoftext|> is text. Größe, 数, 🎉\n".repeat(500)
      const tokens = yield* worker.count("o200k_base", text)
      const exactly = countTokens(text, { allowedSpecial: new Set(), disallowedSpecial: new Set() })
      // Pieces of a long text may part one token each.
      assert.approximately(tokens ?? 0, exactly, 4)
      assert.strictEqual(yield* worker.count("o200k_base", text), tokens)
      assert.strictEqual(yield* worker.count("cl100k_base", "hello world"), 2)
      assert.strictEqual(yield* worker.count("o200k_base", ""), 0)
    })
  )

  it.live("of a text without a break is counted too, and of one that is too long not at all", () =>
    Effect.gen(function* () {
      const worker = yield* realWorker
      assert.isAbove((yield* worker.count("o200k_base", "a".repeat(20_000))) ?? 0, 2_000)
      assert.isUndefined(yield* worker.count("o200k_base", "a".repeat(maxCountedChars + 1)))
    })
  )

  it.live("that nobody waits for any more leaves the worker to the others", () =>
    Effect.gen(function* () {
      const worker = yield* realWorker
      yield* Effect.raceFirst(worker.count("o200k_base", words(1_000)), Effect.void)
      assert.strictEqual(yield* worker.count("o200k_base", "hello world"), 2)
    })
  )

  it.effect("says when it is an estimate: no tokenizer, no worker, a picture", () =>
    Effect.gen(function* () {
      const fixed = TokenWorker.of({ count: (_encoding, text) => Effect.succeed(text.length) })
      const picture: Prompt = {
        messages: [{ role: "user", content: [{ type: "image", url: "https://example.com/a.png", detail: "low" }] }],
        parameters: {}
      }
      assert.deepStrictEqual(yield* makeModelTokens("gpt-5", {}, fixed).count(asking("four")), {
        inputTokens: 11,
        isEstimated: false
      })
      assert.deepStrictEqual(yield* makeModelTokens("gpt-5", {}, fixed).count(picture), { inputTokens: 77, isEstimated: true })
      assert.isTrue((yield* makeModelTokens("claude-opus-5-5", {}, fixed).count(asking("four"))).isEstimated)
      assert.isTrue((yield* makeModelTokens("gpt-5", {}, noWorker).count(asking("four"))).isEstimated)
    })
  )
})

describe("what an answer cost", () => {
  const tokens = (facts: ModelFacts = { price }) => makeModelTokens("claude-x", facts, noWorker)
  const said = [{ type: "text" as const, text: words(100) }]

  it("is the provider's own count at the model's price", () => {
    const usage = { ...noUsage, inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 100 }
    assert.deepStrictEqual(tokens().settle(asking("Hi"), { content: said, usage }), {
      ...usage,
      costNanoDollars: 600 * 2_000 + 400 * 500 + 100 * 8_000
    })
    assert.deepStrictEqual(tokens({}).settle(asking("Hi"), { content: said, usage }), usage, "no price, no cost")
  })

  it.effect("is at the price of the day on which it was given", () =>
    Effect.gen(function* () {
      const usage = { ...noUsage, inputTokens: 1_000, outputTokens: 100 }
      const changing = { ...price, later: { input: 4, output: 16, fromMs: 86_400_000 } }
      const tokens = makeModelTokens("claude-x", { price: changing }, noWorker, undefined, yield* Clock.Clock)
      const costNow = () => tokens.settle(asking("Hi"), { content: said, usage }).costNanoDollars
      yield* TestClock.setTime(86_399_999)
      assert.strictEqual(costNow(), 1_000 * 2_000 + 100 * 8_000)
      yield* TestClock.adjust(1)
      assert.strictEqual(costNow(), 1_000 * 4_000 + 100 * 16_000)
    })
  )

  it("is estimated, and says so, where the provider counted nothing", () => {
    const usage = tokens().settle(asking(words(50)), { content: said, usage: noUsage })
    assert.isTrue(usage.isEstimated)
    assert.isAbove(usage.inputTokens, 50)
    assert.isAbove(usage.outputTokens, 100)
    assert.strictEqual(usage.costNanoDollars, usage.inputTokens * 2_000 + usage.outputTokens * 8_000)
  })

  it.effect("of one that was cut off is never nothing: the prompt was read, and what came was written", () =>
    Effect.gen(function* () {
      const cut = yield* tokens().settlePartial(asking(words(50)), said, null)
      assert.isTrue(cut.isEstimated)
      assert.isAbove(cut.outputTokens, 100)
      const silent = yield* tokens().settlePartial(asking(words(50)), [], null)
      assert.strictEqual(silent.outputTokens, 0)
      assert.isAbove(silent.costNanoDollars ?? 0, 50 * 2_000)
    })
  )

  it.effect("tells what it thought apart from what it said, at the price of that, also of one that was cut off", () =>
    Effect.gen(function* () {
      const dear = tokens({ price: { ...price, reasoning: 20 } })
      const thought = { type: "reasoning" as const, text: words(300) }
      const cut = yield* dear.settlePartial(asking("Hi"), [thought, ...said], null)
      assert.approximately(cut.reasoningTokens / cut.outputTokens, 3 / 4, 0.02)
      assert.strictEqual(
        cut.costNanoDollars,
        cut.inputTokens * 2_000 + (cut.outputTokens - cut.reasoningTokens) * 8_000 + cut.reasoningTokens * 20_000
      )
      const silent = yield* dear.settlePartial(asking("Hi"), [thought], { ...noUsage, inputTokens: 7, outputTokens: 1 })
      assert.strictEqual(silent.reasoningTokens, silent.outputTokens)
      assert.strictEqual((yield* dear.settlePartial(asking("Hi"), said, null)).reasoningTokens, 0)
      const whole = dear.settle(asking("Hi"), { content: [thought, ...said], usage: noUsage })
      assert.approximately(whole.reasoningTokens / whole.outputTokens, 3 / 4, 0.02)
      const told = { ...noUsage, inputTokens: 7, outputTokens: 1_000, reasoningTokens: 10 }
      assert.strictEqual((yield* dear.settlePartial(asking("Hi"), [thought], told)).reasoningTokens, 10, "the provider's word")
    })
  )

  it.effect("keeps what the provider told before the cut, and only adds what it had not counted yet", () =>
    Effect.gen(function* () {
      const begun = { ...noUsage, inputTokens: 77, cachedInputTokens: 70, outputTokens: 1 }
      const cut = yield* tokens().settlePartial(asking("Hi"), said, begun)
      assert.strictEqual(cut.inputTokens, 77)
      assert.strictEqual(cut.cachedInputTokens, 70)
      assert.isAbove(cut.outputTokens, 100)
      assert.isTrue(cut.isEstimated)
      const whole = { ...noUsage, inputTokens: 77, outputTokens: 1_000 }
      assert.notProperty(yield* tokens().settlePartial(asking("Hi"), said, whole), "isEstimated")
    })
  )

  it("corrects the estimate of a model by what its provider counts, but not by what cannot be", () => {
    const seen = tokens()
    const prompt = asking(words(1_000))
    const first = seen.estimate(prompt)
    const answered = (inputTokens: number) => {
      for (let i = 0; i < 16 * 30; i++)
        seen.settle(prompt, { content: said, usage: { ...noUsage, inputTokens, outputTokens: 1 } })
    }
    answered(Math.round(first * 1.3))
    assert.approximately(seen.estimate(prompt) / first, 1.3, 0.05)
    answered(first * 10)
    assert.approximately(seen.estimate(prompt) / first, 1.3, 0.05, "ten times as many is no tokenizer's doing")
  })
})

describe("the window of a model", () => {
  it.effect("is asked about only when a prompt could be too long, and tells how long it is", () =>
    Effect.gen(function* () {
      let counted = 0
      const worker = TokenWorker.of({
        count: (_encoding, text) => Effect.sync(() => (counted++, text.split(" ").length))
      })
      const tokens = makeModelTokens("gpt-5", { contextTokens: 1_000 }, worker)
      assert.isUndefined(yield* tokens.overflow(asking(words(150))))
      assert.strictEqual(counted, 0, "shorter than its tokens could be")
      assert.isUndefined(yield* tokens.overflow(asking(words(900))))
      assert.deepStrictEqual(yield* tokens.overflow(asking(words(1_100))), { contextTokens: 1_000, inputTokens: 1_107 })
      assert.isUndefined(yield* makeModelTokens("gpt-5", {}, worker).overflow(asking(words(100_000))))
    })
  )

  it.effect("refuses nobody by an estimate that is only a little over", () =>
    Effect.gen(function* () {
      const tokens = makeModelTokens("claude-x", { contextTokens: 1_000 }, noWorker)
      const estimated = tokens.estimate(asking(words(800)))
      assert.isAbove(estimated, 1_000)
      assert.isBelow(estimated, 1_300)
      assert.isUndefined(yield* tokens.overflow(asking(words(800))))
      assert.isDefined(yield* tokens.overflow(asking(words(4_000))))
    })
  )
})
