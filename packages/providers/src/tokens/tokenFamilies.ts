/**
 * How the text of a model becomes tokens. OpenAI publishes its encodings, and `gpt-tokenizer` counts them exactly. Nobody publishes
 * current tokenizers of Claude, Gemini, Grok or Mistral's hosted models, and those of the open models are tens of megabytes each: for them tokens are
 * estimated from the characters, scaled by a factor per family and then by what the provider itself counts (`ModelTokens.observe`).
 */
import { imageTokensOf } from "./imageTokens.ts"
import type { ImageTokens } from "./imageTokens.ts"

export type Encoding = "o200k_base" | "cl100k_base"

export interface TokenFamily {
  /** Absent: estimated. */
  readonly encoding?: Encoding
  /** Tokens of this family for one of `estimateTokens`, whose measure is o200k. */
  readonly scale: number
  /** What a message costs beside its text. */
  readonly messageTokens: number
  /** What every prompt ends with, to begin the answer. */
  readonly promptTokens: number
  readonly imageTokens: ImageTokens
}

type TextFamily = Omit<TokenFamily, "imageTokens">

const o200k: TextFamily = { encoding: "o200k_base", scale: 1, messageTokens: 4, promptTokens: 3 }
const cl100k: TextFamily = { encoding: "cl100k_base", scale: 1.1, messageTokens: 4, promptTokens: 3 }
const claude: TextFamily = { scale: 1.3, messageTokens: 4, promptTokens: 0 }
const some: TextFamily = { scale: 1.1, messageTokens: 4, promptTokens: 0 }

/** By the model's own name, wherever it runs: `openai.gpt-oss-120b-1:0` of Bedrock is a gpt-oss. */
const families: ReadonlyArray<readonly [pattern: RegExp, family: TextFamily]> = [
  [/gpt-oss|gpt-(4o|4\.[1-9]|[5-9])|chatgpt-|(^|[/.])o[1-9](-|$)/, o200k],
  [/gpt-(4|3\.5)|text-embedding-/, cl100k],
  [/claude/, claude]
]

export const tokenFamilyOf = (model: string): TokenFamily => ({
  ...(families.find(([pattern]) => pattern.test(model))?.[1] ?? some),
  imageTokens: imageTokensOf(model)
})
