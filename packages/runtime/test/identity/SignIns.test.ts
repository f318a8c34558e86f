/** Sessions and invites against Postgres: what lets in, for how long, and what ends it. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { Administration } from "@parley/domain/Administration"
import { Caller } from "@parley/domain/Caller"
import { makeSessionId } from "@parley/domain/Ids"
import { Invites, maxInvitesPerRoom } from "@parley/domain/Invites"
import { SignIns } from "@parley/domain/SignIns"
import { Secret } from "@parley/domain/Secret"
import { Identity } from "../../src/identity/Identity.ts"
import { hashSecret } from "../../src/identity/apiKeySecret.ts"
import { makeSignInLink } from "../../src/identity/signInLinks.ts"
import { SignInLimits } from "../../src/identity/SignInLimits.ts"
import { TenantStatus } from "../../src/identity/TenantStatus.ts"
import { Maintenance } from "../../src/storage/Maintenance.ts"
import { SqlConversationStore } from "../../src/storage/SqlConversationStore.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import { seedConversation, seedTenant, TestDatabase } from "../storage/support/TestDatabase.ts"
import type { SeededTenant } from "../storage/support/TestDatabase.ts"
import { allScopes, authenticate, callerWith, tagOf } from "./support.ts"

const hourMs = 3_600_000
/** Hours where the defaults are days: a test clock wakes what sleeps periodically for each step of the way. */
const sessionIdleMs = 14 * hourMs
const sessionMaxMs = 90 * hourMs

const Tested = Layer.mergeAll(Identity.layer, SqlConversationStore.layer).pipe(
  Layer.provide(SignInLimits.layer({ maxSessionsPerPrincipal: 3, sessionIdleMs, sessionMaxMs })),
  Layer.provideMerge(Tenants.layer),
  Layer.provideMerge(TestDatabase)
)

const ownerOf = (tenant: SeededTenant) =>
  callerWith({ tenantId: tenant.tenantId, principalId: tenant.alice }, ["admin", "owner", "member"], allScopes)

/** A tenant whose Alice has an administrator's key. */
const keyed = Effect.gen(function* () {
  const tenant = yield* seedTenant
  const administration = yield* Administration
  const { apiKey, secret } = yield* administration
    .createApiKey({ displayName: "Alice", roles: ["admin", "member"], scopes: allScopes, principalId: tenant.alice })
    .pipe(Effect.provideService(Caller, ownerOf(tenant)))
  return { ...tenant, apiKey, secret }
})

const signIn = (input: { readonly token: string } | { readonly apiKey: string }, agent = "Firefox") =>
  Effect.flatMap(SignIns, (signIns) => signIns.signIn(input, agent))

const linkFor = (tenant: SeededTenant) =>
  Effect.map(makeSignInLink(tenant.tenantId), (link) => Redacted.value(Option.getOrThrow(link)))

/** As any process sees it that has nothing cached. */
const isGood = Effect.fnUntraced(function* (secret: Secret) {
  return (yield* tagOf(authenticate(secret.reveal()))) === "allowed"
})

layer(Tested, { timeout: "60 seconds" })("Coming in", (it) => {
  describe("by a link", () => {
    it.effect("signs in as the administrator, once", () =>
      Effect.gen(function* () {
        const tenant = yield* keyed
        const token = yield* linkFor(tenant)
        const { secret, session, whoAmI } = yield* signIn({ token })
        assert.deepStrictEqual(whoAmI, {
          principal: { id: tenant.alice, displayName: "Alice" },
          tenant: { id: tenant.tenantId, name: "Tenant" },
          roles: ["admin", "member"],
          scopes: allScopes,
          session
        })
        const caller = yield* authenticate(secret.reveal())
        assert.deepInclude(caller, { tenantId: tenant.tenantId, principalId: tenant.alice, roles: ["admin", "member"] })
        assert.strictEqual(yield* tagOf(signIn({ token })), "Unauthorized")
      })
    )

    it.effect("of two who open it at once only one comes in", () =>
      Effect.gen(function* () {
        const token = yield* linkFor(yield* keyed)
        const tags = yield* Effect.forEach([1, 2, 3, 4], () => tagOf(signIn({ token })), { concurrency: "unbounded" })
        assert.deepStrictEqual(tags.toSorted(), ["Unauthorized", "Unauthorized", "Unauthorized", "allowed"])
      })
    )

    it.effect("not after its time, nor by one that was invented", () =>
      Effect.gen(function* () {
        const token = yield* linkFor(yield* keyed)
        yield* TestClock.adjust(hourMs)
        assert.strictEqual(yield* tagOf(signIn({ token })), "Unauthorized")
        for (const invented of [`pl_${"0".repeat(43)}`, "pl_", "", "pl_\0", token.toUpperCase()]) {
          assert.strictEqual(yield* tagOf(signIn({ token: invented })), "Unauthorized")
        }
      })
    )

    it.effect("not for a key that was revoked meanwhile; and without an administrator there is none", () =>
      Effect.gen(function* () {
        const tenant = yield* keyed
        const token = yield* linkFor(tenant)
        const administration = yield* Administration
        yield* Effect.provideService(administration.revokeApiKey(tenant.apiKey.id), Caller, ownerOf(tenant))
        assert.strictEqual(yield* tagOf(signIn({ token })), "Unauthorized")
        assert.isTrue(Option.isNone(yield* makeSignInLink(tenant.tenantId)))
      })
    )
  })

  describe("by a key", () => {
    it.effect("has what the key has, and ends with it at once", () =>
      Effect.gen(function* () {
        const tenant = yield* keyed
        const { secret } = yield* signIn({ apiKey: tenant.secret })
        assert.isTrue(yield* isGood(secret))
        const administration = yield* Administration
        yield* Effect.provideService(administration.revokeApiKey(tenant.apiKey.id), Caller, ownerOf(tenant))
        assert.isFalse(yield* isGood(secret))
        assert.strictEqual(yield* tagOf(signIn({ apiKey: tenant.secret })), "Unauthorized")
      })
    )

    it.effect("not by a session, nor by one of a suspended tenant", () =>
      Effect.gen(function* () {
        const tenant = yield* keyed
        const { secret } = yield* signIn({ apiKey: tenant.secret })
        assert.strictEqual(yield* tagOf(signIn({ apiKey: secret.reveal() })), "Unauthorized")
        const token = yield* linkFor(tenant)
        yield* (yield* TenantStatus).set(tenant.tenantId, "suspended")
        assert.strictEqual(yield* tagOf(signIn({ apiKey: tenant.secret })), "Forbidden")
        assert.strictEqual(yield* tagOf(signIn({ token })), "Forbidden")
        assert.strictEqual(yield* tagOf(authenticate(secret.reveal())), "Forbidden")
      })
    )
  })

  describe("a session", () => {
    it.effect("lasts while it is used, and ends after a long silence", () =>
      Effect.gen(function* () {
        const { secret } = yield* signIn({ apiKey: (yield* keyed).secret })
        for (let use = 0; use < 4; use++) {
          yield* TestClock.adjust(10 * hourMs)
          assert.isTrue(yield* isGood(secret))
          // Past the time after which uses are written.
          yield* TestClock.adjust(60_000)
          yield* Effect.yieldNow
          yield* settledUse(secret)
        }
        yield* TestClock.adjust(sessionIdleMs + 60_000)
        assert.isFalse(yield* isGood(secret))
      })
    )

    it.effect("ends after its longest time, used or not", () =>
      Effect.gen(function* () {
        const { secret, session } = yield* signIn({ apiKey: (yield* keyed).secret })
        const sql = yield* SqlClient.SqlClient
        yield* TestClock.adjust(sessionMaxMs - 1)
        yield* sql`update sessions set last_used_at_ms = ${session.expiresAtMs - 1} where id = ${session.id}`
        assert.isTrue(yield* isGood(secret))
        yield* TestClock.adjust(1)
        assert.isFalse(yield* isGood(secret))
      })
    )

    it.effect("is not stored but as a hash", () =>
      Effect.gen(function* () {
        const { secret, session } = yield* signIn({ apiKey: (yield* keyed).secret }, "Agent\0".repeat(100))
        const sql = yield* SqlClient.SqlClient
        const [row] = yield* sql<{
          readonly text: string
        }>`select row_to_json(s)::text as text from sessions s where id = ${session.id}`
        assert.notInclude(row?.text, secret.reveal().slice(3))
        assert.strictEqual(session.userAgent.length, 256)
      })
    )

    it.effect("is over when it is signed out, which may be said twice", () =>
      Effect.gen(function* () {
        const signIns = yield* SignIns
        const { secret } = yield* signIn({ apiKey: (yield* keyed).secret })
        assert.isTrue(yield* isGood(secret))
        yield* signIns.signOut(secret)
        assert.isFalse(yield* isGood(secret))
        yield* signIns.signOut(secret)
        yield* signIns.signOut(new Secret("ps_nonsense"))
        yield* signIns.signOut(new Secret(`ps_${"0".repeat(43)}`))
      })
    )

    it.effect("is one of a few of its person, who sees them and can end each; another person cannot", () =>
      Effect.gen(function* () {
        const signIns = yield* SignIns
        const tenant = yield* keyed
        const made = []
        for (let index = 0; index < 4; index++) {
          yield* TestClock.adjust(1_000)
          made.push(yield* signIn({ apiKey: tenant.secret }, `Browser ${index}`))
        }
        const alice = <A, E>(effect: Effect.Effect<A, E, Caller>) => Effect.provideService(effect, Caller, ownerOf(tenant))
        const bob = <A, E>(effect: Effect.Effect<A, E, Caller>) =>
          Effect.provideService(effect, Caller, callerWith({ ...tenant, principalId: tenant.bob }, ["owner"]))
        assert.deepStrictEqual(
          (yield* alice(signIns.list)).map(({ userAgent }) => userAgent),
          ["Browser 3", "Browser 2", "Browser 1"]
        )
        const [oldest, second] = made
        assert.isDefined(oldest)
        assert.isDefined(second)
        assert.isFalse(yield* isGood(oldest.secret))
        assert.deepStrictEqual(yield* bob(signIns.list), [])
        assert.strictEqual(yield* tagOf(bob(signIns.revoke(second.session.id))), "NotFound")
        assert.isTrue(yield* isGood(second.secret))
        yield* alice(signIns.revoke(second.session.id))
        assert.isFalse(yield* isGood(second.secret))
        assert.strictEqual(yield* tagOf(alice(signIns.revoke(yield* makeSessionId))), "NotFound")
      })
    )

    it.effect("says who it is of; an operator at the machine is nobody", () =>
      Effect.gen(function* () {
        const signIns = yield* SignIns
        const tenant = yield* keyed
        const { secret, whoAmI } = yield* signIn({ apiKey: tenant.secret })
        const caller = yield* authenticate(secret.reveal())
        assert.deepStrictEqual(yield* Effect.provideService(signIns.whoAmI(secret), Caller, caller), whoAmI)
        assert.isNull((yield* Effect.provideService(signIns.whoAmI(undefined), Caller, caller)).session)
        const nobody = { ...caller, principalId: (yield* seedTenant).alice }
        assert.strictEqual(yield* tagOf(Effect.provideService(signIns.whoAmI(undefined), Caller, nobody)), "NotFound")
      })
    )

    it.effect("is swept some time after its end, with links and invites", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const tenant = yield* keyed
        yield* signIn({ token: yield* linkFor(tenant) })
        const key = yield* seedConversation(tenant)
        yield* Effect.provideService((yield* Invites).create(key.conversationId, {}), Caller, ownerOf(tenant))
        const rows = sql`
          select id from sessions where tenant_id = ${tenant.tenantId}
          union all select key_id from sign_in_links where tenant_id = ${tenant.tenantId}
          union all select id from invites where tenant_id = ${tenant.tenantId}`
        yield* Maintenance.run
        assert.strictEqual((yield* rows).length, 3)
        // Of weeks ago, in place of weeks of a test clock, which wakes whatever sleeps for each minute of them.
        const agedMs = 15 * 24 * hourMs
        for (const table of ["sessions", "sign_in_links", "invites"])
          yield* sql`
            update ${sql(table)} set created_at_ms = created_at_ms - ${agedMs}::bigint, expires_at_ms = expires_at_ms - ${agedMs}::bigint
            where tenant_id = ${tenant.tenantId}`
        yield* Maintenance.run
        assert.strictEqual((yield* rows).length, 0)
      })
    )
  })

  describe("by an invite", () => {
    const invited = Effect.gen(function* () {
      const tenant = yield* keyed
      const key = yield* seedConversation(tenant)
      const invites = yield* Invites
      const owner = <A, E>(effect: Effect.Effect<A, E, Caller>) => Effect.provideService(effect, Caller, ownerOf(tenant))
      return { tenant, key, invites, owner }
    })

    it.effect("a guest comes in under a name, with a session for chat and nothing else", () =>
      Effect.gen(function* () {
        const { invites, key, owner, tenant } = yield* invited
        const { invite, token } = yield* owner(invites.create(key.conversationId, {}))
        assert.deepInclude(invite, { maxUses: 1, uses: 0, createdBy: tenant.alice, conversationId: key.conversationId })
        assert.deepStrictEqual(yield* invites.preview(token), {
          title: "A room",
          invitedBy: "Alice",
          tenant: "Tenant",
          expiresAtMs: invite.expiresAtMs
        })
        const { caller, conversationId, signedIn } = yield* invites.redeem({ token, displayName: "Grace" }, undefined, "Safari")
        assert.strictEqual(conversationId, key.conversationId)
        assert.deepInclude(caller, { tenantId: tenant.tenantId, roles: ["guest"], scopes: ["chat"] })
        assert.isDefined(signedIn)
        assert.strictEqual(signedIn.whoAmI.principal.displayName, "Grace")
        const guest = yield* authenticate(signedIn.secret.reveal())
        assert.deepInclude(guest, caller)
        const administration = yield* Administration
        const asGuest = <A, E>(effect: Effect.Effect<A, E, Caller>) => Effect.provideService(effect, Caller, guest)
        assert.strictEqual(yield* tagOf(asGuest(administration.listApiKeys)), "Forbidden")
        assert.strictEqual(yield* tagOf(asGuest(administration.createApiKey({ displayName: "mine" }))), "Forbidden")
        yield* (yield* ConversationStore).addMember(key, guest.principalId)
        assert.strictEqual(yield* tagOf(asGuest(invites.create(key.conversationId, {}))), "Forbidden")
        assert.strictEqual(yield* tagOf(asGuest(invites.list(key.conversationId))), "Forbidden")
        assert.strictEqual(yield* tagOf(invites.redeem({ token }, undefined, "")), "NotFound")
        assert.strictEqual(yield* tagOf(invites.preview(token)), "NotFound")
      })
    )

    it.effect("as many as it says, also when all come at once", () =>
      Effect.gen(function* () {
        const { invites, key, owner } = yield* invited
        const { invite, token } = yield* owner(invites.create(key.conversationId, { maxUses: 3 }))
        const tags = yield* Effect.forEach([1, 2, 3, 4, 5], () => tagOf(invites.redeem({ token }, undefined, "")), {
          concurrency: "unbounded"
        })
        assert.strictEqual(tags.filter((tag) => tag === "allowed").length, 3)
        assert.deepStrictEqual(yield* owner(invites.list(key.conversationId)), [{ ...invite, uses: 3 }])
      })
    )

    it.effect("one of the tenant joins as who they are; one of another tenant as a guest", () =>
      Effect.gen(function* () {
        const { invites, key, owner, tenant } = yield* invited
        const { token } = yield* owner(invites.create(key.conversationId, { maxUses: 2 }))
        const bob = callerWith({ ...tenant, principalId: tenant.bob }, ["member"])
        const own = yield* invites.redeem({ token }, bob, "")
        assert.deepStrictEqual([own.caller, own.signedIn], [bob, undefined])
        const foreigner = callerWith({ ...(yield* seedTenant), principalId: tenant.bob }, ["owner"])
        const guest = yield* invites.redeem({ token, displayName: "From afar" }, foreigner, "")
        assert.deepInclude(guest.caller, { tenantId: tenant.tenantId, roles: ["guest"] })
        assert.notStrictEqual(guest.caller.principalId, tenant.bob)
      })
    )

    it.effect("not after its time, its revocation, or the end of its room; a use that came to nothing is given back", () =>
      Effect.gen(function* () {
        const { invites, key, owner } = yield* invited
        const short = yield* owner(invites.create(key.conversationId, { expiresInMs: 60_000 }))
        const revoked = yield* owner(invites.create(key.conversationId, {}))
        const undone = yield* owner(invites.create(key.conversationId, {}))
        yield* owner(invites.revoke(revoked.invite.id))
        assert.isNotNull((yield* owner(invites.revoke(revoked.invite.id))).revokedAtMs)
        const redeemed = yield* invites.redeem({ token: undone.token }, undefined, "")
        assert.isDefined(redeemed.signedIn)
        yield* invites.giveBack(redeemed)
        assert.isFalse(yield* isGood(redeemed.signedIn.secret))
        yield* TestClock.adjust(60_000)
        for (const { token } of [short, revoked]) {
          assert.strictEqual(yield* tagOf(invites.redeem({ token }, undefined, "")), "NotFound")
        }
        assert.strictEqual(yield* tagOf(invites.preview(undone.token)), "allowed")
        yield* (yield* ConversationStore).remove(key)
        assert.strictEqual(yield* tagOf(invites.redeem({ token: undone.token }, undefined, "")), "NotFound")
      })
    )

    it.effect("only members make, see and revoke them, and only so many", () =>
      Effect.gen(function* () {
        const { invites, key, owner, tenant } = yield* invited
        const stranger = <A, E>(effect: Effect.Effect<A, E, Caller>) =>
          Effect.provideService(effect, Caller, callerWith({ ...tenant, principalId: tenant.bob }, ["owner"]))
        const { invite } = yield* owner(invites.create(key.conversationId, {}))
        assert.strictEqual(yield* tagOf(stranger(invites.create(key.conversationId, {}))), "NotFound")
        assert.strictEqual(yield* tagOf(stranger(invites.list(key.conversationId))), "NotFound")
        assert.strictEqual(yield* tagOf(stranger(invites.revoke(invite.id))), "NotFound")
        // A member revokes its own, not the owner's.
        yield* (yield* ConversationStore).addMember(key, tenant.bob)
        assert.strictEqual(yield* tagOf(stranger(invites.revoke(invite.id))), "NotFound")
        const own = yield* stranger(invites.create(key.conversationId, {}))
        assert.strictEqual(yield* tagOf(stranger(invites.revoke(own.invite.id))), "allowed")
        for (let made = 1; made < maxInvitesPerRoom; made++) yield* owner(invites.create(key.conversationId, {}))
        assert.strictEqual(yield* tagOf(owner(invites.create(key.conversationId, {}))), "Conflict")
      })
    )

    it.effect("an invented one is none", () =>
      Effect.gen(function* () {
        const invites = yield* Invites
        for (const token of ["", "pi_", `pi_${"0".repeat(43)}`, `pl_${"0".repeat(43)}`, "pi_\0"]) {
          assert.strictEqual(yield* tagOf(invites.preview(token)), "NotFound")
          assert.strictEqual(yield* tagOf(invites.redeem({ token }, undefined, "")), "NotFound")
        }
      })
    )
  })
})

/** The use of a session is written beside the request; this waits until it is there. */
const settledUse = Effect.fnUntraced(function* (secret: Secret) {
  const sql = yield* SqlClient.SqlClient

  const hash = hashSecret(secret.reveal())
  const nowMs = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
  yield* sql`select last_used_at_ms from sessions where hash = decode(${hash}, 'hex') and last_used_at_ms > ${nowMs - hourMs}`.pipe(
    Effect.repeat({ until: (rows) => rows.length > 0 })
  )
})
