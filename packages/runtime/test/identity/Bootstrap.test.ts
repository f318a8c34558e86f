import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { makeSecret } from "../../src/identity/apiKeySecret.ts"
import { Bootstrap } from "../../src/identity/Bootstrap.ts"
import { Identity } from "../../src/identity/Identity.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import { TestDatabase } from "../storage/support/TestDatabase.ts"
import { administer, allScopes, authenticate, tagOf } from "./support.ts"

const Tested = Layer.fresh(Identity.layer.pipe(Layer.provideMerge(Tenants.layer), Layer.provideMerge(TestDatabase)))
const generated = Bootstrap.run({ givenKey: Option.none() })
const given = (secret: string) => Bootstrap.run({ givenKey: Option.some(Redacted.make(secret)) })
const counts = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`select (select count(*)::int from tenants) as tenants, (select count(*)::int from api_keys) as keys`
)

describe("Bootstrap", () => {
  it.effect("makes the first administrator's key once, and tells it once", () =>
    Effect.gen(function* () {
      const first = yield* generated
      const second = yield* generated
      assert.deepStrictEqual(second, { tenant: first.tenant, newKey: Option.none() })
      const caller = yield* authenticate(Redacted.value(Option.getOrThrow(first.newKey)))
      assert.deepStrictEqual([caller.roles, caller.scopes], [["admin", "owner", "member"], allScopes])
      assert.strictEqual(caller.tenantId, first.tenant.id)
    }).pipe(Effect.provide(Tested))
  )

  it.effect("makes one key when several processes start at once", () =>
    Effect.gen(function* () {
      const all = yield* Effect.all([generated, generated], { concurrency: "unbounded" })
      assert.strictEqual(all.filter(({ newKey }) => Option.isSome(newKey)).length, 1)
      assert.deepStrictEqual(yield* counts, [{ tenants: 1, keys: 1 }])
    }).pipe(Effect.provide(Tested))
  )

  it.effect("takes a given key as often as it is given, into the same tenant", () =>
    Effect.gen(function* () {
      const secret = `pk_${"chosen-by-an-operator-".repeat(2)}`
      const first = yield* given(secret)
      assert.deepStrictEqual(yield* given(secret), first)
      assert.deepStrictEqual(first.newKey, Option.none())
      assert.deepStrictEqual(yield* counts, [{ tenants: 1, keys: 1 }])
      assert.strictEqual(yield* tagOf(authenticate(secret)), "allowed")
      const other = yield* given(makeSecret())
      assert.strictEqual(other.tenant.id, first.tenant.id)
      assert.deepStrictEqual((yield* generated).newKey, Option.none())
    }).pipe(Effect.provide(Tested))
  )

  it.effect("refuses a malformed key, and one that was revoked, and says why without it", () =>
    Effect.gen(function* () {
      for (const secret of ["secret-without-prefix-secret-without", `pk_${"a".repeat(28)}`, `pk_with spaces ${"a".repeat(40)}`]) {
        const error = yield* Effect.flip(given(secret))
        assert.strictEqual(error._tag, "InvalidRequest")
        assert.include(error.message, "PARLEY_BOOTSTRAP_API_KEY")
        assert.notInclude(error.message, secret)
      }
      const secret = makeSecret()
      yield* given(secret)
      const caller = yield* authenticate(secret)
      const [key] = yield* administer(caller, (administration) => administration.listApiKeys)
      assert.isDefined(key)
      yield* administer(caller, (administration) => administration.revokeApiKey(key.id))
      assert.strictEqual(yield* tagOf(given(secret)), "InvalidRequest")
      // With no administrator left, a new key is made rather than everybody locked out.
      assert.isTrue(Option.isSome((yield* generated).newKey))
    }).pipe(Effect.provide(Tested))
  )
})
