/** `Administration` in Postgres: tenants and their API keys, within what the caller may. */
import { Clock, Effect, Layer } from "effect"
import { Administration, Tenant } from "@parley/domain/Administration"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo, Role, Scope } from "@parley/domain/Caller"
import { Conflict, InvalidRequest, NotFound } from "@parley/domain/Errors"
import type { Forbidden } from "@parley/domain/Errors"
import { makeTenantId } from "@parley/domain/Ids"
import { decodeRows } from "../storage/decodeRows.ts"
import { SystemSql } from "../storage/SystemSql.ts"
import { TenantSql } from "../storage/TenantSql.ts"
import * as Keys from "./apiKeys.ts"
import { makeSecret } from "./apiKeySecret.ts"
import { allow, allowPowers, may } from "./authorization.ts"
import { VerifiedKeys } from "./VerifiedKeys.ts"

/** Keys of one tenant that are not revoked; and the most that a list shows, revoked ones included. */
const maxKeys = 1_000
const maxListed = 2_000
const maxTenantsListed = 10_000

const ownerRoles: ReadonlyArray<Role> = ["owner", "member"]
const ownerScopes: ReadonlyArray<Scope> = ["chat", "completions", "keys"]
const defaultRoles: ReadonlyArray<Role> = ["member"]
const defaultScopes: ReadonlyArray<Scope> = ["chat", "completions"]

const decodeTenants = decodeRows(Tenant)
const keyNotFound = new NotFound({ message: "no such API key", resource: "api-key" })
const tenantNotFound = new NotFound({ message: "no such tenant", resource: "tenant" })
const principalNotFound = new NotFound({ message: "no such principal", resource: "principal" })

const layer: Layer.Layer<Administration, never, TenantSql | SystemSql | VerifiedKeys> = Layer.effect(
  Administration,
  Effect.gen(function* () {
    const tenantSql = yield* TenantSql
    const systemSql = yield* SystemSql
    const verifiedKeys = yield* VerifiedKeys

    return Administration.of({
      createTenant: Effect.fn("Administration.createTenant")(function* ({ name }) {
        yield* allow(yield* Caller, "manage-tenants")
        const id = yield* makeTenantId
        const secret = makeSecret()
        return yield* tenantSql.as(id)((sql) =>
          Effect.gen(function* () {
            const tenant = yield* Keys.insertTenant(sql, id, name)
            const principalId = yield* Keys.insertPrincipal(sql, "Owner")
            const ownerKey = yield* Keys.insertKey(sql, {
              secret,
              principalId,
              displayName: "Owner",
              roles: ownerRoles,
              scopes: ownerScopes,
              expiresAtMs: null
            })
            return { tenant, ownerKey }
          })
        )
      }),

      listTenants: Effect.gen(function* () {
        yield* allow(yield* Caller, "manage-tenants")
        const rows = yield* systemSql.read(
          (sql) => sql`
            select id, name, status, created_at_ms::float8 as "createdAtMs" from tenants
            order by id limit ${maxTenantsListed}`
        )
        return yield* decodeTenants(rows)
      }).pipe(Effect.withSpan("Administration.listTenants")),

      getTenant: Effect.fn("Administration.getTenant")(function* (id) {
        const caller = yield* Caller
        if (id !== caller.tenantId && !may(caller, "manage-tenants")) return yield* tenantNotFound
        const rows = yield* tenantSql.read(
          id,
          (sql) => sql`select id, name, status, created_at_ms::float8 as "createdAtMs" from tenants`
        )
        const [tenant] = yield* decodeTenants(rows)
        return tenant ?? (yield* tenantNotFound)
      }),

      createApiKey: Effect.fn("Administration.createApiKey")(function* (input) {
        const caller = yield* Caller
        const roles = input.roles ?? defaultRoles
        const scopes = input.scopes ?? defaultScopes
        yield* allowForPrincipal(caller, input.principalId)
        yield* allowPowers(caller, roles, scopes)
        if (input.expiresAtMs !== undefined && input.expiresAtMs <= (yield* Clock.currentTimeMillis)) {
          const message = "is in the past"
          return yield* new InvalidRequest({
            message: `expiresAtMs: ${message}`,
            issues: [{ path: "expiresAtMs", message }]
          })
        }
        const secret = makeSecret()
        return yield* tenantSql.as(caller.tenantId)((sql) =>
          Effect.gen(function* () {
            if ((yield* Keys.countKeys(sql)) >= maxKeys) {
              return yield* new Conflict({ message: `the tenant has ${maxKeys} keys; revoke one first` })
            }
            if (input.principalId !== undefined && !(yield* Keys.hasPrincipal(sql, input.principalId))) {
              return yield* principalNotFound
            }
            return yield* Keys.insertKey(sql, {
              secret,
              principalId: input.principalId ?? (yield* Keys.insertPrincipal(sql, input.displayName)),
              displayName: input.displayName,
              roles,
              scopes,
              expiresAtMs: input.expiresAtMs ?? null
            })
          })
        )
      }),

      listApiKeys: Effect.gen(function* () {
        const caller = yield* Caller
        yield* allow(caller, "manage-own-keys")
        const principalId = may(caller, "manage-keys") ? undefined : caller.principalId
        const rows = yield* tenantSql.read(caller.tenantId, (sql) => Keys.selectKeys(sql, principalId, maxListed))
        return yield* Keys.decodeKeys(rows)
      }).pipe(Effect.withSpan("Administration.listApiKeys")),

      revokeApiKey: Effect.fn("Administration.revokeApiKey")(function* (id) {
        const caller = yield* Caller
        yield* allow(caller, "manage-own-keys")
        const nowMs = yield* Clock.currentTimeMillis
        const revoked = yield* tenantSql.as(caller.tenantId)((sql) =>
          Effect.gen(function* () {
            const key = yield* Keys.selectKey(sql, id)
            const isOwn = key?.principalId === caller.principalId
            if (key === undefined || !(isOwn || may(caller, "manage-keys"))) return yield* keyNotFound
            // An owner does not shut out an administrator. Which scopes the key has does not matter to its end.
            if (!isOwn) yield* allowPowers(caller, key.roles, [])
            return (yield* Keys.revokeKey(sql, id, nowMs)) ?? (yield* keyNotFound)
          })
        )
        verifiedKeys.forgetKey({ ...caller, principalId: revoked.principalId }, id)
        return revoked
      })
    })
  })
)

/** A member makes keys for itself; a new principal is a new person in the tenant, which is the owner's to decide. */
const allowForPrincipal = (caller: CallerInfo, principalId: string | undefined): Effect.Effect<void, Forbidden> =>
  principalId === caller.principalId ? allow(caller, "manage-own-keys") : allow(caller, "manage-keys")

export const SqlAdministration = { layer }
