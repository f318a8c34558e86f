/**
 * The first administrator. With a given key: that key works from now on, however often this runs. Without one: a key is made if no administrator has
 * any, and told once.
 */
import { Effect, Option, Redacted, Schema } from "effect"
import { Tenant } from "@parley/domain/Administration"
import type { Role, Scope } from "@parley/domain/Caller"
import { InvalidRequest } from "@parley/domain/Errors"
import type { Unavailable } from "@parley/domain/Errors"
import { makeTenantId, TenantId } from "@parley/domain/Ids"
import { decodeRows } from "../storage/decodeRows.ts"
import { SystemSql } from "../storage/SystemSql.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import * as Keys from "./apiKeys.ts"
import { hashSecret, isSecret, makeSecret } from "./apiKeySecret.ts"
import { findKey } from "./KeyLookup.ts"

/** An arbitrary number that only this locks: of processes that start together, one makes the key. */
const advisoryLock = 7_275_395_392
const tenantName = "Parley"
const roles: ReadonlyArray<Role> = ["admin", "owner", "member"]
const scopes: ReadonlyArray<Scope> = ["chat", "completions", "keys", "tenants", "metrics"]

export interface Bootstrapped {
  readonly tenant: Tenant
  /** Some only when it was made just now. It is not stored: show it. */
  readonly newKey: Option.Option<Redacted.Redacted<string>>
}

const decodeTenants = decodeRows(Tenant)
const decodeHolders = decodeRows(Schema.Struct({ tenantId: TenantId, isAdmin: Schema.Boolean }))

const invalid = (message: string) =>
  new InvalidRequest({ message: `PARLEY_BOOTSTRAP_API_KEY ${message}`, issues: [{ path: "PARLEY_BOOTSTRAP_API_KEY", message }] })

const run = Effect.fn("Bootstrap.run")(function* (options: {
  readonly givenKey: Option.Option<Redacted.Redacted<string>>
}): Effect.fn.Return<Bootstrapped, InvalidRequest | Unavailable, TenantSql | SystemSql> {
  const systemSql = yield* SystemSql
  const tenantSql = yield* TenantSql
  const given = Option.getOrUndefined(Option.map(options.givenKey, Redacted.value))
  if (given !== undefined && !isSecret(given)) {
    return yield* invalid("must begin with pk_ and have 32 to 512 printable characters without spaces")
  }

  const give = Effect.fnUntraced(function* (tenantId: TenantId, isNew: boolean, secret: string) {
    yield* tenantSql.as(tenantId)((sql) =>
      Effect.gen(function* () {
        if (isNew) yield* Keys.insertTenant(sql, tenantId, tenantName)
        const principalId = yield* Keys.insertPrincipal(sql, "Administrator")
        yield* Keys.insertKey(sql, { secret, principalId, displayName: "Administrator", roles, scopes, expiresAtMs: null })
      })
    )
    return tenantId
  })

  /** The lock is held by a transaction of its own while the rows are written in the tenant's. */
  const { made, tenantId } = yield* systemSql.transaction((sql) =>
    Effect.gen(function* () {
      yield* sql`select pg_advisory_xact_lock(${advisoryLock})`
      if (given !== undefined) {
        const known = Option.getOrUndefined(yield* findKey(systemSql, hashSecret(given)))
        if (known !== undefined) {
          return known.revokedAtMs === null
            ? { tenantId: known.tenantId, made: undefined }
            : yield* invalid("is a key that was revoked; give another one")
        }
      }
      // The oldest tenant with an administrator, else the oldest.
      const [home] = yield* Effect.flatMap(
        sql`
          select t.id as "tenantId", exists (
            select from api_keys k where k.tenant_id = t.id and 'admin' = any (k.roles) and k.revoked_at_ms is null
          ) as "isAdmin"
          from tenants t order by "isAdmin" desc, t.id limit 1`,
        decodeHolders
      )
      if (given === undefined && home?.isAdmin === true) return { tenantId: home.tenantId, made: undefined }
      const secret = given ?? makeSecret()
      const tenantId = yield* give(home?.tenantId ?? (yield* makeTenantId), home === undefined, secret)
      return { tenantId, made: given === undefined ? secret : undefined }
    })
  )
  const rows = yield* tenantSql.read(
    tenantId,
    (sql) => sql`select id, name, status, created_at_ms::float8 as "createdAtMs" from tenants`
  )
  const [tenant] = yield* decodeTenants(rows)
  if (tenant === undefined) return yield* Effect.die(new Error("the administrator's tenant is gone"))
  return { tenant, newKey: Option.map(Option.fromUndefinedOr(made), (secret) => Redacted.make(secret)) }
})

export const Bootstrap = { run }
