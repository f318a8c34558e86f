/** The models of an OpenAI account. */
import type { Effect } from "effect"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import type { ProviderError } from "@parley/domain/ProviderError"
import { listModels as listBySdk } from "../call/listModels.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { Target } from "../wire/Wire.ts"
import { decodeError } from "./decodeError.ts"

export const listModels = (
  provider: string,
  target: Target,
  limits: ProviderLimits,
  kindOf: (model: string) => ModelInfo["kind"]
): Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError> =>
  listBySdk(provider, target, limits, {
    decodeError,
    list: async (settings, signal) => {
      const { default: OpenAI } = await import("openai")
      return new OpenAI(settings).models.list({ signal })
    },
    describe: ({ created, id }) => ({ createdAtSeconds: Number.isSafeInteger(created) ? created : 0, kind: kindOf(id) })
  })

/** By name, since the API does not say. */
export const openaiKindOf = (model: string): ModelInfo["kind"] => {
  if (/embedding/.test(model)) return "embedding"
  if (/audio|realtime|image|tts|transcribe|moderation|instruct|sora|whisper|dall-e/.test(model)) return "other"
  return /^(ft:)?(gpt-|o\d|chatgpt-)/.test(model) ? "chat" : "other"
}
