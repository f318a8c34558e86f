/** A source of models out of a configured provider. */
import { Redacted } from "effect"
import { baseUrlOf as anthropicBaseUrlOf } from "../anthropic/anthropicWire.ts"
import { claudeGoesOn } from "../anthropic/claudeModels.ts"
import { countWire as anthropicCountWire } from "../anthropic/countWire.ts"
import { listModels as listAnthropicModels } from "../anthropic/listModels.ts"
import { makeBedrockProvider, regionOf } from "../bedrock/bedrockProvider.ts"
import type { BedrockTarget } from "../bedrock/bedrockProvider.ts"
import { claudeOf } from "../bedrock/claudeOf.ts"
import { countWire as bedrockCountWire } from "../bedrock/countWire.ts"
import { makeEmbedder } from "../embeddings/makeEmbedder.ts"
import { countWire as geminiCountWire } from "../gemini/countWire.ts"
import type { ModelSource } from "../ModelSource.ts"
import { baseUrlOf as compatibleBaseUrlOf, llamaKindOf } from "../llama/llamaWire.ts"
import { listModels as listOpenaiModels, openaiKindOf } from "../openai/listModels.ts"
import type { ProviderLimits } from "../ProviderLimits.ts"
import { makeTokenCounter } from "../tokens/TokenCounter.ts"
import type { Target } from "../wire/Wire.ts"
import { makeWireProvider } from "../wire/wireProvider.ts"
import type { ConfiguredProvider } from "./ConfiguredProvider.ts"
import { vendorOf } from "./vendors.ts"
import { anthropicVendorWire, openaiVendorWire } from "./vendorWire.ts"

export interface VendorSource extends ModelSource {
  readonly target: Target
}

export const vendorSource = (given: ConfiguredProvider, shared: ProviderLimits): VendorSource => {
  const vendor = vendorOf(given.kind)
  const limits = { ...shared, ...given.limits }
  const { apiKey, headers, target } = vendorTarget(given)
  const goesOn = vendor.goesOn === undefined ? {} : { goesOn: () => true, echoes: vendor.goesOn.echoes ?? false }
  const { genAiName = given.id } = vendor
  const base = { id: given.id, address: target.baseUrl, isDemo: false, genAiName, limits, target, ...goesOn }
  if (vendor.wire === "bedrock") {
    const bedrock = bedrockTarget(given, target)
    const counter = makeTokenCounter(bedrockCountWire(bedrock), limits)
    const goesOn = (model: string) => claudeGoesOn(claudeOf(model) ?? "")
    return { ...base, goesOn, listsNothing: true, counter, make: makeBedrockProvider(bedrock, limits) }
  }
  if (vendor.wire === "anthropic") {
    const wire = anthropicVendorWire(given.id, vendor, headers)
    return {
      ...base,
      goesOn: claudeGoesOn,
      counter: makeTokenCounter(anthropicCountWire(wire, target), limits),
      make: makeWireProvider(wire, target, limits, listAnthropicModels(given.id, target, limits))
    }
  }
  const dialect = { ...vendor.dialect, ...given.dialect }
  const wire = openaiVendorWire(given.id, vendor, dialect, headers)
  const keyHeader = vendor.keyHeader === undefined || apiKey === undefined ? {} : { [vendor.keyHeader]: apiKey }
  const listed = { ...target, headers: { ...keyHeader, ...headers } }
  const counted = vendor.counts === "gemini" ? geminiCountWire(target) : undefined
  const kindOf = given.kind === "openai" ? openaiKindOf : llamaKindOf
  return {
    ...base,
    target: listed,
    embedder: makeEmbedder(wire, target, limits),
    ...(counted === undefined ? {} : { counter: makeTokenCounter(counted, limits) }),
    make: makeWireProvider(wire, target, limits, listOpenaiModels(given.id, listed, limits, kindOf))
  }
}

const vendorTarget = (given: ConfiguredProvider) => {
  const address = given.baseUrl ?? vendorOf(given.kind).baseUrl ?? ""
  const apiKey = given.apiKey === undefined ? undefined : Redacted.value(given.apiKey)
  const headers = Object.fromEntries(
    Object.entries(given.headers ?? {}).map(([name, value]) => [name.toLowerCase(), Redacted.value(value)])
  )
  if (!URL.canParse(address) || !/^https?:/.test(address)) {
    throw new Error(`The address of ${given.id} is not an http or https URL: ${address}`)
  }
  const baseUrl = vendorOf(given.kind).wire === "openai" ? compatibleBaseUrlOf(address) : anthropicBaseUrlOf(address)
  const target: Target = { baseUrl, ...(apiKey === undefined ? {} : { apiKey }), headers }
  return { target, apiKey, headers }
}

const bedrockTarget = ({ aws, id, region }: ConfiguredProvider, { apiKey, baseUrl }: Target): BedrockTarget => {
  const at = region ?? regionOf(baseUrl)
  const access = apiKey === undefined ? aws && Redacted.value(aws) : { apiKey }
  if (access === undefined) throw new Error(`${id} has neither a Bedrock API key nor AWS credentials`)
  if (at === undefined) throw new Error(`The address of ${id} does not tell its region; name it as region`)
  return { id, baseUrl, region: at, access }
}
