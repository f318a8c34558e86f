/** The master key is replaced, and no tenant's key is lost: over Postgres. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { resealProviderKeys } from "../../src/identity/resealProviderKeys.ts"
import { SecretBox } from "../../src/secrets/SecretBox.ts"
import { TenantSql } from "../../src/storage/TenantSql.ts"
import { secretOwner } from "../../src/tenants/TenantModels.ts"
import { seedTenant, TestDatabase } from "../storage/support/TestDatabase.ts"
import type { SeededTenant } from "../storage/support/TestDatabase.ts"

const boxOf = (first: string, ...former: ReadonlyArray<string>) =>
  Effect.map(
    Layer.build(SecretBox.layer([Redacted.make(first.repeat(32)), ...former.map((key) => Redacted.make(key.repeat(32)))])),
    (context) => Context.get(context, SecretBox)
  )
type Box = SecretBox["Service"]

const store = Effect.fnUntraced(function* ({ tenantId }: SeededTenant, provider: string, key: string, box: Box) {
  const sql = yield* SqlClient.SqlClient
  const { masterKeyId, sealed } = box.seal("provider-key", secretOwner(tenantId, provider), Redacted.make(key))
  const row = { tenant_id: tenantId, provider, master_key_id: masterKeyId, sealed, hint: key.slice(-4), created_at_ms: 1 }
  yield* sql`delete from provider_keys where tenant_id = ${tenantId} and provider = ${provider}`
  yield* sql`insert into provider_keys ${sql.insert(row)}`
})

const readWith = Effect.fnUntraced(function* ({ tenantId }: SeededTenant, box: Box) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ provider: string; masterKeyId: string; sealed: string }>`
    select provider, master_key_id as "masterKeyId", sealed from provider_keys where tenant_id = ${tenantId} order by provider`
  return rows.map((row) => {
    const opened = box.open("provider-key", secretOwner(tenantId, row.provider), row)
    return [row.provider, Option.getOrNull(Option.map(opened, Redacted.value))]
  })
})

layer(TestDatabase, { timeout: "60 seconds", excludeTestServices: true })("sealing again", (it) => {
  it.effect("puts every tenant's keys under the first master key, says which it cannot read, and may be repeated", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* seedTenant, yield* seedTenant]
      const [old, lost, both, fresh] = [yield* boxOf("a"), yield* boxOf("x"), yield* boxOf("b", "a"), yield* boxOf("b")]
      yield* store(one, "groq", "sk-groq-1", old)
      yield* store(one, "openai", "sk-openai-1", old)
      yield* store(two, "openai", "sk-openai-2", both)
      yield* store(two, "xai", "sk-lost", lost)
      const reseal = Effect.provideService(resealProviderKeys, SecretBox, both)
      const unreadable = [{ tenantId: two.tenantId, provider: "xai" }]
      assert.deepStrictEqual(yield* reseal, { resealed: 2, current: 1, unreadable })
      assert.deepStrictEqual(yield* readWith(one, fresh), [
        ["groq", "sk-groq-1"],
        ["openai", "sk-openai-1"]
      ])
      assert.deepStrictEqual(yield* readWith(two, fresh), [
        ["openai", "sk-openai-2"],
        ["xai", null]
      ])
      assert.deepStrictEqual(yield* readWith(two, lost), [
        ["openai", null],
        ["xai", "sk-lost"]
      ])
      assert.deepStrictEqual(yield* reseal, { resealed: 0, current: 3, unreadable })
    })
  )

  it.effect("leaves a key alone that is set while it works", () =>
    Effect.gen(function* () {
      const one = yield* seedTenant
      const [old, both] = [yield* boxOf("a"), yield* boxOf("b", "a")]
      yield* store(one, "openai", "sk-before", old)
      const context = yield* Effect.context<SqlClient.SqlClient>()
      const door = yield* TenantSql
      // Between the reading of the old one and the writing of it.
      const meddled = TenantSql.of({
        ...door,
        write: (tenantId, build) =>
          Effect.andThen(
            tenantId === one.tenantId
              ? Effect.orDie(Effect.provideContext(store(one, "openai", "sk-after", both), context))
              : Effect.void,
            door.write(tenantId, build)
          )
      })
      const { resealed } = yield* resealProviderKeys.pipe(
        Effect.provideService(SecretBox, both),
        Effect.provideService(TenantSql, meddled)
      )
      assert.strictEqual(resealed, 0)
      assert.deepStrictEqual(yield* readWith(one, yield* boxOf("b")), [["openai", "sk-after"]])
    })
  )
})
