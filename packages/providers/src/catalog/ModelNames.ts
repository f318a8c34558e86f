/** What a configuration says of models' names: aliases, and models that their providers do not list. */
import type { ModelInfo } from "@parley/domain/ModelProvider"
import { ownerOf } from "../modelNames.ts"
import type { ProvidersConfig } from "../ProvidersConfig.ts"

export interface ModelNames {
  /** The name behind an alias; any other name itself. */
  readonly meant: (name: string) => string
  /** The live providers' lists, with the models and aliases of the configuration that can be asked for. */
  readonly complete: (listed: ReadonlyArray<ModelInfo>, live: ReadonlyArray<string>) => ReadonlyArray<ModelInfo>
}

export const makeModelNames = (config: Pick<ProvidersConfig, "aliases" | "models">): ModelNames => {
  const aliases = new Map(Object.entries(config.aliases ?? {}))
  const models = Object.entries(config.models ?? {})

  const unlisted = (listed: ReadonlyArray<ModelInfo>, live: ReadonlyArray<string>): Array<ModelInfo> => {
    const known = new Set(listed.map(({ id }) => id))
    return models.flatMap(([name, { kind }]) => {
      const owner = known.has(name) ? undefined : ownerOf(name, live)
      return owner === undefined ? [] : [{ ...owner, id: name, createdAtSeconds: 0, kind: kind ?? "chat" }]
    })
  }

  return {
    meant: (name) => aliases.get(name) ?? name,
    complete: (listed, live) => {
      if (aliases.size === 0 && models.length === 0) return listed
      const all = [...listed, ...unlisted(listed, live)]
      const aliased = [...aliases].flatMap(([alias, name]): Array<ModelInfo> => {
        const found = all.find(({ id, model }) => id === name || model === name)
        const owner = found ?? ownerOf(name, live)
        if (owner === undefined) return []
        return [
          {
            id: alias,
            provider: owner.provider,
            model: alias,
            createdAtSeconds: found?.createdAtSeconds ?? 0,
            kind: found?.kind ?? "chat"
          }
        ]
      })
      return [...all, ...aliased].toSorted((a, b) => Number(a.kind !== "chat") - Number(b.kind !== "chat"))
    }
  }
}
