/** The models of an Anthropic account, by the SDK: at this rate its cost does not matter. */
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
  limits: ProviderLimits
): Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError> =>
  askSdk(provider, decodeError, async (signal) => {
    // Loaded when first asked for, so that a start does not wait for it.
    const { default: Anthropic } = await import("@anthropic-ai/sdk")
    const client = new Anthropic({
      apiKey: target.apiKey ?? "none",
      baseURL: target.baseUrl,
      defaultHeaders: target.headers ?? {},
      maxRetries: 0,
      timeout: limits.modelsTimeoutMs
    })
    const models: Array<ModelInfo> = []
    for await (const model of client.models.list({ limit: 1_000 }, { signal })) {
      const createdAtMs = Date.parse(model.created_at)
      models.push({
        id: `${provider}/${model.id}`,
        provider,
        model: model.id,
        createdAtSeconds: Number.isNaN(createdAtMs) ? 0 : Math.floor(createdAtMs / 1_000),
        kind: "chat"
      })
      if (models.length === maxModels) break
    }
    return models
  })
