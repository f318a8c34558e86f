/** The models of an account, by its vendor's SDK: at this rate its cost does not matter. */
import type { Effect } from "effect"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { Target } from "../wire/Wire.ts"
import { askSdk } from "./askSdk.ts"
import type { ForeignObject } from "./foreign.ts"
import type { WireError } from "./providerErrors.ts"

/** More than any provider lists. */
const maxModels = 2_000

/** What the clients of both SDKs are made with. */
export interface SdkSettings {
  readonly apiKey: string
  readonly baseURL: string
  readonly defaultHeaders: Record<string, string>
  readonly maxRetries: number
  /** Milliseconds. */
  readonly timeout: number
}

export interface ListedBy<Model> {
  readonly decodeError: (body: ForeignObject) => WireError | undefined
  /** Loads the SDK when it is first asked for, so that a start does not wait for it. */
  readonly list: (settings: SdkSettings, signal: AbortSignal) => Promise<AsyncIterable<Model>>
  readonly describe: (model: Model) => Pick<ModelInfo, "createdAtSeconds" | "kind">
}

export const listModels = <Model extends { readonly id: string }>(
  provider: string,
  target: Target,
  limits: ProviderLimits,
  { decodeError, describe, list }: ListedBy<Model>
): Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError> =>
  askSdk(provider, decodeError, async (signal) => {
    const settings = {
      apiKey: target.apiKey ?? "none",
      baseURL: target.baseUrl,
      defaultHeaders: { ...target.headers },
      maxRetries: 0,
      timeout: limits.modelsTimeoutMs
    }
    const models: Array<ModelInfo> = []
    for await (const model of await list(settings, signal)) {
      models.push({ id: `${provider}/${model.id}`, provider, model: model.id, ...describe(model) })
      if (models.length === maxModels) break
    }
    return models
  })
