/**
 * What a picture costs in the prompt of a model, by the rules that vendors publish, each with its source and the day for which it is known.
 * They are estimates: the bill of one picture may differ by a token, and a picture whose size is not known is taken for one of a thousand pixels square.
 */
import type { ImageSize } from "./imageSize.ts"

export type ImageDetail = "auto" | "low" | "high"
export type ImageTokens = (size: ImageSize | undefined, detail: ImageDetail) => number

interface ImageRule {
  /** Of the model's own name, wherever it runs; the first that fits is in force. */
  readonly models: RegExp
  readonly source: string
  /** Year and month, and the day where it is known. */
  readonly asOf: string
  readonly tokens: ImageTokens
}

const unknownSize: ImageSize = { widthPixels: 1_024, heightPixels: 1_024 }

/** Where a picture is covered by patches: it is made to fit both bounds first, and costs so many tokens for each patch. */
interface Sizing {
  readonly maxSidePixels: number
  readonly maxPatches?: number
}

const openaiPatchPixels = 32
/** A picture that would need more is refused by OpenAI. */
const mostPatches = 30_000

const patched =
  (tokensPerPatch: number, sizings: Readonly<Record<ImageDetail, Sizing>>): ImageTokens =>
  (size = unknownSize, detail) => {
    const { maxPatches, maxSidePixels } = sizings[detail]
    const within = fitted(size, maxSidePixels)
    const patches = patchesOf(within)
    const covered =
      maxPatches === undefined || patches <= maxPatches ? patches : Math.min(maxPatches, patchesOf(shrunk(within, maxPatches)))
    return Math.ceil(Math.min(covered, mostPatches) * tokensPerPatch)
  }

const fitted = ({ heightPixels, widthPixels }: ImageSize, maxSidePixels: number): ImageSize => {
  const down = Math.min(1, maxSidePixels / Math.max(widthPixels, heightPixels))
  return { widthPixels: Math.max(1, Math.round(widthPixels * down)), heightPixels: Math.max(1, Math.round(heightPixels * down)) }
}

const patchesOf = ({ heightPixels, widthPixels }: ImageSize): number =>
  Math.ceil(widthPixels / openaiPatchPixels) * Math.ceil(heightPixels / openaiPatchPixels)

/** So much smaller that whole patches cover it within their bound. */
const shrunk = ({ heightPixels, widthPixels }: ImageSize, maxPatches: number): ImageSize => {
  const shrink = Math.sqrt((openaiPatchPixels ** 2 * maxPatches) / (widthPixels * heightPixels))
  const whole = (pixels: number) => {
    const patches = (pixels * shrink) / openaiPatchPixels
    return Math.max(1, Math.floor(patches)) / patches
  }
  const down = shrink * Math.min(1, whole(widthPixels), whole(heightPixels))
  return { widthPixels: Math.max(1, Math.floor(widthPixels * down)), heightPixels: Math.max(1, Math.floor(heightPixels * down)) }
}

/** A base, and in high detail as much again for each square of 512 pixels, once it is scaled to a short side of 768. */
const tiled =
  (baseTokens: number, tileTokens: number): ImageTokens =>
  (size = unknownSize, detail) => {
    if (detail === "low") return baseTokens
    const { heightPixels, widthPixels } = size
    const into = Math.min(1, 2_048 / Math.max(widthPixels, heightPixels))
    const down = Math.min(1, 768 / (Math.min(widthPixels, heightPixels) * into))
    const tiles = (pixels: number) => Math.max(1, Math.ceil(Math.floor(pixels * into * down) / 512))
    return baseTokens + tileTokens * tiles(widthPixels) * tiles(heightPixels)
  }

const claudePatchPixels = 28

/** A token for each patch of the largest size of its proportions whose padded sides and whose patches are within the bounds. */
const claudePatches =
  (maxSidePixels: number, maxTokens: number): ImageTokens =>
  (size = unknownSize) => {
    const patches = (pixels: number) => Math.ceil(pixels / claudePatchPixels)
    const long = Math.max(size.widthPixels, size.heightPixels)
    const short = Math.min(size.widthPixels, size.heightPixels)
    const shortOf = (longPixels: number) => Math.max(1, Math.round((longPixels * short) / long))
    const fits = (longPixels: number) =>
      patches(longPixels) * claudePatchPixels <= maxSidePixels && patches(longPixels) * patches(shortOf(longPixels)) <= maxTokens
    if (fits(long)) return patches(long) * patches(short)
    // It fits no larger than the bound of its side, and always as one pixel.
    let [low, high] = [1, Math.min(long, maxSidePixels + 1)]
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if (fits(middle)) low = middle
      else high = middle
    }
    return patches(low) * patches(shortOf(low))
  }

/** 258 for a small picture, and for each tile of a larger one; the vendor calls its own rule for their number a rough one. */
const geminiTiles: ImageTokens = ({ heightPixels, widthPixels } = unknownSize) => {
  if (widthPixels <= 384 && heightPixels <= 384) return 258
  const unit = Math.max(minCropPixels, Math.floor(Math.min(widthPixels, heightPixels) / 1.5))
  return 258 * Math.min(mostTiles, Math.ceil(widthPixels / unit) * Math.ceil(heightPixels / unit))
}
/** The least that Gemini 1.5 is said to crop, where nothing is said of later ones: strips would be cut to crumbs. */
const minCropPixels = 256
/** Of a picture of no size that anybody has. */
const mostTiles = 1_000

/** The copy that was read bears no day: gpt-6-astra is the newest of its models. */
const openai = { source: "https://developers.openai.com/api/docs/guides/images-vision", asOf: "2026-09" }
const anthropic = { source: "https://platform.claude.com/docs/en/build-with-claude/vision", asOf: "2026-09-29" }

const side = (maxSidePixels: number, maxPatches?: number): Sizing =>
  maxPatches === undefined ? { maxSidePixels } : { maxSidePixels, maxPatches }
const always = (sizing: Sizing) => ({ low: sizing, high: sizing, auto: sizing })
const small = side(512)
const high = side(2_048, 2_500)
/** Of the models that are shown a picture as it is. */
const whole = side(65_535)

export const imageRules: ReadonlyArray<ImageRule> = [
  { ...openai, models: /gpt-6/, tokens: patched(1.2, { low: small, high: side(65_535, 2_500), auto: whole }) },
  { ...openai, models: /gpt-5\.[6-9]/, tokens: patched(1.2, { low: small, high, auto: whole }) },
  { ...openai, models: /gpt-5\.5/, tokens: patched(1.2, { low: small, high, auto: side(6_000, 10_000) }) },
  { ...openai, models: /gpt-5\.4/, tokens: patched(1.2, { low: side(2_048, 6_144), high, auto: high }) },
  { ...openai, models: /gpt-5\.[23]/, tokens: patched(1.2, always(side(2_048, 6_144))) },
  { ...openai, models: /gpt-4\.1-mini/, tokens: patched(1.62, always(side(2_048, 6_144))) },
  // The page no longer bounds these: the bound is the one that it gave for them before.
  { ...openai, models: /gpt-5-mini/, tokens: patched(1.2, always(side(65_535, 1_536))) },
  { ...openai, models: /gpt-5-nano/, tokens: patched(1.5, always(side(65_535, 1_536))) },
  { ...openai, models: /gpt-4\.1-nano/, tokens: patched(2.46, always(side(65_535, 1_536))) },
  { ...openai, models: /o4-mini/, tokens: patched(1.72, always(side(65_535, 1_536))) },
  { ...openai, models: /gpt-4o-mini/, tokens: tiled(2_833, 5_667) },
  { ...openai, models: /gpt-5/, tokens: tiled(70, 140) },
  { ...openai, models: /(^|[/.])o[13](-|$)/, tokens: tiled(75, 150) },
  { ...openai, models: /gpt-4|chatgpt-/, tokens: tiled(85, 170) },
  // "Claude 4.7 and later models" see more of it.
  { ...anthropic, models: /claude-[a-z]+-(4-[7-9]|[5-9])(?!\d)/, tokens: claudePatches(2_576, 4_784) },
  { ...anthropic, models: /claude/, tokens: claudePatches(1_568, 1_568) },
  {
    source: "https://ai.google.dev/gemini-api/docs/image-understanding",
    asOf: "2026-09-04",
    models: /gemini-[12]/,
    tokens: geminiTiles
  },
  // What one is given at most, where the request does not set its resolution, which OpenAI's language cannot.
  { source: "https://ai.google.dev/gemini-api/docs/media-resolution", asOf: "2026-07-16", models: /gemini-/, tokens: () => 1_120 }
]

/** Where the vendor does not say: about one of a thousand pixels square. */
const someImage: ImageTokens = (_size, detail) => (detail === "low" ? 256 : 1_024)

export const imageTokensOf = (model: string): ImageTokens =>
  imageRules.find(({ models }) => models.test(model))?.tokens ?? someImage
