/** Which providers there are to be. The programs read it from their settings. */
import type { Redacted } from "effect"
import type { ModelProvider } from "@parley/domain/ModelProvider"
import type { ProviderLimits } from "./ProviderLimits.ts"

export interface ProviderAccess {
  readonly apiKey: Redacted.Redacted
  readonly baseUrl?: string
}

export interface ProvidersConfig {
  readonly openai?: ProviderAccess
  readonly anthropic?: ProviderAccess
  /** Any server that speaks OpenAI's chat completions. */
  readonly llama?: { readonly baseUrl: string; readonly apiKey?: Redacted.Redacted }
  /** Providers that live in this process. */
  readonly extra?: ReadonlyArray<ModelProvider>
  /** 0: without a pause. */
  readonly demo?: { readonly wordDelayMs?: number }
  readonly limits?: Partial<ProviderLimits>
}
