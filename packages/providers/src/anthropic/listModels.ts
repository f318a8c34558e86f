/** The models of an Anthropic account. */
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
  limits: ProviderLimits
): Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError> =>
  listBySdk(provider, target, limits, {
    decodeError,
    list: async (settings, signal) => {
      const { default: Anthropic } = await import("@anthropic-ai/sdk")
      return new Anthropic(settings).models.list({ limit: 1_000 }, { signal })
    },
    describe: (model) => {
      const createdAtMs = Date.parse(model.created_at)
      return { createdAtSeconds: Number.isNaN(createdAtMs) ? 0 : Math.floor(createdAtMs / 1_000), kind: "chat" }
    }
  })
