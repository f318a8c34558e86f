/** `/api/tenants`, `/api/keys`, `/api/me`. Who may do what is decided by the `Administration` service. */
import { Administration } from "@parley/domain/Administration"
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { Caller } from "@parley/domain/Caller"
import { Effect } from "effect"
import { apiGroup } from "./apiGroup.ts"
import { orProblem } from "./renderProblem.ts"

export const layerTenantHandlers = apiGroup(ParleyApi, "tenants", (handlers) =>
  Effect.gen(function* () {
    const administration = yield* Administration
    return handlers.handleAll({
      me: () => Effect.map(Caller, ({ principalId, roles, scopes, tenantId }) => ({ tenantId, principalId, roles, scopes })),
      listTenants: () => orProblem(administration.listTenants),
      createTenant: ({ payload }) => orProblem(administration.createTenant(payload)),
      getTenant: ({ params }) => orProblem(administration.getTenant(params.id)),
      listKeys: () => orProblem(administration.listApiKeys),
      createKey: ({ payload }) => orProblem(administration.createApiKey(payload)),
      revokeKey: ({ params }) => orProblem(administration.revokeApiKey(params.id))
    })
  })
)
