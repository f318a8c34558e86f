/** Stateless completions: the tenant's admission, the provider, and nothing between them; interruption goes right through. */
import { Context, Effect, Layer } from "effect"
import { Caller } from "@parley/domain/Caller"
import { Completions } from "@parley/domain/Completions"
import type { CompletionError, CompletionRequest } from "@parley/domain/Completions"
import type { ContextTooLong } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ResolvedModel } from "@parley/providers/Providers"
import { TenantModels } from "../tenants/TenantModels.ts"
import { Tenants } from "../tenants/Tenants.ts"
import { notAdmitted } from "./notAdmitted.ts"
import { requireFits } from "./requireFits.ts"

export const layer = Layer.effect(
  Completions,
  Effect.gen(function* () {
    const models = yield* TenantModels
    const tenants = yield* Tenants

    /** Found at once, nearly always: then there is nothing to recover from. */
    const resolved = (tenantId: TenantId, name: string): Effect.Effect<ResolvedModel, CompletionError> =>
      Effect.catchEager(models.resolve(tenantId, name), (error) =>
        error._tag === "Unavailable" || error._tag === "InternalError" ? notAdmitted(error) : Effect.fail(error)
      )

    const admit = (
      request: CompletionRequest,
      call: (model: ResolvedModel) => Effect.Effect<ModelAnswer, ProviderError>
    ): Effect.Effect<ModelAnswer, CompletionError, Caller> =>
      Effect.withFiber<ModelAnswer, CompletionError, Caller>((fiber) => {
        const { tenantId } = Context.getUnsafe(fiber.context, Caller)
        return Effect.flatMapEager(resolved(tenantId, request.model), (model) =>
          admitted(
            tenantId,
            model.tokens.surelyFits(request) ? call(model) : Effect.andThen(requireFits(model, request), call(model))
          )
        )
      })

    /** Where the tenant's actor is there already, which is nearly always, its count costs no more than a number. */
    const admitted = (
      tenantId: TenantId,
      call: Effect.Effect<ModelAnswer, ProviderError | ContextTooLong>
    ): Effect.Effect<ModelAnswer, CompletionError> =>
      Effect.suspend(() => {
        // Counted inside the finalizer's reach, so that no interruption comes in between.
        let isCounted = false
        return Effect.onExitPrimitive(
          Effect.suspend((): Effect.Effect<ModelAnswer, CompletionError> => {
            const entered = tenants.tryEnter(tenantId)
            if (entered === undefined) {
              return tenants
                .withRequest(tenantId)(call)
                .pipe(Effect.catchTags({ Unavailable: notAdmitted, InternalError: notAdmitted }))
            }
            if (entered !== "entered") return Effect.fail(entered)
            isCounted = true
            return call
          }),
          () => {
            if (isCounted) tenants.leave(tenantId)
            return undefined
          }
        )
      })

    return Completions.of({
      complete: (request) => admit(request, (model) => Effect.map(model.complete(request), (answer) => attempted(model, answer))),
      stream: (request, sink) => admit(request, (model) => model.stream(request, sink)),
      countTokens: (request) =>
        Effect.flatMap(Caller, ({ tenantId }) =>
          Effect.flatMap(resolved(tenantId, request.model), (model) => model.tokens.countByProvider(request))
        ),
      estimateTokens: (request) =>
        Effect.flatMap(Caller, ({ tenantId }) =>
          Effect.map(resolved(tenantId, request.model), (model) => () => model.tokens.estimate(request))
        ),
      models: Effect.flatMap(Caller, ({ tenantId }) =>
        models.models(tenantId).pipe(Effect.catchTags({ Unavailable: notAdmitted, InternalError: notAdmitted }))
      )
    })
  })
)

/** One model that was asked directly was one attempt. */
const attempted = ({ name }: ResolvedModel, answer: ModelAnswer): ModelAnswer =>
  answer.attempts === undefined ? { ...answer, attempts: [{ target: name, usage: answer.usage }] } : answer
