/** Who gives commands at the machine itself: whoever can read the database's password may do all of it. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import { makePrincipalId, makeRequestId, type TenantId } from "@parley/domain/Ids"
import { Clock, Effect } from "effect"

/** The operator as a caller of one tenant. It is nobody's principal, so that no stored thing can be its own. */
export const asOperatorOf =
  (tenantId: TenantId) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Caller>> =>
    Effect.gen(function* () {
      const caller: CallerInfo = {
        tenantId,
        principalId: yield* makePrincipalId,
        roles: ["admin", "owner", "member"],
        scopes: ["chat", "completions", "keys", "tenants", "metrics"],
        requestId: makeRequestId(yield* Clock.currentTimeMillis)
      }
      return yield* Effect.provideService(effect, Caller, caller)
    })
