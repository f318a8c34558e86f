/** Keys and sessions by their hash, whosever they are: the one question that is asked before the tenant is known. */
import { Effect, Option, Schema } from "effect"
import { Role, Scope } from "@parley/domain/Caller"
import type { Unavailable } from "@parley/domain/Errors"
import { ApiKeyId, PrincipalId, SessionId, TenantId } from "@parley/domain/Ids"
import { decodeRows } from "../storage/decodeRows.ts"
import type { SystemSql } from "../storage/SystemSql.ts"

/** What a request can come with. */
export type CredentialId = ApiKeyId | SessionId

export const FoundKey = Schema.Struct({
  keyId: Schema.Union([ApiKeyId, SessionId]),
  /** Of a session: the key it was had for. */
  viaKeyId: Schema.NullOr(ApiKeyId),
  tenantId: TenantId,
  principalId: PrincipalId,
  roles: Schema.Array(Role),
  scopes: Schema.Array(Scope),
  expiresAtMs: Schema.NullOr(Schema.Int),
  revokedAtMs: Schema.NullOr(Schema.Int),
  tenantStatus: Schema.Literals(["active", "suspended"])
})
export type FoundKey = typeof FoundKey.Type

const decode = decodeRows(FoundKey)

export const findKey = (systemSql: SystemSql["Service"], hash: string): Effect.Effect<Option.Option<FoundKey>, Unavailable> =>
  systemSql
    .read(
      (sql) => sql`
        select k.id as "keyId", null as "viaKeyId", k.tenant_id as "tenantId", k.principal_id as "principalId", k.roles, k.scopes,
          k.expires_at_ms::float8 as "expiresAtMs", k.revoked_at_ms::float8 as "revokedAtMs", t.status as "tenantStatus"
        from api_keys k join tenants t on t.id = k.tenant_id
        where k.hash = decode(${hash}, 'hex')
        union all
        select s.id, s.key_id, s.tenant_id, s.principal_id, s.roles, s.scopes,
          least(s.expires_at_ms, s.last_used_at_ms + s.idle_ms, k.expires_at_ms)::float8,
          coalesce(s.revoked_at_ms, k.revoked_at_ms)::float8, t.status
        from sessions s join tenants t on t.id = s.tenant_id
          left join api_keys k on k.tenant_id = s.tenant_id and k.id = s.key_id
        where s.hash = decode(${hash}, 'hex')`
    )
    .pipe(
      Effect.flatMap(decode),
      Effect.map(([key]) => Option.fromUndefinedOr(key))
    )

/** When each of these was last used, if later than is stored. */
export const markUsed = (
  systemSql: SystemSql["Service"],
  used: ReadonlyMap<CredentialId, number>
): Effect.Effect<void, Unavailable> =>
  used.size === 0
    ? Effect.void
    : Effect.asVoid(
        systemSql.write(
          (sql) => sql`
            with used as (
              select id, at_ms from json_to_recordset(${JSON.stringify([...used].map(([id, at_ms]) => ({ id, at_ms })))}::json)
                as u (id text, at_ms bigint)
            ), keys as (
              update api_keys k set last_used_at_ms = u.at_ms from used u
              where k.id = u.id and (k.last_used_at_ms is null or k.last_used_at_ms < u.at_ms)
            )
            update sessions s set last_used_at_ms = u.at_ms from used u
            where s.id = u.id and s.last_used_at_ms < u.at_ms`
        )
      )
