/** Which models a tenant may ask, and with whose keys: over Postgres and provider wires. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { SqlClient } from "effect/sql"
import { Caller } from "@parley/domain/Caller"
import { ModelAccess } from "@parley/domain/ModelAccess"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { layerReloadable } from "@parley/providers/ReloadableProviders"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import * as SqlModelAccess from "../../src/identity/SqlModelAccess.ts"
import { SecretBox } from "../../src/secrets/SecretBox.ts"
import { makeAllows, TenantModels } from "../../src/tenants/TenantModels.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import { callerWith, tagOf } from "../identity/support.ts"
import { seedTenant, TestDatabase } from "../storage/support/TestDatabase.ts"

const ask: ModelRequest = { model: "m", messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }], parameters: {} }

const world = Effect.gen(function* () {
  const wire = yield* startOpenaiWire
  wire.otherwise(() => answer("Hello"))
  wire.setModels(["small", "large"])
  const providers = layerReloadable({
    configured: [
      { id: "one", kind: "openai-compatible", baseUrl: wire.baseUrl, apiKey: Redacted.make("sk-shared") },
      { id: "two", kind: "openai-compatible", baseUrl: wire.baseUrl, apiKey: Redacted.make("sk-shared") }
    ],
    aliases: { fast: "one/small", best: "both" },
    routes: {
      both: { targets: [{ model: "two/large" }, { model: "one/large" }], fallbacks: ["fast"] },
      // A model's own name, with another to fall back on.
      "one/solo": { targets: [{ model: "one/solo" }], fallbacks: ["two/large"] }
    }
  }).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()))
  const context = yield* Layer.build(
    Layer.merge(TenantModels.layer, SqlModelAccess.layer).pipe(
      Layer.provide([providers, SecretBox.layer([Redacted.make("master".repeat(8))])])
    )
  )
  const own = yield* seedTenant
  const admin = callerWith({ tenantId: own.tenantId, principalId: own.alice }, ["admin"])
  const access = Context.get(context, ModelAccess)
  const models = Context.get(context, TenantModels)
  const as = (caller: Caller["Service"]) => Effect.provideService(Caller, caller)
  return { wire, own, admin, access, models, asAdmin: as(admin), as }
})

const Stored = Tenants.layer.pipe(Layer.provideMerge(TestDatabase))

layer(Stored, { timeout: "60 seconds", excludeTestServices: true })("the models of a tenant", (it) => {
  it.effect("are all until it has a list, and then those that fit; a change is in force at once", () =>
    Effect.gen(function* () {
      const { access, asAdmin, models, own } = yield* world
      const ids = Effect.map(models.models(own.tenantId), (all) => all.map(({ id }) => id))
      const isAllowed = (name: string) => tagOf(models.resolve(own.tenantId, name))
      assert.include(yield* ids, "two/large")
      yield* asAdmin(access.setAllowedModels(own.tenantId, { allowedModels: ["two/*", "fast"] }))
      assert.deepStrictEqual((yield* ids).toSorted(), ["fast", "two/large", "two/small"])
      assert.strictEqual(yield* isAllowed("two/large"), "allowed")
      assert.strictEqual(yield* isAllowed("fast"), "allowed")
      assert.strictEqual(yield* isAllowed("one/small"), "ModelNotFound")
      const { name } = yield* models.resolve(own.tenantId, "fast")
      assert.strictEqual(name, "fast", "remembered by the name by which it is allowed")
      assert.match((yield* Effect.flip(models.resolve(own.tenantId, "one/small"))).message, /for this tenant/)
      yield* asAdmin(access.setAllowedModels(own.tenantId, { allowedModels: null }))
      assert.strictEqual(yield* isAllowed("one/small"), "allowed")
      yield* asAdmin(access.setAllowedModels(own.tenantId, { allowedModels: [] }))
      assert.deepStrictEqual(yield* ids, [])
    })
  )

  it.effect(
    "are not reached through a route either: of its targets those are called that it may ask, and it is none without them",
    () =>
      Effect.gen(function* () {
        const { access, asAdmin, models, own, wire } = yield* world
        const allow = (...allowedModels: ReadonlyArray<string>) =>
          asAdmin(access.setAllowedModels(own.tenantId, { allowedModels }))
        const listed = Effect.map(models.models(own.tenantId), (all) => all.map(({ id }) => id))
        const answering = (name: string) =>
          Effect.flatMap(models.resolve(own.tenantId, name), (model) =>
            Effect.map(model.complete(ask), ({ attempts }) => attempts)
          )
        yield* allow("both", "best", "one/*")
        for (const name of ["both", "best"]) {
          assert.deepStrictEqual(
            (yield* answering(name))?.map(({ target }) => target),
            ["one/large"]
          )
        }
        assert.includeMembers([...(yield* listed)], ["both", "best"])
        wire.otherwise(() => httpError(500))
        const before = wire.requests.length
        assert.strictEqual((yield* Effect.flip(answering("both")))._tag, "ProviderFailed")
        // Again at the target that it may ask, and at the alias among the fallbacks, which means one that it may ask.
        assert.sameMembers([...new Set(wire.requests.slice(before).map(({ model }) => model))], ["large", "small"])
        // Its name alone allows none of them.
        yield* allow("both", "best")
        const refused = yield* Effect.flip(models.resolve(own.tenantId, "both"))
        assert.strictEqual(refused._tag, "ModelNotFound")
        assert.match(refused.message, /None of the models behind "both"/)
        assert.deepStrictEqual(yield* listed, [])
        // A route that has a model's own name falls back on nothing else.
        yield* allow("one/solo")
        wire.otherwise(({ model }) => (model === "solo" ? httpError(500) : answer("of another")))
        assert.strictEqual((yield* Effect.flip(answering("one/solo")))._tag, "ProviderFailed")
        yield* allow("one/solo", "two/*")
        assert.strictEqual((yield* answering("one/solo"))?.at(-1)?.target, "two/large")
      })
  )

  it.effect(
    "that it may not ask cannot be told from those that are not there, by whatever name, nor by its own key's state",
    () =>
      Effect.gen(function* () {
        const { access, asAdmin, models, own } = yield* world
        const answers = (names: ReadonlyArray<string>) =>
          Effect.forEach(names, (name) =>
            Effect.map(Effect.flip(models.resolve(own.tenantId, name)), (error) => [
              error._tag,
              error.message.replaceAll(name, "NAME")
            ])
          )
        const alike = (names: ReadonlyArray<string>) =>
          Effect.map(answers(names), (all) => assert.deepStrictEqual(new Set(all.map((one) => JSON.stringify(one))).size, 1))
        yield* asAdmin(access.setAllowedModels(own.tenantId, { allowedModels: ["two/*"] }))
        // There: a model, an alias, routes with and without a target that it may ask, a bare name. Not there: a model, a provider, a bare name.
        const names = ["one/small", "fast", "one/solo", "small", "one/none", "nobody/none", "none", "gpt-5"]
        yield* alike(names)
        yield* asAdmin(access.setProviderKey(own.tenantId, "one", { key: "sk-tenants-own-1234" }))
        yield* alike(names)
        const sql = yield* SqlClient.SqlClient
        yield* sql`update provider_keys set master_key_id = 'another' where tenant_id = ${own.tenantId}`
        yield* asAdmin(access.setAllowedModels(own.tenantId, { allowedModels: ["two/*"] }))
        yield* alike(names)
        // What it may ask by name is told apart all the same.
        yield* asAdmin(access.setAllowedModels(own.tenantId, { allowedModels: ["one/*"] }))
        assert.match((yield* Effect.flip(models.resolve(own.tenantId, "one/small"))).message, /master key/)
      })
  )

  it.effect("are called with its own key where it brought one; nobody else is, and no row tells it", () =>
    Effect.gen(function* () {
      const { access, as, asAdmin, models, own, wire } = yield* world
      const other = yield* seedTenant
      const owner = as(callerWith({ tenantId: own.tenantId, principalId: own.alice }, ["owner"]))
      const stored = yield* owner(access.setProviderKey(own.tenantId, "one", { key: "sk-tenants-own-1234" }))
      assert.deepInclude(stored, { provider: "one", hint: "1234", isReadable: true })
      const keyOf = (tenantId: typeof own.tenantId, model: string) =>
        Effect.gen(function* () {
          yield* (yield* models.resolve(tenantId, model)).complete(ask)
          return wire.requests.at(-1)?.headers.authorization
        })
      assert.strictEqual(yield* keyOf(own.tenantId, "one/small"), "Bearer sk-tenants-own-1234")
      assert.strictEqual(yield* keyOf(own.tenantId, "fast"), "Bearer sk-tenants-own-1234")
      assert.strictEqual(yield* keyOf(own.tenantId, "two/small"), "Bearer sk-shared")
      assert.strictEqual(yield* keyOf(other.tenantId, "one/small"), "Bearer sk-shared")

      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql`select row_to_json(k)::text as row from provider_keys k where tenant_id = ${own.tenantId}`
      assert.notInclude(JSON.stringify(rows), "sk-tenants-own")
      assert.notInclude(JSON.stringify(yield* owner(access.providerKeys(own.tenantId))), "sk-tenants-own")

      yield* owner(access.setProviderKey(own.tenantId, "one", { key: "sk-tenants-new-5678" }))
      assert.strictEqual(yield* keyOf(own.tenantId, "one/small"), "Bearer sk-tenants-new-5678")
      yield* asAdmin(access.removeProviderKey(own.tenantId, "one"))
      assert.strictEqual(yield* keyOf(own.tenantId, "one/small"), "Bearer sk-shared")
      assert.strictEqual(yield* tagOf(asAdmin(access.removeProviderKey(own.tenantId, "one"))), "NotFound")
    })
  )

  it.effect("fail at its own key's circuit without closing the shared one or another tenant's", () =>
    Effect.gen(function* () {
      const { access, asAdmin, models, own, wire } = yield* world
      const other = yield* seedTenant
      yield* asAdmin(access.setProviderKey(own.tenantId, "one", { key: "sk-failing-key" }))
      yield* asAdmin(access.setProviderKey(other.tenantId, "one", { key: "sk-other-key" }))
      wire.otherwise(({ headers }) => (headers.authorization === "Bearer sk-failing-key" ? httpError(500) : answer("Hello")))
      const called = (tenantId: typeof own.tenantId) =>
        tagOf(Effect.flatMap(models.resolve(tenantId, "one/small"), (model) => model.complete(ask)))
      let last = ""
      for (let i = 0; i < 20 && last !== "ProviderUnavailable"; i++) last = yield* called(own.tenantId)
      assert.strictEqual(last, "ProviderUnavailable")
      assert.strictEqual(yield* called(other.tenantId), "allowed")
      assert.strictEqual(yield* called((yield* seedTenant).tenantId), "allowed")
    })
  )

  it.effect("are not asked with anybody's key when its own was sealed under another master key", () =>
    Effect.gen(function* () {
      const { access, asAdmin, models, own } = yield* world
      yield* asAdmin(access.setProviderKey(own.tenantId, "one", { key: "sk-tenants-own" }))
      const sql = yield* SqlClient.SqlClient
      yield* sql`update provider_keys set master_key_id = 'another' where tenant_id = ${own.tenantId}`
      yield* asAdmin(access.setAllowedModels(own.tenantId, { allowedModels: null }))
      assert.deepInclude((yield* asAdmin(access.providerKeys(own.tenantId)))[0], { provider: "one", isReadable: false })
      const refused = yield* Effect.flip(models.resolve(own.tenantId, "one/small"))
      assert.strictEqual(refused._tag, "ModelNotFound")
      assert.match(refused.message, /master key/)
      assert.notInclude(
        (yield* models.models(own.tenantId)).map(({ id }) => id),
        "one/small"
      )
    })
  )

  it.effect("are the administrator's to allow, and its owner's to bring keys for; others see no such tenant", () =>
    Effect.gen(function* () {
      const { access, as, asAdmin, own } = yield* world
      const other = yield* seedTenant
      const owner = as(callerWith({ tenantId: own.tenantId, principalId: own.alice }, ["owner"]))
      const member = as(callerWith({ tenantId: own.tenantId, principalId: own.bob }, ["member"]))
      const all = { allowedModels: null }
      assert.strictEqual(yield* tagOf(owner(access.allowedModels(own.tenantId))), "allowed")
      assert.strictEqual(yield* tagOf(owner(access.setAllowedModels(own.tenantId, all))), "Forbidden")
      assert.strictEqual(yield* tagOf(member(access.setProviderKey(own.tenantId, "one", { key: "sk-12345678" }))), "Forbidden")
      assert.strictEqual(yield* tagOf(member(access.providerKeys(own.tenantId))), "Forbidden")
      assert.strictEqual(
        yield* tagOf(owner(access.setProviderKey(own.tenantId, "nobody", { key: "sk-12345678" }))),
        "InvalidRequest"
      )
      const attempts = [
        tagOf(owner(access.allowedModels(other.tenantId))),
        tagOf(owner(access.providerKeys(other.tenantId))),
        tagOf(owner(access.setProviderKey(other.tenantId, "one", { key: "sk-12345678" }))),
        tagOf(owner(access.removeProviderKey(other.tenantId, "one")))
      ]
      for (const attempt of attempts) assert.strictEqual(yield* attempt, "NotFound")
      assert.strictEqual(yield* tagOf(asAdmin(access.providerKeys(other.tenantId))), "allowed")
    })
  )
})

describe("a list of models", () => {
  it.each([
    [["openai/*"], "openai/gpt-5", true],
    [["openai/*"], "openai/", true],
    [["openai/*"], "xopenai/gpt-5", false],
    [["*"], "anything/at/all", true],
    [["gpt-5.1"], "gpt-541", false],
    [["groq/llama-*-8b"], "groq/llama-3-8b", true],
    [["groq/llama-*-8b"], "groq/llama-3-70b", false],
    [[], "openai/gpt-5", false],
    [["a(b|c)+"], "ab", false]
  ] as const)("%j for %s: %s", (patterns, name, isAllowed) => {
    const allows = makeAllows(patterns)
    assert.strictEqual(allows(name), isAllowed)
    assert.strictEqual(allows(name), isAllowed, "remembered")
  })
})
