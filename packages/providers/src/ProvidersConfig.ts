/** Which providers there are to be. The programs read it from their settings. */
import type { Redacted } from "effect"
import type { ModelProvider } from "@parley/domain/ModelProvider"
import type { ConfiguredProvider } from "./catalog/ConfiguredProvider.ts"
import type { ModelFacts } from "./catalog/ModelFacts.ts"
import type { ProviderLimits } from "./ProviderLimits.ts"
import type { RouteConfig } from "./routing/Route.ts"

export interface ProviderAccess {
  readonly apiKey: Redacted.Redacted
  readonly baseUrl?: string
}

/** Named by a configuration, but without a secret in the environment. */
export interface AsleepProvider {
  readonly id: string
  /** The variable that is missing. */
  readonly variable: string
}

export interface ProvidersConfig {
  readonly openai?: ProviderAccess
  readonly anthropic?: ProviderAccess
  /** Any server that speaks OpenAI's chat completions. */
  readonly llama?: { readonly baseUrl: string; readonly apiKey?: Redacted.Redacted }
  /** Named by a configuration. One with the id of a provider above stands instead of it. */
  readonly configured?: ReadonlyArray<ConfiguredProvider>
  /** Told, and not asked. */
  readonly asleep?: ReadonlyArray<AsleepProvider>
  /** Further names of models. */
  readonly aliases?: Readonly<Record<string, string>>
  /** By the name that is asked for: how several targets answer it. */
  readonly routes?: Readonly<Record<string, RouteConfig>>
  /** By `provider/model`; what is said here wins over what is known. */
  readonly models?: Readonly<Record<string, ModelFacts>>
  /** Providers that live in this process. */
  readonly extra?: ReadonlyArray<ModelProvider>
  /** 0: without a pause. */
  readonly demo?: { readonly wordDelayMs?: number }
  readonly limits?: Partial<ProviderLimits>
}
