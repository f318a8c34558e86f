/** `/api/providers`. Who may see it is decided by the `ProviderStatuses` service. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { ProviderStatuses } from "@parley/domain/ProviderStatuses"
import { Effect } from "effect"
import { apiGroup } from "./apiGroup.ts"
import { orProblem } from "./renderProblem.ts"

export const layerProviderHandlers = apiGroup(ParleyApi, "providers", (handlers) =>
  Effect.map(ProviderStatuses, (statuses) => handlers.handleAll({ list: () => orProblem(statuses.all) }))
)
