/** One-time links that open the app signed in: made by whoever runs Parley, used up by the first who opens one. */
import { Clock, Effect, Option, Redacted, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { Role, Scope } from "@parley/domain/Caller"
import type { Unavailable } from "@parley/domain/Errors"
import { ApiKeyId, PrincipalId } from "@parley/domain/Ids"
import type { TenantId } from "@parley/domain/Ids"
import { decodeRows } from "../storage/decodeRows.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import { hashSecret, makeSecretOf } from "./apiKeySecret.ts"
import { SignInLimits } from "./SignInLimits.ts"

/** Of a key, as far as a session is made of it. */
const KeyRow = Schema.Struct({
  keyId: ApiKeyId,
  principalId: PrincipalId,
  roles: Schema.Array(Role),
  scopes: Schema.Array(Scope),
  expiresAtMs: Schema.NullOr(Schema.Int),
  tenantStatus: Schema.Literals(["active", "suspended"])
})
const decodeKeys = decodeRows(KeyRow)
const decodeLinks = decodeRows(Schema.Struct({ keyId: ApiKeyId }))

/** For the tenant's oldest administrator's key that may chat; none when there is no such key. The token is told here and never again. */
export const makeSignInLink = Effect.fn("makeSignInLink")(function* (
  tenantId: TenantId
): Effect.fn.Return<Option.Option<Redacted.Redacted<string>>, Unavailable, TenantSql> {
  const tenantSql = yield* TenantSql
  const limits = yield* SignInLimits
  const nowMs = yield* Clock.currentTimeMillis
  const token = makeSecretOf("pl_")
  const made = yield* tenantSql.write(
    tenantId,
    (sql) => sql`
      insert into sign_in_links (hash, key_id, created_at_ms, expires_at_ms)
      select decode(${hashSecret(token)}, 'hex'), k.id, ${nowMs}::bigint, ${nowMs + limits.linkMs}::bigint from api_keys k
      where 'admin' = any (k.roles) and 'chat' = any (k.scopes) and k.revoked_at_ms is null
        and (k.expires_at_ms is null or k.expires_at_ms > ${nowMs}::bigint)
      order by k.id limit 1 returning 1 as made`
  )
  return made.length === 0 ? Option.none() : Option.some(Redacted.make(token))
})

/** Uses a link up; the key that it stands for. */
export const takeSignInLink = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, hash: string) {
  const nowMs = yield* Clock.currentTimeMillis
  const [link] = yield* Effect.flatMap(
    sql`
      update sign_in_links set used_at_ms = ${nowMs}
      where hash = decode(${hash}, 'hex') and used_at_ms is null and expires_at_ms > ${nowMs}::bigint
      returning key_id as "keyId"`,
    decodeLinks
  )
  return link?.keyId
})

/** A key that is still good, by its id or its hash. */
export const selectGoodKey = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  by: { readonly id: ApiKeyId } | { readonly hash: string }
) {
  const nowMs = yield* Clock.currentTimeMillis
  const rows = yield* sql`
    select k.id as "keyId", k.principal_id as "principalId", k.roles, k.scopes, k.expires_at_ms::float8 as "expiresAtMs",
      t.status as "tenantStatus"
    from api_keys k join tenants t on t.id = k.tenant_id
    where ${"id" in by ? sql`k.id = ${by.id}` : sql`k.hash = decode(${by.hash}, 'hex')`} and k.revoked_at_ms is null
      and (k.expires_at_ms is null or k.expires_at_ms > ${nowMs}::bigint)`
  const [key] = yield* decodeKeys(rows)
  return key
})
