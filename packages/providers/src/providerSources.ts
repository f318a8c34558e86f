/** Which providers are live, and where they are: settings into sources. */
import { Effect, Redacted } from "effect"
import { baseUrlOf as anthropicBaseUrlOf, anthropicWire } from "./anthropic/anthropicWire.ts"
import { claudeGoesOn } from "./anthropic/claudeModels.ts"
import { countWire } from "./anthropic/countWire.ts"
import { listModels as listAnthropicModels } from "./anthropic/listModels.ts"
import { vendorSource } from "./catalog/vendorSource.ts"
import type { ProviderSource } from "./circuit/ProviderCircuit.ts"
import { defaultWordDelayMs, makeDemoProvider } from "./demo/DemoProvider.ts"
import { baseUrlOf as llamaBaseUrlOf, llamaKindOf, llamaWire } from "./llama/llamaWire.ts"
import { makeEmbedder } from "./embeddings/makeEmbedder.ts"
import type { ModelSource } from "./ModelSource.ts"
import { listModels as listOpenaiModels, openaiKindOf } from "./openai/listModels.ts"
import { baseUrlOf as openaiBaseUrlOf, openaiWire } from "./openai/openaiWire.ts"
import type { ProviderLimits } from "./ProviderLimits.ts"
import type { ProvidersConfig } from "./ProvidersConfig.ts"
import { makeTokenCounter } from "./tokens/TokenCounter.ts"
import type { Target } from "./wire/Wire.ts"
import { makeWireProvider } from "./wire/wireProvider.ts"

/** The demo is a source only when no real provider is. */
export const sourcesOf = (config: ProvidersConfig, limits: ProviderLimits): ReadonlyArray<ModelSource> => {
  const sources: Array<ModelSource> = []
  if (config.openai !== undefined) {
    const target = { baseUrl: openaiBaseUrlOf(config.openai.baseUrl), apiKey: Redacted.value(config.openai.apiKey) }
    const models = listOpenaiModels("openai", target, limits, openaiKindOf)
    const embedder = makeEmbedder(openaiWire, target, limits)
    sources.push({ ...real("openai", target, makeWireProvider(openaiWire, target, limits, models)), embedder })
  }
  if (config.anthropic !== undefined) {
    const target = {
      baseUrl: anthropicBaseUrlOf(config.anthropic.baseUrl),
      apiKey: Redacted.value(config.anthropic.apiKey)
    }
    const models = listAnthropicModels("anthropic", target, limits)
    const counter = makeTokenCounter(countWire(anthropicWire, target), limits)
    sources.push({
      ...real("anthropic", target, makeWireProvider(anthropicWire, target, limits, models)),
      goesOn: claudeGoesOn,
      counter
    })
  }
  if (config.llama !== undefined) {
    const { apiKey, baseUrl } = config.llama
    const target = {
      baseUrl: llamaBaseUrlOf(baseUrl),
      ...(apiKey === undefined ? {} : { apiKey: Redacted.value(apiKey) })
    }
    const models = listOpenaiModels("llama", target, limits, llamaKindOf)
    const embedder = makeEmbedder(llamaWire, target, limits)
    sources.push({ ...real("llama", target, makeWireProvider(llamaWire, target, limits, models)), embedder })
  }
  for (const provider of config.configured ?? []) {
    const at = sources.findIndex((source) => source.id === provider.id)
    const source = vendorSource(provider, limits)
    if (at >= 0) sources[at] = source
    else sources.push(source)
  }
  for (const provider of config.extra ?? []) {
    sources.push({ id: provider.id, isDemo: provider.isDemo, make: Effect.succeed(provider) })
  }
  if (sources.some((source) => !source.isDemo)) return sources.filter((source) => !source.isDemo)
  const demo = makeDemoProvider(config.demo?.wordDelayMs ?? defaultWordDelayMs)
  return sources.length > 0 ? sources : [{ id: demo.id, isDemo: true, make: Effect.succeed(demo), goesOn: () => true }]
}

/** A wrong address is found at the start, not at the first call. */
const real = (id: string, target: Target, make: ProviderSource["make"]): ProviderSource => {
  if (!URL.canParse(target.baseUrl) || !/^https?:/.test(target.baseUrl)) {
    throw new Error(`The address of ${id} is not an http or https URL: ${target.baseUrl}`)
  }
  return { id, address: target.baseUrl, isDemo: false, make }
}
