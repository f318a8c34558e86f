import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import { Authenticator } from "@parley/domain/Administration"
import { Secret } from "@parley/domain/Secret"
import { hashSecret, isSecret, makeSecret } from "../../src/identity/apiKeySecret.ts"
import { Bootstrap } from "../../src/identity/Bootstrap.ts"
import { Identity } from "../../src/identity/Identity.ts"
import { TenantStatus } from "../../src/identity/TenantStatus.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import { TestDatabase } from "../storage/support/TestDatabase.ts"
import { until } from "../storage/support/until.ts"
import { administer, authenticate, callerOf, requestId, tagOf } from "./support.ts"

const Tested = Identity.layer.pipe(Layer.provideMerge(Tenants.layer), Layer.provideMerge(TestDatabase))

const administrator = Effect.gen(function* () {
  const secret = makeSecret()
  yield* Bootstrap.run({ givenKey: Option.some(Redacted.make(secret)) })
  return yield* callerOf(secret)
})

/** A key of its own in a tenant of its own. */
const tenantWithKey = Effect.gen(function* () {
  const admin = yield* administrator
  const { ownerKey, tenant } = yield* administer(admin, (administration) => administration.createTenant({ name: "A tenant" }))
  return { admin, tenant, ...ownerKey }
})

/** True when the effect answers without waiting for anything. */
const isImmediate = <A, E>(effect: Effect.Effect<A, E>) => {
  const fiber = Effect.runFork(effect)
  return fiber.pollUnsafe() !== undefined
}

layer(Tested, { timeout: "60 seconds" })("Authenticator", (it) => {
  it.effect("makes keys of 256 random bits that look like keys, and stores only their hash", () =>
    Effect.gen(function* () {
      const { apiKey, secret } = yield* tenantWithKey
      assert.match(secret, /^pk_[0-9A-Za-z]{43}$/)
      assert.isTrue(isSecret(secret))
      assert.strictEqual(new Set(Array.from({ length: 100 }, makeSecret)).size, 100)
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ readonly hash: string; readonly row: string }>`
        select encode(hash, 'hex') as hash, row_to_json(k)::text as row from api_keys k where id = ${apiKey.id}`
      assert.strictEqual(rows[0]?.hash, hashSecret(secret))
      assert.notInclude(rows[0]?.row, secret.slice(10))
      assert.strictEqual(apiKey.prefix, secret.slice(0, 10))
    })
  )

  it.effect("turns a good key into its caller, with the request's id", () =>
    Effect.gen(function* () {
      const { apiKey, secret, tenant } = yield* tenantWithKey
      assert.deepStrictEqual(yield* authenticate(secret), {
        tenantId: tenant.id,
        principalId: apiKey.principalId,
        roles: ["owner", "member"],
        scopes: ["chat", "completions", "keys"],
        requestId
      })
    })
  )

  it.effect("refuses what is not a key, without asking the database", () =>
    Effect.gen(function* () {
      const authenticator = yield* Authenticator
      const wrong = [
        "",
        "pk_short",
        `sk_${"a".repeat(40)}`,
        `pk_${"a".repeat(40)} `,
        `pk_${"a".repeat(600)}`,
        `pk_${"\u00e9".repeat(40)}`
      ]
      for (const secret of wrong) {
        assert.isTrue(isImmediate(authenticator.authenticate(new Secret(secret), requestId)), secret)
        assert.strictEqual(yield* tagOf(authenticate(secret)), "Unauthorized")
      }
    })
  )

  it.effect("answers a known key at once, and asks again about it after half a minute", () =>
    Effect.gen(function* () {
      const authenticator = yield* Authenticator
      const { secret } = yield* tenantWithKey
      const key = new Secret(secret)
      assert.isFalse(isImmediate(authenticator.authenticate(key, requestId)))
      yield* authenticate(secret)
      assert.isTrue(isImmediate(authenticator.authenticate(key, requestId)))
      yield* TestClock.adjust("31 seconds")
      assert.isFalse(isImmediate(authenticator.authenticate(key, requestId)))
      assert.strictEqual((yield* authenticate(secret)).requestId, requestId)
    })
  )

  it.effect("believes an unknown key's refusal for two seconds and not longer", () =>
    Effect.gen(function* () {
      const authenticator = yield* Authenticator
      const secret = makeSecret()
      const key = new Secret(secret)
      assert.strictEqual(yield* tagOf(authenticate(secret)), "Unauthorized")
      assert.isTrue(isImmediate(authenticator.authenticate(key, requestId)))
      yield* TestClock.adjust("3 seconds")
      assert.isFalse(isImmediate(authenticator.authenticate(key, requestId)))
    })
  )

  it.effect("refuses a revoked key at once, cached or being looked up", () =>
    Effect.gen(function* () {
      const { apiKey, secret } = yield* tenantWithKey
      const owner = yield* authenticate(secret)
      const asking = yield* Effect.forkChild(Effect.exit(authenticate(secret)), { startImmediately: true })
      yield* administer(owner, (administration) => administration.revokeApiKey(apiKey.id))
      assert.strictEqual(yield* tagOf(authenticate(secret)), "Unauthorized")
      yield* Fiber.join(asking)
      assert.strictEqual(yield* tagOf(authenticate(secret)), "Unauthorized")
    })
  )

  it.effect("does not let a look-up that began before a revocation put the key back", () =>
    Effect.gen(function* () {
      const { admin, secret } = yield* tenantWithKey
      const owner = yield* authenticate(secret)
      const issued = yield* administer(owner, (administration) => administration.createApiKey({ displayName: "second" }))
      for (let round = 0; round < 10; round++) {
        const each = yield* administer(owner, (administration) => administration.createApiKey({ displayName: `${round}` }))
        const asking = yield* Effect.forkChild(Effect.exit(authenticate(each.secret)), { startImmediately: true })
        yield* administer(owner, (administration) => administration.revokeApiKey(each.apiKey.id))
        yield* Fiber.join(asking)
        assert.strictEqual(yield* tagOf(authenticate(each.secret)), "Unauthorized")
      }
      assert.strictEqual(yield* tagOf(authenticate(issued.secret)), "allowed")
      assert.strictEqual(admin.requestId, requestId)
    })
  )

  it.effect("refuses an expired key to the millisecond, though it is cached", () =>
    Effect.gen(function* () {
      const { secret } = yield* tenantWithKey
      const owner = yield* authenticate(secret)
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      const issued = yield* administer(owner, (administration) =>
        administration.createApiKey({ displayName: "brief", expiresAtMs: now + 10_000 })
      )
      assert.strictEqual(yield* tagOf(authenticate(issued.secret)), "allowed")
      yield* TestClock.adjust(9_999)
      assert.strictEqual(yield* tagOf(authenticate(issued.secret)), "allowed")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* tagOf(authenticate(issued.secret)), "Unauthorized")
    })
  )

  it.effect("forbids a suspended tenant's keys at once, and lets them in again", () =>
    Effect.gen(function* () {
      const { secret, tenant } = yield* tenantWithKey
      const status = yield* TenantStatus
      const tenants = yield* Tenants
      const request = tenants.withRequest(tenant.id)(Effect.void)
      yield* authenticate(secret)
      yield* request
      yield* status.set(tenant.id, "suspended")
      assert.strictEqual(yield* tagOf(authenticate(secret)), "Forbidden")
      assert.strictEqual(yield* tagOf(request), "Forbidden")
      yield* status.set(tenant.id, "active")
      assert.strictEqual(yield* tagOf(authenticate(secret)), "allowed")
      assert.strictEqual(yield* tagOf(request), "allowed")
      const { makeTenantId } = yield* Effect.promise(() => import("../storage/support/ids.ts"))
      assert.strictEqual(yield* tagOf(status.set(yield* makeTenantId, "active")), "NotFound")
    })
  )

  it.effect("asks once for a key that many present at the same time, though the first of them leaves", () =>
    Effect.gen(function* () {
      const { secret } = yield* tenantWithKey
      const first = yield* Effect.forkChild(authenticate(secret), { startImmediately: true })
      const others = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.forkChild(authenticate(secret), { startImmediately: true })
      )
      yield* Fiber.interrupt(first)
      for (const fiber of others) assert.strictEqual((yield* Fiber.join(fiber)).requestId, requestId)
    })
  )

  it.effect("notes when a key was last used, off the requests' path", () =>
    Effect.gen(function* () {
      const { apiKey, secret } = yield* tenantWithKey
      yield* authenticate(secret)
      const sql = yield* SqlClient.SqlClient
      const isNoted = Effect.map(
        sql`select 1 from api_keys where id = ${apiKey.id} and last_used_at_ms is not null`,
        (rows) => rows.length === 1
      )
      assert.isFalse(yield* isNoted)
      yield* TestClock.adjust("31 seconds")
      yield* TestClock.withLive(until(isNoted))
    })
  )

  it.effect("bears a flood of invented keys", () =>
    Effect.gen(function* () {
      const { secret } = yield* tenantWithKey
      yield* authenticate(secret)
      const exits = yield* Effect.forEach(Array.from({ length: 500 }), () => Effect.exit(authenticate(makeSecret())), {
        concurrency: "unbounded"
      })
      assert.isTrue(exits.every(Exit.isFailure))
      assert.strictEqual(yield* tagOf(authenticate(secret)), "allowed")
    })
  )
})
