/** The models and keys of tenants in memory, as far as a door can tell. */
import { ModelAccess, type AllowedModels, type ProviderKey } from "@parley/domain/ModelAccess"
import { NotFound } from "@parley/domain/Errors"
import { Effect, Layer } from "effect"

export const layerMemoryModelAccess = Layer.sync(ModelAccess, () => {
  let allowed: AllowedModels = { allowedModels: null }
  const keys = new Map<string, ProviderKey>()
  return {
    allowedModels: () => Effect.sync(() => allowed),
    setAllowedModels: (_id, next) => Effect.sync(() => (allowed = next)),
    providerKeys: () => Effect.sync(() => [...keys.values()]),
    setProviderKey: (_id, provider, { key }) =>
      Effect.sync(() => {
        const stored = { provider, hint: key.slice(-4), createdAtMs: 1, isReadable: true }
        keys.set(provider, stored)
        return stored
      }),
    removeProviderKey: (_id, provider) => {
      const found = keys.get(provider)
      keys.delete(provider)
      return found === undefined
        ? Effect.fail(new NotFound({ message: "No such key.", resource: "provider-key" }))
        : Effect.succeed(found)
    }
  }
})
