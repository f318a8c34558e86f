/** The models of an OpenAI account, by the SDK: at this rate its cost does not matter. */
import type { Effect } from "effect"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import type { ProviderError } from "@parley/domain/ProviderError"
import { askSdk } from "../call/askSdk.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { Target } from "../wire/Wire.ts"
import { decodeError } from "./decodeError.ts"

/** More than any provider lists. */
const maxModels = 2_000

export const listModels = (
  provider: string,
  target: Target,
  limits: ProviderLimits,
  kindOf: (model: string) => ModelInfo["kind"]
): Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError> =>
  askSdk(provider, decodeError, async (signal) => {
    // Loaded when first asked for, so that a start does not wait for it.
    const { default: OpenAI } = await import("openai")
    const client = new OpenAI({
      apiKey: target.apiKey ?? "none",
      baseURL: target.baseUrl,
      defaultHeaders: target.headers ?? {},
      maxRetries: 0,
      timeout: limits.modelsTimeoutMs
    })
    const models: Array<ModelInfo> = []
    for await (const model of client.models.list({ signal })) {
      models.push({
        id: `${provider}/${model.id}`,
        provider,
        model: model.id,
        createdAtSeconds: Number.isSafeInteger(model.created) ? model.created : 0,
        kind: kindOf(model.id)
      })
      if (models.length === maxModels) break
    }
    return models
  })

/** By name, since the API does not say. */
export const openaiKindOf = (model: string): ModelInfo["kind"] => {
  if (/embedding/.test(model)) return "embedding"
  if (/audio|realtime|image|tts|transcribe|moderation|instruct|sora|whisper|dall-e/.test(model)) return "other"
  return /^(ft:)?(gpt-|o\d|chatgpt-)/.test(model) ? "chat" : "other"
}
