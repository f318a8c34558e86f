/**
 * How the text of a model becomes tokens. OpenAI publishes its encodings, and `gpt-tokenizer` counts them exactly. Nobody publishes
 * current tokenizers of Claude, Gemini, Grok or Mistral's hosted models, and those of the open models are tens of megabytes each: for them tokens are
 * estimated from the characters, scaled by a factor per family and then by what the provider itself counts (`ModelTokens.observe`).
 */
import type { ImageSize } from "./imageSize.ts"

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
  readonly imageTokens: (size: ImageSize | undefined, detail: "auto" | "low" | "high") => number
}

/** 85 for the whole picture, and in high detail 170 for each square of 512 pixels once it is scaled to a short side of 768. */
const openaiImage: TokenFamily["imageTokens"] = (size, detail) => {
  if (detail === "low") return 85
  const { heightPixels, widthPixels } = size ?? { widthPixels: 1_024, heightPixels: 1_024 }
  const into = Math.min(1, 2_048 / Math.max(widthPixels, heightPixels))
  const down = Math.min(1, 768 / (Math.min(widthPixels, heightPixels) * into))
  const tiles = (pixels: number) => Math.max(1, Math.ceil((pixels * into * down) / 512))
  return 85 + 170 * tiles(widthPixels) * tiles(heightPixels)
}

/** A token for 750 pixels, of a picture that is scaled to a long side of 1,568. */
const claudeImage: TokenFamily["imageTokens"] = (size) => {
  const { heightPixels, widthPixels } = size ?? { widthPixels: 1_092, heightPixels: 1_092 }
  const down = Math.min(1, 1_568 / Math.max(widthPixels, heightPixels))
  return Math.min(1_600, Math.ceil((widthPixels * down * heightPixels * down) / 750))
}

/** What a picture costs where the vendor does not say: about one of a thousand pixels square. */
const someImage: TokenFamily["imageTokens"] = (_size, detail) => (detail === "low" ? 256 : 1_024)

const o200k: TokenFamily = { encoding: "o200k_base", scale: 1, messageTokens: 4, promptTokens: 3, imageTokens: openaiImage }
const cl100k: TokenFamily = { encoding: "cl100k_base", scale: 1.1, messageTokens: 4, promptTokens: 3, imageTokens: openaiImage }
const claude: TokenFamily = { scale: 1.3, messageTokens: 4, promptTokens: 0, imageTokens: claudeImage }
const some: TokenFamily = { scale: 1.1, messageTokens: 4, promptTokens: 0, imageTokens: someImage }

/** By the model's own name, wherever it runs: `openai.gpt-oss-120b-1:0` of Bedrock is a gpt-oss. */
const families: ReadonlyArray<readonly [pattern: RegExp, family: TokenFamily]> = [
  [/gpt-oss|gpt-(4o|4\.[1-9]|[5-9])|chatgpt-|(^|[/.])o[1-9](-|$)/, o200k],
  [/gpt-(4|3\.5)|text-embedding-/, cl100k],
  [/claude/, claude]
]

export const tokenFamilyOf = (model: string): TokenFamily => families.find(([pattern]) => pattern.test(model))?.[1] ?? some
