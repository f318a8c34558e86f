/** Tenants and keys in memory, as far as a door can tell. */
import { Administration, type ApiKey, type Tenant } from "@parley/domain/Administration"
import { Caller } from "@parley/domain/Caller"
import { Forbidden, NotFound } from "@parley/domain/Errors"
import { makeApiKeyId, makeTenantId } from "@parley/domain/Ids"
import { Effect, Layer } from "effect"
import { doorPrincipal } from "./doorKeys.ts"

const requireAdmin = Effect.flatMap(Caller, (caller) =>
  caller.roles.includes("admin") ? Effect.void : Effect.fail(new Forbidden({ message: "Only an administrator may do this." }))
)

export const layerMemoryAdministration = Layer.sync(Administration, () => {
  const tenants: Array<Tenant> = []
  const keys: Array<ApiKey> = []
  const issue = (displayName: string) =>
    Effect.map(makeApiKeyId, (id) => {
      const apiKey: ApiKey = {
        id,
        principalId: doorPrincipal,
        displayName,
        prefix: "pk_00000",
        roles: ["member"],
        scopes: ["chat"],
        createdAtMs: 1,
        expiresAtMs: null,
        revokedAtMs: null,
        lastUsedAtMs: null
      }
      keys.push(apiKey)
      return { apiKey, secret: `pk_${id}` }
    })
  return {
    createTenant: ({ name }) =>
      Effect.andThen(
        requireAdmin,
        Effect.gen(function* () {
          const tenant: Tenant = { id: yield* makeTenantId, name, status: "active", createdAtMs: 1 }
          tenants.push(tenant)
          return { tenant, ownerKey: yield* issue("owner") }
        })
      ),
    listTenants: Effect.as(requireAdmin, tenants),
    getTenant: (id) => {
      const found = tenants.find((tenant) => tenant.id === id)
      return found === undefined
        ? Effect.fail(new NotFound({ message: "No such tenant.", resource: "tenant" }))
        : Effect.succeed(found)
    },
    createApiKey: ({ displayName }) => Effect.andThen(requireAdmin, issue(displayName)),
    listApiKeys: Effect.sync(() => keys),
    revokeApiKey: (id) => {
      const found = keys.find((key) => key.id === id)
      return found === undefined
        ? Effect.fail(new NotFound({ message: "No such key.", resource: "api-key" }))
        : Effect.succeed({ ...found, revokedAtMs: 2 })
    }
  }
})
