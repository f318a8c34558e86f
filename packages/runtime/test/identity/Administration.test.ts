import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { Administration } from "@parley/domain/Administration"
import type { Caller, CallerInfo, Role } from "@parley/domain/Caller"
import { Identity } from "../../src/identity/Identity.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import { makeApiKeyId, makePrincipalId, makeTenantId } from "../storage/support/ids.ts"
import { seedTenant, TestDatabase } from "../storage/support/TestDatabase.ts"
import type { SeededTenant } from "../storage/support/TestDatabase.ts"
import { administer, allScopes, authenticate, callerWith, tagOf } from "./support.ts"

const Tested = Identity.layer.pipe(Layer.provideMerge(Tenants.layer), Layer.provideMerge(TestDatabase))

/** Everybody of whom the rules speak. */
const cast = Effect.gen(function* () {
  const own = yield* seedTenant
  const other = yield* seedTenant
  const as = (tenant: SeededTenant, principal: "alice" | "bob", role: Role, scopes = allScopes): CallerInfo =>
    callerWith({ tenantId: tenant.tenantId, principalId: tenant[principal] }, [role], scopes)
  const owner = as(own, "alice", "owner")
  const bobsKey = yield* administer(owner, (administration) =>
    administration.createApiKey({ displayName: "Bob's", principalId: own.bob, roles: ["member"] })
  )
  return {
    own,
    other,
    bobsKey: bobsKey.apiKey,
    admin: as(own, "alice", "admin"),
    owner,
    member: as(own, "bob", "member"),
    stranger: as(other, "alice", "owner"),
    powerless: as(own, "alice", "admin", ["chat", "completions", "metrics"])
  }
})
type Cast = Effect.Success<typeof cast>
type Who = "admin" | "owner" | "member" | "stranger" | "powerless"

interface Rule {
  readonly act: (
    administration: Administration["Service"],
    cast: Cast
  ) => Effect.Effect<unknown, { readonly _tag: string }, Caller>
  readonly expected: Record<Who, "allowed" | "Forbidden" | "NotFound">
}

const rules: Record<string, Rule> = {
  "makes a tenant": {
    act: (administration) => administration.createTenant({ name: "new" }),
    expected: { admin: "allowed", owner: "Forbidden", member: "Forbidden", stranger: "Forbidden", powerless: "Forbidden" }
  },
  "lists tenants": {
    act: (administration) => administration.listTenants,
    expected: { admin: "allowed", owner: "Forbidden", member: "Forbidden", stranger: "Forbidden", powerless: "Forbidden" }
  },
  "sees the tenant": {
    act: (administration, { own }) => administration.getTenant(own.tenantId),
    expected: { admin: "allowed", owner: "allowed", member: "allowed", stranger: "NotFound", powerless: "allowed" }
  },
  "sees another tenant": {
    act: (administration, { other }) => administration.getTenant(other.tenantId),
    expected: { admin: "allowed", owner: "NotFound", member: "NotFound", stranger: "allowed", powerless: "NotFound" }
  },
  "makes a key for a new person": {
    act: (administration) => administration.createApiKey({ displayName: "new person" }),
    expected: { admin: "allowed", owner: "allowed", member: "Forbidden", stranger: "allowed", powerless: "Forbidden" }
  },
  "makes a key for Bob": {
    act: (administration, { own }) => administration.createApiKey({ displayName: "for Bob", principalId: own.bob }),
    expected: { admin: "allowed", owner: "allowed", member: "allowed", stranger: "NotFound", powerless: "Forbidden" }
  },
  "makes an owner's key": {
    act: (administration, { own }) =>
      administration.createApiKey({ displayName: "owner", principalId: own.bob, roles: ["owner"] }),
    expected: { admin: "allowed", owner: "allowed", member: "Forbidden", stranger: "NotFound", powerless: "Forbidden" }
  },
  "makes an administrator's key": {
    act: (administration, { own }) =>
      administration.createApiKey({ displayName: "admin", principalId: own.bob, roles: ["admin"] }),
    expected: { admin: "allowed", owner: "Forbidden", member: "Forbidden", stranger: "Forbidden", powerless: "Forbidden" }
  },
  "lists keys": {
    act: (administration) => administration.listApiKeys,
    expected: { admin: "allowed", owner: "allowed", member: "allowed", stranger: "allowed", powerless: "Forbidden" }
  },
  "revokes Bob's key": {
    act: (administration, { bobsKey }) => administration.revokeApiKey(bobsKey.id),
    expected: { admin: "allowed", owner: "allowed", member: "allowed", stranger: "NotFound", powerless: "Forbidden" }
  }
}
const everybody: ReadonlyArray<Who> = ["admin", "owner", "member", "stranger", "powerless"]

layer(Tested, { timeout: "60 seconds" })("Administration", (it) => {
  describe("who may what", () => {
    for (const [name, { act, expected }] of Object.entries(rules)) {
      for (const who of everybody) {
        it.effect(`${who}: ${name}: ${expected[who]}`, () =>
          Effect.gen(function* () {
            const all = yield* cast
            assert.strictEqual(yield* tagOf(administer(all[who], (administration) => act(administration, all))), expected[who])
          })
        )
      }
    }
  })

  describe("tenants", () => {
    it.effect("makes a tenant whose owner can come in and give keys", () =>
      Effect.gen(function* () {
        const { admin } = yield* cast
        const { ownerKey, tenant } = yield* administer(admin, (administration) => administration.createTenant({ name: "Acme" }))
        const owner = yield* authenticate(ownerKey.secret)
        assert.strictEqual(owner.tenantId, tenant.id)
        const issued = yield* administer(owner, (administration) => administration.createApiKey({ displayName: "Ann" }))
        const member = yield* authenticate(issued.secret)
        assert.deepStrictEqual([member.tenantId, member.roles, member.scopes], [tenant.id, ["member"], ["chat", "completions"]])
        const tenants = yield* administer(admin, (administration) => administration.listTenants)
        assert.deepInclude(tenants, tenant)
        assert.deepStrictEqual(yield* administer(owner, (administration) => administration.getTenant(tenant.id)), tenant)
      })
    )

    it.effect("knows no tenant that is not there", () =>
      Effect.gen(function* () {
        const { admin } = yield* cast
        const id = yield* makeTenantId
        assert.strictEqual(yield* tagOf(administer(admin, (administration) => administration.getTenant(id))), "NotFound")
      })
    )
  })

  describe("keys", () => {
    it.effect("gives nobody a scope that they have not", () =>
      Effect.gen(function* () {
        const { own } = yield* cast
        const limited = callerWith({ tenantId: own.tenantId, principalId: own.alice }, ["owner"], ["keys", "chat"])
        const make = (scopes: ReadonlyArray<"chat" | "keys" | "completions">) =>
          tagOf(administer(limited, (administration) => administration.createApiKey({ displayName: "x", scopes })))
        assert.strictEqual(yield* make(["chat", "keys"]), "allowed")
        assert.strictEqual(yield* make(["completions"]), "Forbidden")
      })
    )

    it.effect("refuses a key that has expired already, and one for a person who is not there", () =>
      Effect.gen(function* () {
        const { owner } = yield* cast
        const principalId = yield* makePrincipalId
        assert.strictEqual(
          yield* tagOf(administer(owner, (administration) => administration.createApiKey({ displayName: "x", expiresAtMs: 0 }))),
          "InvalidRequest"
        )
        assert.strictEqual(
          yield* tagOf(administer(owner, (administration) => administration.createApiKey({ displayName: "x", principalId }))),
          "NotFound"
        )
      })
    )

    it.effect("shows an owner every key of the tenant and a member only their own, never a secret", () =>
      Effect.gen(function* () {
        const { member, own, owner, stranger } = yield* cast
        const alices = yield* administer(owner, (administration) =>
          administration.createApiKey({ displayName: "Alice's", principalId: own.alice })
        )
        const names = (caller: CallerInfo) =>
          Effect.map(
            administer(caller, (administration) => administration.listApiKeys),
            (keys) => keys.map(({ displayName }) => displayName)
          )
        assert.deepStrictEqual((yield* names(owner)).toSorted(), ["Alice's", "Bob's"])
        assert.deepStrictEqual(yield* names(member), ["Bob's"])
        assert.deepStrictEqual(yield* names(stranger), [])
        const shown = JSON.stringify(yield* administer(owner, (administration) => administration.listApiKeys))
        assert.notInclude(shown, alices.secret.slice(10))
      })
    )

    it.effect("revokes a key once and for all", () =>
      Effect.gen(function* () {
        const { bobsKey, owner } = yield* cast
        const first = yield* administer(owner, (administration) => administration.revokeApiKey(bobsKey.id))
        const second = yield* administer(owner, (administration) => administration.revokeApiKey(bobsKey.id))
        assert.isNotNull(first.revokedAtMs)
        assert.deepStrictEqual(second, first)
        const id = yield* makeApiKeyId
        assert.strictEqual(yield* tagOf(administer(owner, (administration) => administration.revokeApiKey(id))), "NotFound")
      })
    )

    it.effect("lets no owner shut out an administrator, and no member anybody else", () =>
      Effect.gen(function* () {
        const { admin, member, own, owner } = yield* cast
        const make = (roles: ReadonlyArray<Role>) =>
          administer(admin, (administration) => administration.createApiKey({ displayName: "x", principalId: own.alice, roles }))
        const admins = (yield* make(["admin"])).apiKey.id
        const otherOwner = callerWith({ tenantId: own.tenantId, principalId: own.bob }, ["owner"])
        const revoke = (caller: CallerInfo) => tagOf(administer(caller, (administration) => administration.revokeApiKey(admins)))
        assert.strictEqual(yield* revoke(otherOwner), "Forbidden")
        assert.strictEqual(yield* revoke(member), "NotFound")
        // It is Alice's own.
        assert.strictEqual(yield* revoke(owner), "allowed")
      })
    )

    it.effect("stops at a thousand keys that are not revoked", () =>
      Effect.gen(function* () {
        const { own, owner } = yield* cast
        const sql = yield* SqlClient.SqlClient
        yield* sql`
          insert into api_keys (tenant_id, id, principal_id, display_name, prefix, hash, roles, scopes, created_at_ms)
          select ${own.tenantId}, 'key_' || n, ${own.alice}, 'x', 'pk_', sha256((${own.tenantId} || n)::bytea), '{member}', '{chat}', 1
          from generate_series(1, 999) n`
        assert.strictEqual(
          yield* tagOf(administer(owner, (administration) => administration.createApiKey({ displayName: "x" }))),
          "Conflict"
        )
      })
    )
  })
})
