/** Suspends a tenant and lets it in again: for operators. Seen at once, by notice in the other processes. */
import { Context, Effect, Layer } from "effect"
import type { Tenant } from "@parley/domain/Administration"
import { NotFound } from "@parley/domain/Errors"
import type { Unavailable } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import { TenantSql } from "../storage/TenantSql.ts"
import { Tenants } from "../tenants/Tenants.ts"
import { VerifiedKeys } from "./VerifiedKeys.ts"

export class TenantStatus extends Context.Service<
  TenantStatus,
  {
    readonly set: (tenantId: TenantId, status: Tenant["status"]) => Effect.Effect<void, NotFound | Unavailable>
  }
>()("@parley/runtime/identity/TenantStatus") {
  static readonly layer: Layer.Layer<TenantStatus, never, TenantSql | Tenants | VerifiedKeys> = Layer.effect(
    TenantStatus,
    Effect.gen(function* () {
      const tenantSql = yield* TenantSql
      const tenants = yield* Tenants
      const verifiedKeys = yield* VerifiedKeys
      return TenantStatus.of({
        set: Effect.fn("TenantStatus.set")(function* (tenantId, status) {
          const rows = yield* tenantSql.write(
            tenantId,
            (sql) => sql`update tenants set status = ${status} where id = ${tenantId} returning 1 as changed`
          )
          if (rows.length === 0) return yield* new NotFound({ message: "no such tenant", resource: "tenant" })
          verifiedKeys.forgetTenant(tenantId)
          yield* tenants.invalidate(tenantId)
        })
      })
    })
  )
}
