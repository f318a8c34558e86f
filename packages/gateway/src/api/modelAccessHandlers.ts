/** `/api/tenants/:id/models` and `…/provider-keys`. Who may do what is decided by the `ModelAccess` service. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { ModelAccess } from "@parley/domain/ModelAccess"
import { Effect } from "effect"
import { apiGroup } from "./apiGroup.ts"
import { orProblem } from "./renderProblem.ts"

export const layerModelAccessHandlers = apiGroup(ParleyApi, "modelAccess", (handlers) =>
  Effect.gen(function* () {
    const access = yield* ModelAccess
    return handlers.handleAll({
      allowedModels: ({ params }) => orProblem(access.allowedModels(params.id)),
      setAllowedModels: ({ params, payload }) => orProblem(access.setAllowedModels(params.id, payload)),
      providerKeys: ({ params }) => orProblem(access.providerKeys(params.id)),
      setProviderKey: ({ params, payload }) => orProblem(access.setProviderKey(params.id, params.provider, payload)),
      removeProviderKey: ({ params }) => orProblem(access.removeProviderKey(params.id, params.provider))
    })
  })
)
