/** What a tenant is allowed, as stored. */
import { Context, Effect, Layer, Option, Schema } from "effect"
import type { Unavailable } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import { TenantSql } from "../storage/TenantSql.ts"

export const TenantPolicy = Schema.Struct({
  status: Schema.Literals(["active", "suspended"]),
  /** Live sockets in one process. */
  maxConnections: Schema.Int,
  /** Requests under way at once in one process. */
  maxConcurrentRequests: Schema.Int,
  /** Null: all. */
  allowedModels: Schema.NullOr(Schema.Array(Schema.String)),
  /** Keys of providers that the tenant brought. */
  providerKeys: Schema.Array(Schema.Struct({ provider: Schema.String, masterKeyId: Schema.String, sealed: Schema.String }))
})
export type TenantPolicy = typeof TenantPolicy.Type

export class TenantPolicies extends Context.Service<
  TenantPolicies,
  {
    /** None: there is no such tenant. */
    readonly load: (tenantId: TenantId) => Effect.Effect<Option.Option<TenantPolicy>, Unavailable>
  }
>()("@parley/runtime/tenants/TenantPolicies") {
  static readonly layer: Layer.Layer<TenantPolicies, never, TenantSql> = Layer.effect(
    TenantPolicies,
    Effect.map(TenantSql, (tenantSql) => {
      const decode = Schema.decodeUnknownEffect(Schema.Array(TenantPolicy))
      return TenantPolicies.of({
        load: Effect.fn("TenantPolicies.load")(function* (tenantId) {
          const rows = yield* tenantSql.read(
            tenantId,
            (sql) => sql`
              select status, max_connections as "maxConnections", max_concurrent_requests as "maxConcurrentRequests",
                allowed_models as "allowedModels",
                coalesce(
                  (select json_agg(json_build_object('provider', provider, 'masterKeyId', master_key_id, 'sealed', sealed))
                    from provider_keys),
                  '[]'
                ) as "providerKeys"
              from tenants`
          )
          const [policy] = yield* Effect.orDie(decode(rows))
          return Option.fromUndefinedOr(policy)
        })
      })
    })
  )
}
