/** What is known of models beside what their providers list: aliases, unlisted models, context windows and prices. */
import type { ModelInfo } from "@parley/domain/ModelProvider"
import { ownerOf } from "../modelNames.ts"
import type { ProvidersConfig } from "../ProvidersConfig.ts"
import type { ModelFacts } from "./ModelFacts.ts"
import { ownServerFacts, publishedFacts } from "./publishedModels.ts"
import { vendorOf } from "./vendors.ts"
import type { VendorKind } from "./vendors.ts"

export interface ModelNames {
  /** The name behind an alias; any other name itself. */
  readonly meant: (name: string) => string
  /** What the configuration says wins over what is published. */
  readonly facts: (provider: string, model: string) => ModelFacts
  /** As its provider lists it, with the window and the price that are known. */
  readonly described: (listed: ModelInfo) => ModelInfo
  /** The live providers' lists, with the models and aliases of the configuration that can be asked for. */
  readonly complete: (
    listed: ReadonlyArray<ModelInfo>,
    live: ReadonlyArray<string>,
    routes: ReadonlyMap<string, { readonly kind: ModelFacts["kind"] }>
  ) => ReadonlyArray<ModelInfo>
}

export const makeModelNames = (config: Pick<ProvidersConfig, "aliases" | "configured" | "models">): ModelNames => {
  const aliases = new Map(Object.entries(config.aliases ?? {}))
  const models = Object.entries(config.models ?? {})

  const served = new Map<string, { readonly kind: VendorKind; readonly baseUrl?: string }>([
    ["openai", { kind: "openai" }],
    ["anthropic", { kind: "anthropic" }],
    ...(config.configured ?? []).map((provider) => [provider.id, provider] as const)
  ])
  const declared = new Map(models)
  const facts = (provider: string, model: string): ModelFacts => {
    const by = served.get(provider)
    const known = by && {
      ...ownServerFacts(by.kind, by.baseUrl ?? vendorOf(by.kind).baseUrl ?? "", model),
      ...publishedFacts(by.kind, model)
    }
    return { ...known, ...declared.get(`${provider}/${model}`) }
  }

  const unlisted = (listed: ReadonlyArray<ModelInfo>, live: ReadonlyArray<string>): Array<ModelInfo> => {
    const known = new Set(listed.map(({ id }) => id))
    return models.flatMap(([name, { kind }]) => {
      const owner = known.has(name) ? undefined : ownerOf(name, live)
      if (owner === undefined) return []
      return [{ ...owner, id: name, createdAtSeconds: 0, kind: kind ?? "chat", ...told(facts(owner.provider, owner.model)) }]
    })
  }

  return {
    facts,
    described: (info) => ({ ...info, ...told(facts(info.provider, info.model)) }),
    meant: (name) => aliases.get(name) ?? name,
    complete: (listed, live, routes) => {
      if (aliases.size === 0 && models.length === 0 && routes.size === 0) return listed
      const all = [...listed, ...unlisted(listed, live)]
      const aliased = [...aliases].flatMap(([alias, name]): Array<ModelInfo> => {
        const route = routes.get(name)
        if (route !== undefined) return [routeInfo(alias, route)]
        const found = all.find(({ id, model }) => id === name || model === name)
        const owner = found ?? ownerOf(name, live)
        if (owner === undefined) return []
        return [
          {
            id: alias,
            provider: owner.provider,
            model: alias,
            createdAtSeconds: found?.createdAtSeconds ?? 0,
            kind: found?.kind ?? "chat",
            ...told(facts(owner.provider, owner.model))
          }
        ]
      })
      const known = new Set([...all, ...aliased].map(({ id }) => id))
      const routed = [...routes].filter(([name]) => !known.has(name)).map(([name, route]) => routeInfo(name, route))
      return [...all, ...aliased, ...routed].toSorted((a, b) => Number(a.kind !== "chat") - Number(b.kind !== "chat"))
    }
  }
}

/** What a list tells of it. */
const told = ({ contextTokens, kind, maxOutputTokens, price }: ModelFacts): ModelFacts => ({
  ...(kind === undefined ? {} : { kind }),
  ...(contextTokens === undefined ? {} : { contextTokens }),
  ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  ...(price === undefined ? {} : { price })
})

const routeInfo = (name: string, { kind = "chat" }: { readonly kind: ModelFacts["kind"] }): ModelInfo => ({
  id: name,
  provider: "route",
  model: name,
  createdAtSeconds: 0,
  kind
})
