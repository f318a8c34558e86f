import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Embeddings } from "@parley/domain/Embeddings"
import { Busy, Forbidden, InternalError, Unavailable } from "@parley/domain/Errors"
import { Providers } from "@parley/providers/Providers"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { httpError } from "../../../providers/test/wire/WireServer.ts"
import * as ProviderEmbeddings from "../../src/completions/ProviderEmbeddings.ts"
import { TenantModels } from "../../src/tenants/TenantModels.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import type { TenantError } from "../../src/tenants/Tenants.ts"
import { as, newCaller, openTenants } from "../conversations/harness.ts"

const world = (tenants: Layer.Layer<Tenants> = openTenants) =>
  Effect.gen(function* () {
    const wire = yield* startOpenaiWire
    const providers = TenantModels.layerOpen.pipe(
      Layer.provide(Providers.layer({ openai: { apiKey: Redacted.make("key"), baseUrl: wire.baseUrl } }))
    )
    const context = yield* Layer.build(ProviderEmbeddings.layer.pipe(Layer.provide([providers, tenants])))
    return { wire, embeddings: Context.get(context, Embeddings), me: as(yield* newCaller) }
  })

/** Tenants of whom every one is refused. */
const refusing = (error: TenantError): Layer.Layer<Tenants> =>
  Layer.effect(
    Tenants,
    Effect.gen(function* () {
      const open = Context.get(yield* Layer.build(openTenants), Tenants)
      return Tenants.of({ ...open, withRequest: () => () => Effect.fail(error) })
    })
  )

describe("embeddings", () => {
  it.live("are the provider's, under its own name of the model", () =>
    Effect.gen(function* () {
      const { embeddings, me, wire } = yield* world()
      wire.enqueue(httpError(200, { data: [{ index: 0, embedding: [0.5] }], model: "v", usage: { prompt_tokens: 2 } }))
      const answer = yield* me(embeddings.embed({ model: "text-embedding-3-small", inputs: ["Hello"] }))
      assert.deepStrictEqual([...(answer.vectors[0] ?? [])], [0.5])
      assert.strictEqual(answer.usage.inputTokens, 2)
      assert.strictEqual(wire.requests[0]?.model, "text-embedding-3-small")
    })
  )

  it.live("cost what is published for their model, and tell who gave them", () =>
    Effect.gen(function* () {
      const { embeddings, me, wire } = yield* world()
      wire.enqueue(httpError(200, { data: [{ index: 0, embedding: [0.5] }], model: "v", usage: { prompt_tokens: 50 } }))
      const { attempts, usage } = yield* me(embeddings.embed({ model: "text-embedding-3-small", inputs: ["Hello"] }))
      assert.strictEqual(usage.costNanoDollars, 1_000)
      assert.deepStrictEqual(
        attempts?.map(({ target }) => target),
        ["openai/text-embedding-3-small"]
      )
    })
  )

  it.live("are not asked of a model that is known to answer, and those are named that can be asked", () =>
    Effect.gen(function* () {
      const { embeddings, me, wire } = yield* world()
      wire.setModels(["gpt-5", "text-embedding-3-small", "whisper-1"])
      const error = yield* Effect.flip(me(embeddings.embed({ model: "gpt-5", inputs: ["Hello"] })))
      assert.strictEqual(error._tag, "ModelUnsuited")
      if (error._tag !== "ModelUnsuited") return
      assert.deepStrictEqual([error.kind, error.suited], ["embedding", ["openai/text-embedding-3-small"]])
      assert.include(error.message, "Ask openai/text-embedding-3-small;")
      assert.lengthOf(
        wire.requests.filter(({ path }) => path.endsWith("/embeddings")),
        0
      )
    })
  )

  it.live("of a model that nobody has are not asked of anybody", () =>
    Effect.gen(function* () {
      const { embeddings, me, wire } = yield* world()
      const error = yield* Effect.flip(me(embeddings.embed({ model: "nobody/nothing", inputs: ["Hello"] })))
      assert.strictEqual(error._tag, "ModelNotFound")
      assert.lengthOf(wire.requests, 0)
    })
  )

  const refusals: ReadonlyArray<readonly [TenantError, string]> = [
    [new Busy({ message: "full", retryAfterMs: 10 }), "Busy"],
    [new Forbidden({ message: "suspended" }), "Forbidden"],
    [new Unavailable({ message: "away", retryAfterMs: 10, workMayHaveHappened: false }), "Busy"],
    [new InternalError({ message: "broken", workMayHaveHappened: false }), "Busy"]
  ]
  for (const [error, tag] of refusals) {
    it.live(`are not asked for a tenant who may not: ${error._tag} is told as ${tag}`, () =>
      Effect.gen(function* () {
        const { embeddings, me, wire } = yield* world(refusing(error))
        const told = yield* Effect.flip(me(embeddings.embed({ model: "openai/v", inputs: ["Hello"] })))
        assert.strictEqual(told._tag, tag)
        assert.lengthOf(wire.requests, 0)
      })
    )
  }
})
