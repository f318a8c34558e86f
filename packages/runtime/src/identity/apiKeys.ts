/** The rows of one tenant's people and keys. Every function runs inside the tenant's transaction. */
import { Clock, Effect, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import { ApiKey } from "@parley/domain/Administration"
import type { IssuedApiKey } from "@parley/domain/Administration"
import type { Role, Scope } from "@parley/domain/Caller"
import { makeApiKeyId, makePrincipalId } from "@parley/domain/Ids"
import type { ApiKeyId, PrincipalId, TenantId } from "@parley/domain/Ids"
import { decodeRows } from "../storage/decodeRows.ts"
import { hashSecret, prefixOf } from "./apiKeySecret.ts"

const decodeKeys = decodeRows(ApiKey)
const decodeCount = decodeRows(Schema.Struct({ keys: Schema.Int }))

const keyColumns = (sql: SqlClient.SqlClient): Statement.Fragment => sql`
  k.id, k.principal_id as "principalId", k.display_name as "displayName", k.prefix, k.roles, k.scopes,
  k.created_at_ms::float8 as "createdAtMs", k.expires_at_ms::float8 as "expiresAtMs",
  k.revoked_at_ms::float8 as "revokedAtMs", k.last_used_at_ms::float8 as "lastUsedAtMs"`

export const insertTenant = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: TenantId, name: string) {
  const createdAtMs = yield* Clock.currentTimeMillis
  yield* sql`insert into tenants (id, name, created_at_ms) values (${id}, ${name}, ${createdAtMs})`
  return { id, name, status: "active" as const, createdAtMs }
})

export const insertPrincipal = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, displayName: string) {
  const nowMs = yield* Clock.currentTimeMillis
  const id = yield* makePrincipalId
  yield* sql`insert into principals (id, display_name, created_at_ms) values (${id}, ${displayName}, ${nowMs})`
  return id
})

export const hasPrincipal = (sql: SqlClient.SqlClient, id: PrincipalId) =>
  Effect.map(sql`select 1 from principals where id = ${id}`, (rows) => rows.length > 0)

export const insertKey = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  key: {
    readonly secret: string
    readonly principalId: PrincipalId
    readonly displayName: string
    readonly roles: ReadonlyArray<Role>
    readonly scopes: ReadonlyArray<Scope>
    readonly expiresAtMs: number | null
  }
) {
  const createdAtMs = yield* Clock.currentTimeMillis
  const id = yield* makeApiKeyId
  const prefix = prefixOf(key.secret)
  yield* sql`
    insert into api_keys
      (id, principal_id, display_name, prefix, hash, roles, scopes, created_at_ms, expires_at_ms)
    values (
      ${id}, ${key.principalId}, ${key.displayName}, ${prefix}, decode(${hashSecret(key.secret)}, 'hex'),
      ${key.roles}, ${key.scopes}, ${createdAtMs}, ${key.expiresAtMs}
    )`
  const { secret, ...shown } = key
  const issued: IssuedApiKey = {
    apiKey: { ...shown, id, prefix, createdAtMs, revokedAtMs: null, lastUsedAtMs: null },
    secret
  }
  return issued
})

/** Keys that are not revoked. */
export const countKeys = (sql: SqlClient.SqlClient) =>
  Effect.map(
    Effect.flatMap(sql`select count(*)::int as keys from api_keys where revoked_at_ms is null`, decodeCount),
    ([row]) => row?.keys ?? 0
  )

/** Newest first; all of the tenant's, or one principal's. */
export const selectKeys = (sql: SqlClient.SqlClient, principalId: PrincipalId | undefined, limit: number) => sql`
  select ${keyColumns(sql)} from api_keys k
  ${principalId === undefined ? sql`` : sql`where k.principal_id = ${principalId}`}
  order by k.id desc limit ${limit}`

export const selectKey = (sql: SqlClient.SqlClient, id: ApiKeyId) =>
  Effect.map(
    Effect.flatMap(sql`select ${keyColumns(sql)} from api_keys k where k.id = ${id} for update`, decodeKeys),
    ([key]) => key
  )

/** A second revocation keeps the time of the first. */
export const revokeKey = (sql: SqlClient.SqlClient, id: ApiKeyId, nowMs: number) =>
  Effect.map(
    Effect.flatMap(
      sql`
        update api_keys k set revoked_at_ms = coalesce(k.revoked_at_ms, ${nowMs}::bigint) where k.id = ${id}
        returning ${keyColumns(sql)}`,
      decodeKeys
    ),
    ([key]) => key
  )

export { decodeKeys }
