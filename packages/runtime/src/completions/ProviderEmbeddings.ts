/** Embeddings: the tenant's admission, the model or its route, and nothing between them. */
import { Effect, Layer } from "effect"
import { Caller } from "@parley/domain/Caller"
import { Embeddings } from "@parley/domain/Embeddings"
import { TenantModels } from "../tenants/TenantModels.ts"
import { Tenants } from "../tenants/Tenants.ts"
import { notAdmitted } from "./notAdmitted.ts"

export const layer = Layer.effect(
  Embeddings,
  Effect.gen(function* () {
    const models = yield* TenantModels
    const tenants = yield* Tenants
    return Embeddings.of({
      embed: Effect.fn("Embeddings.embed")(function* (request) {
        const { tenantId } = yield* Caller
        const model = yield* models
          .resolve(tenantId, request.model, "embedding")
          .pipe(Effect.catchTags({ Unavailable: notAdmitted, InternalError: notAdmitted }))
        const answer = yield* tenants
          .withRequest(tenantId)(model.embed(request))
          .pipe(Effect.catchTags({ Unavailable: notAdmitted, InternalError: notAdmitted }))
        return { ...answer, attempts: answer.attempts ?? [{ target: model.name, usage: answer.usage }] }
      })
    })
  })
)
