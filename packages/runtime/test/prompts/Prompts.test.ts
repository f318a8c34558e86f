/** Prompts and presets against Postgres: whose they are, and who sees them. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Caller } from "@parley/domain/Caller"
import type { Role } from "@parley/domain/Caller"
import type { PrincipalId } from "@parley/domain/Ids"
import { maxPrompts, Prompts } from "@parley/domain/Prompts"
import { SqlPrompts } from "../../src/prompts/SqlPrompts.ts"
import { callerWith, tagOf } from "../identity/support.ts"
import { seedTenant, TestDatabase } from "../storage/support/TestDatabase.ts"

const Tested = SqlPrompts.layer.pipe(Layer.provideMerge(TestDatabase))

const seeded = Effect.gen(function* () {
  const tenant = yield* seedTenant
  const prompts = yield* Prompts
  const as =
    (principalId: PrincipalId, role: Role = "member") =>
    <A, E>(effect: Effect.Effect<A, E, Caller>) =>
      Effect.provideService(effect, Caller, callerWith({ ...tenant, principalId }, [role]))
  return { tenant, prompts, alice: as(tenant.alice), bob: as(tenant.bob), as }
})

layer(Tested, { timeout: "60 seconds" })("Prompts", (it) => {
  it.effect("are one's own, and with those that others share, by name", () =>
    Effect.gen(function* () {
      const { alice, bob, prompts } = yield* seeded
      const preset = yield* alice(
        prompts.create({
          kind: "preset",
          name: "pirate",
          text: "Talk \0 like one",
          model: "demo/echo",
          parameters: { temperature: 1 },
          isShared: true
        })
      )
      assert.deepInclude(preset, {
        text: "Talk \uFFFD like one",
        model: "demo/echo",
        parameters: { temperature: 1 },
        ownerName: "Alice"
      })
      const own = yield* alice(prompts.create({ kind: "prompt", name: "Ask {{what}}", text: "What is {{what}}?" }))
      assert.deepInclude(own, { model: null, parameters: {}, isShared: false })
      const theirs = yield* bob(prompts.create({ kind: "prompt", name: "Zoo", text: "" }))
      assert.deepStrictEqual(yield* alice(prompts.list), [own, preset])
      assert.deepStrictEqual(yield* bob(prompts.list), [theirs, preset])
    })
  )

  it.effect("are changed by their owner only, and only what is named", () =>
    Effect.gen(function* () {
      const { alice, bob, prompts } = yield* seeded
      const made = yield* alice(prompts.create({ kind: "preset", name: "a", text: "b", model: "demo/echo", isShared: true }))
      assert.strictEqual(yield* tagOf(bob(prompts.update(made.id, { name: "taken" }))), "NotFound")
      const changed = yield* alice(prompts.update(made.id, { name: "c", model: null, parameters: { seed: 1 } }))
      assert.deepStrictEqual(
        { ...changed, updatedAtMs: 0 },
        { ...made, name: "c", model: null, parameters: { seed: 1 }, updatedAtMs: 0 }
      )
      assert.deepInclude(yield* alice(prompts.update(made.id, { text: "d", isShared: false })), { text: "d", isShared: false })
      assert.deepStrictEqual(yield* bob(prompts.list), [])
    })
  )

  it.effect("are removed by their owner; shared ones by the tenant's owner too", () =>
    Effect.gen(function* () {
      const { alice, as, bob, prompts, tenant } = yield* seeded
      const shared = yield* alice(prompts.create({ kind: "prompt", name: "a", text: "", isShared: true }))
      const own = yield* alice(prompts.create({ kind: "prompt", name: "b", text: "" }))
      assert.strictEqual(yield* tagOf(bob(prompts.remove(shared.id))), "NotFound")
      const owner = as(tenant.bob, "owner")
      assert.strictEqual(yield* tagOf(owner(prompts.remove(own.id))), "NotFound")
      assert.strictEqual(yield* tagOf(owner(prompts.remove(shared.id))), "allowed")
      assert.strictEqual(yield* tagOf(alice(prompts.remove(own.id))), "allowed")
      assert.deepStrictEqual(yield* alice(prompts.list), [])
    })
  )

  it.effect("are nothing for guests", () =>
    Effect.gen(function* () {
      const { as, prompts, tenant } = yield* seeded
      const guest = as(tenant.bob, "guest")
      assert.strictEqual(yield* tagOf(guest(prompts.list)), "Forbidden")
      assert.strictEqual(yield* tagOf(guest(prompts.create({ kind: "prompt", name: "a", text: "" }))), "Forbidden")
    })
  )

  it.effect("are so many at most", () =>
    Effect.gen(function* () {
      const { alice, prompts, tenant } = yield* seeded
      const sql = yield* SqlClient.SqlClient
      yield* sql`
        insert into prompts (tenant_id, id, owner_id, kind, name, body, parameters, is_shared, created_at_ms, updated_at_ms)
        select ${tenant.tenantId}, 'pro_' || n, ${tenant.alice}, 'prompt', 'n', '', '{}', false, 1, 1
        from generate_series(1, ${maxPrompts}::int) n`
      assert.strictEqual(yield* tagOf(alice(prompts.create({ kind: "prompt", name: "one more", text: "" }))), "Conflict")
    })
  )
})
