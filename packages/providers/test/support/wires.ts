/** Each of the wires with the provider that speaks it, so that one claim can be made of all. */
import { Effect, Redacted } from "effect"
import type { Scope } from "effect"
import type { ProvidersConfig } from "../../src/ProvidersConfig.ts"
import { startAnthropicWire } from "../wire/anthropicWire.ts"
import { startLlamaWire } from "../wire/llamaWire.ts"
import { startOpenaiWire } from "../wire/openaiWire.ts"
import type { WireServer } from "../wire/WireServer.ts"

export interface WireUnderTest {
  readonly id: string
  readonly start: Effect.Effect<WireServer, never, Scope.Scope>
  readonly config: (baseUrl: string) => ProvidersConfig
}

const apiKey = Redacted.make("key-of-the-test")

export const wires: ReadonlyArray<WireUnderTest> = [
  { id: "openai", start: startOpenaiWire, config: (baseUrl) => ({ openai: { apiKey, baseUrl } }) },
  { id: "anthropic", start: startAnthropicWire, config: (baseUrl) => ({ anthropic: { apiKey, baseUrl } }) },
  { id: "llama", start: startLlamaWire, config: (baseUrl) => ({ llama: { baseUrl } }) }
]

/** An address at which nobody listens. */
export const deadAddress: Effect.Effect<string> = Effect.map(Effect.scoped(startOpenaiWire), (server) => server.baseUrl)
