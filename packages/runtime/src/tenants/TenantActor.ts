/** One tenant in this process: its policy, read when it starts and again from time to time. */
import { Cause, Context, Effect, Layer, Option } from "effect"
import { Forbidden } from "@parley/domain/Errors"
import type { Unavailable } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import { TenantPolicies } from "./TenantPolicies.ts"
import type { TenantPolicy } from "./TenantPolicies.ts"

/** A change of policy made by another process is seen within this time. */
const refreshMs = 30_000

export class TenantActor extends Context.Service<
  TenantActor,
  {
    /** The one in force; replaced as a whole. */
    readonly current: () => TenantPolicy
  }
>()("@parley/runtime/tenants/TenantActor") {
  /** `onDefect` is called at most once, by an actor that had started and whose refresh died; `onRefreshed` after each refresh that succeeded. */
  static readonly layer = (
    tenantId: TenantId,
    supervisor: {
      readonly onDefect: (tenantId: TenantId, cause: Cause.Cause<never>) => Effect.Effect<void>
      readonly onRefreshed: (tenantId: TenantId) => void
    }
  ): Layer.Layer<TenantActor, Forbidden | Unavailable, TenantPolicies> =>
    Layer.effect(
      TenantActor,
      Effect.gen(function* () {
        const policies = yield* TenantPolicies
        let policy = yield* Effect.flatMap(policies.load(tenantId), orForbidden)

        const refresh = policies.load(tenantId).pipe(
          Effect.flatMap(orForbidden),
          Effect.map((fresh) => {
            policy = fresh
            supervisor.onRefreshed(tenantId)
          }),
          // The last known policy stays in force while the database is away.
          Effect.catchTag("Unavailable", () => Effect.void),
          // A tenant that was removed has nothing more to ask for.
          Effect.catchTag("Forbidden", () =>
            Effect.sync(() => {
              policy = { ...policy, status: "suspended" }
            })
          )
        )
        yield* Effect.sleep(refreshMs).pipe(
          Effect.andThen(refresh),
          Effect.forever,
          Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.void : supervisor.onDefect(tenantId, cause))),
          Effect.forkScoped
        )
        return TenantActor.of({ current: () => policy })
      })
    )
}

const orForbidden = (policy: Option.Option<TenantPolicy>): Effect.Effect<TenantPolicy, Forbidden> =>
  Option.match(policy, {
    onNone: () => Effect.fail(new Forbidden({ message: "no such tenant" })),
    onSome: Effect.succeed
  })
