/** Tokens of one model: estimated at once, counted where somebody can, and reconciled with what the provider counts. */
import { Clock, Effect } from "effect"
import type { TokenCount } from "@parley/domain/Completions"
import type { Part } from "@parley/domain/Content"
import type { EmbeddingInput } from "@parley/domain/Embeddings"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { noUsage, type Usage } from "@parley/domain/Usage"
import { cost } from "../catalog/cost.ts"
import type { ModelFacts } from "../catalog/ModelFacts.ts"
import { estimateTokens } from "./estimateTokens.ts"
import { imageSizeOf } from "./imageSize.ts"
import { answerTextsOf, promptPartsOf, textLengthOf } from "./promptParts.ts"
import type { PromptParts } from "./promptParts.ts"
import { tokenFamilyOf } from "./tokenFamilies.ts"
import type { TokenCounter } from "./TokenCounter.ts"
import type { TokenWorker } from "./TokenWorker.ts"

type Prompt = Pick<ModelRequest, "messages" | "parameters">

export interface ModelTokens {
  /** At once. */
  readonly estimate: (prompt: Prompt) => number
  /** Counted off the event loop where the family has a tokenizer. */
  readonly count: (prompt: Prompt) => Effect.Effect<TokenCount>
  /** As its provider counts it, where that is for nothing, which takes up to `countTimeoutMs`; else the same as `count`. */
  readonly countByProvider: (prompt: Prompt) => Effect.Effect<TokenCount>
  /** How far a prompt is over the model's window; undefined when it fits, or when nobody knows the window. Nearly always a sum of lengths. */
  readonly overflow: (prompt: Prompt) => Effect.Effect<Overflow | undefined>
  /** The same at once, for a prompt that is known to be short. */
  readonly surelyFits: (prompt: Prompt) => boolean
  /** The usage of a whole answer, with its cost; what of it the provider did not tell is estimated. */
  readonly settle: (prompt: Prompt, answer: { readonly content: ReadonlyArray<Part>; readonly usage: Usage }) => Usage
  /** The usage of vectors, likewise. */
  readonly settleInputs: (inputs: ReadonlyArray<EmbeddingInput>, usage: Usage) => Usage
  /**
   * The usage of an answer that was cut off: what its provider told by then, or what is counted where that is more: by its tokenizer, or by its
   * provider where that counts for nothing, which takes up to `countTimeoutMs`.
   */
  readonly settlePartial: (prompt: Prompt, content: ReadonlyArray<Part>, told: Usage | null) => Effect.Effect<Usage>
}

export interface Overflow {
  readonly contextTokens: number
  readonly inputTokens: number
}

/** What an estimate must be over before a prompt is refused by it: it may be this much too high. */
const estimateMargin = 1.3
/** One of so many answers corrects the estimate, by so much of what it was off. */
const observeEvery = 16
const observedWeight = 0.2
/** What was seen in between is believed; beyond it stands something else, like a prompt that the provider added. */
const minScale = 0.5
const maxScale = 2
/** Shorter prompts say more of what the provider adds than of its tokenizer. */
const minObservedTokens = 200

export const makeModelTokens = (
  model: string,
  facts: ModelFacts,
  worker: TokenWorker["Service"],
  counter?: TokenCounter,
  clock: Clock.Clock = Clock.Clock.defaultValue()
): ModelTokens => {
  const family = tokenFamilyOf(model)
  let scale = family.scale
  let answers = 0

  const beside = ({ images, messages }: PromptParts): number => {
    let tokens = messages * family.messageTokens + family.promptTokens
    for (const { detail, url } of images) tokens += family.imageTokens(imageSizeOf(url), detail ?? "auto")
    return tokens
  }
  const estimateTexts = (texts: ReadonlyArray<string>): number => {
    let tokens = 0
    for (const text of texts) tokens += estimateTokens(text)
    return Math.ceil(tokens * scale)
  }
  const estimate = (prompt: Prompt): number => {
    const parts = promptPartsOf(prompt)
    return estimateTexts(parts.texts) + beside(parts)
  }

  /** How many of an answer's tokens are of what it thought: counted together, and parted as their estimates are. */
  const thoughtOf = (content: ReadonlyArray<Part>, outputTokens: number): number => {
    const thought = estimateTexts(answerTextsOf(content.filter(({ type }) => type === "reasoning")))
    return thought === 0
      ? 0
      : Math.min(outputTokens, Math.round((outputTokens * thought) / estimateTexts(answerTextsOf(content))))
  }

  const countTexts = (texts: ReadonlyArray<string>): Effect.Effect<TokenCount> => {
    const { encoding } = family
    if (encoding === undefined) return Effect.sync(() => ({ inputTokens: estimateTexts(texts), isEstimated: true }))
    return Effect.map(
      Effect.forEach(texts, (text) => Effect.map(worker.count(encoding, text), (tokens) => ({ text, tokens }))),
      (counted) => {
        let inputTokens = 0
        let isEstimated = false
        for (const { text, tokens } of counted) {
          isEstimated ||= tokens === undefined
          inputTokens += tokens ?? estimateTexts([text])
        }
        return { inputTokens, isEstimated }
      }
    )
  }
  const count = (prompt: Prompt): Effect.Effect<TokenCount> => {
    const parts = promptPartsOf(prompt)
    return Effect.map(countTexts(parts.texts), ({ inputTokens, isEstimated }) => ({
      inputTokens: inputTokens + beside(parts),
      // Nobody but the provider knows what it makes of a picture or of a tool.
      isEstimated: isEstimated || parts.images.length > 0
    }))
  }

  /** As the provider counts where nobody else can, and as is counted here where it does not. */
  const counted = (
    ask: ((counter: TokenCounter) => Effect.Effect<number | undefined>) | undefined,
    here: Effect.Effect<TokenCount>
  ): Effect.Effect<TokenCount> => {
    if (ask === undefined || counter === undefined || family.encoding !== undefined) return here
    return Effect.flatMap(ask(counter), (tokens) =>
      tokens === undefined ? here : Effect.succeed({ inputTokens: tokens, isEstimated: false })
    )
  }
  const countByProvider = (prompt: Prompt): Effect.Effect<TokenCount> =>
    counted(({ prompt: ask }) => ask({ model, messages: prompt.messages, parameters: prompt.parameters }), count(prompt))

  const { contextTokens, price } = facts
  const surelyFits = (prompt: Prompt): boolean =>
    contextTokens === undefined ||
    textLengthOf(prompt) + prompt.messages.length * family.messageTokens + family.promptTokens < contextTokens

  const observe = (prompt: Prompt, usage: Usage): void => {
    if (answers++ % observeEvery !== 0) return
    const parts = promptPartsOf(prompt)
    const estimated = estimateTexts(parts.texts)
    const told = usage.inputTokens - beside(parts)
    if (parts.images.length > 0 || estimated < minObservedTokens || told <= 0) return
    const seen = scale * (told / estimated)
    if (seen < family.scale * minScale || seen > family.scale * maxScale) return
    scale += (seen - scale) * observedWeight
  }

  const priced = (usage: Usage): Usage =>
    price === undefined ? usage : { ...usage, costNanoDollars: cost(usage, price, clock.currentTimeMillisUnsafe()) }

  return {
    estimate,
    count,
    countByProvider,
    surelyFits,
    overflow: (prompt) => {
      if (contextTokens === undefined || surelyFits(prompt)) return Effect.succeed(undefined)
      return Effect.map(count(prompt), ({ inputTokens, isEstimated }) =>
        (isEstimated ? inputTokens / estimateMargin : inputTokens) > contextTokens ? { contextTokens, inputTokens } : undefined
      )
    },
    settle: (prompt, { content, usage }) => {
      if (content.length === 0 || (usage.inputTokens > 0 && usage.outputTokens > 0)) {
        if (usage.inputTokens > 0) observe(prompt, usage)
        return priced(usage)
      }
      const inputTokens = usage.inputTokens > 0 ? usage.inputTokens : estimate(prompt)
      const outputTokens = usage.outputTokens > 0 ? usage.outputTokens : estimateTexts(answerTextsOf(content))
      const reasoningTokens = usage.outputTokens > 0 ? usage.reasoningTokens : thoughtOf(content, outputTokens)
      return priced({ ...usage, inputTokens, outputTokens, reasoningTokens, isEstimated: true })
    },
    settleInputs: (inputs, usage) => {
      if (usage.inputTokens > 0) return priced(usage)
      const texts = inputs.filter((input) => typeof input === "string")
      const tokens = inputs.reduce((sum, input) => sum + (typeof input === "string" ? 0 : input.length), 0)
      return priced({ ...noUsage, inputTokens: estimateTexts(texts) + tokens, isEstimated: true })
    },
    settlePartial: (prompt, content, told) => {
      const texts = answerTextsOf(content)
      const input =
        told !== null && told.inputTokens > 0
          ? Effect.succeed(told.inputTokens)
          : Effect.map(countByProvider(prompt), ({ inputTokens }) => inputTokens)
      const output = Effect.map(
        counted(texts.length === 0 ? undefined : (by) => by.answer(model, texts), countTexts(texts)),
        ({ inputTokens }) => inputTokens
      )
      return Effect.map(Effect.all([input, output], { concurrency: 2 }), ([inputTokens, said]) => {
        const outputTokens = Math.max(said, told?.outputTokens ?? 0)
        const isTold = told !== null && told.inputTokens > 0 && told.outputTokens >= outputTokens
        if (isTold) return priced({ ...told, inputTokens, outputTokens })
        const reasoningTokens = Math.max(told?.reasoningTokens ?? 0, thoughtOf(content, outputTokens))
        return priced({ ...noUsage, ...told, inputTokens, outputTokens, reasoningTokens, isEstimated: true })
      })
    }
  }
}
