/** Tenants that bring keys of their own, beside those who do not: nobody's faults are another's. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { OwnKeys } from "../src/OwnKeys.ts"
import { defaultLimits } from "../src/ProviderLimits.ts"
import { Providers } from "../src/Providers.ts"
import type { ResolvedModel } from "../src/Providers.ts"
import { layerReloadable, OwnKeyProviders } from "../src/ReloadableProviders.ts"
import { ask } from "./support/requests.ts"
import { startOpenaiWire } from "./wire/openaiWire.ts"
import { answer, httpError } from "./wire/WireServer.ts"

/** As in the program: the store stands in the context of whoever calls, too. */
const callers = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, CircuitBreaker.layerStoreMemory())

const world = Effect.gen(function* () {
  const wire = yield* startOpenaiWire
  const context = yield* Layer.build(
    layerReloadable({
      configured: [{ id: "one", kind: "openai-compatible", baseUrl: wire.baseUrl, apiKey: Redacted.make("operators") }]
    })
  )
  const providers = Context.get(context, Providers)
  const ownProviders = Context.get(context, OwnKeyProviders)
  const own = (id: string) => ownProviders.resolve(new OwnKeys(id, new Map([["one", Redacted.make(`key-of-${id}`)]])), "one/m")
  const fails = (model: ResolvedModel) =>
    Effect.flatMap(
      Effect.sync(() => wire.enqueue(httpError(401))),
      () => Effect.flip(model.complete(ask("Hello")))
    )
  const answers = (model: ResolvedModel) =>
    Effect.gen(function* () {
      wire.enqueue(answer("Well"))
      yield* model.complete(ask("Hello"))
      return wire.requests.at(-1)?.headers["authorization"]
    })
  return { wire, shared: yield* providers.resolve("one/m"), own, fails, answers }
})

describe("a tenant's own keys", () => {
  it.live("that are refused shut nobody out but that tenant", () =>
    callers(
      Effect.gen(function* () {
        const { answers, fails, own, shared, wire } = yield* world
        const bad = yield* own("bad")
        for (let call = 0; call < defaultLimits.breakerFailures; call++) yield* fails(bad)
        const asked = wire.requests.length
        assert.strictEqual((yield* Effect.flip(bad.complete(ask("Hello"))))._tag, "ProviderUnavailable")
        assert.strictEqual(wire.requests.length, asked)
        assert.strictEqual(yield* answers(shared), "Bearer operators")
        assert.strictEqual(yield* answers(yield* own("good")), "Bearer key-of-good")
      })
    )
  )

  it.live("go on when the operator's is refused", () =>
    callers(
      Effect.gen(function* () {
        const { answers, fails, own, shared } = yield* world
        for (let call = 0; call < defaultLimits.breakerFailures; call++) yield* fails(shared)
        assert.strictEqual((yield* Effect.flip(shared.complete(ask("Hello"))))._tag, "ProviderUnavailable")
        assert.strictEqual(yield* answers(yield* own("good")), "Bearer key-of-good")
      })
    )
  )

  it.live("that were told to wait hold nobody else back", () =>
    callers(
      Effect.gen(function* () {
        const { answers, own, shared, wire } = yield* world
        const hasty = yield* own("hasty")
        wire.enqueue(httpError(429, undefined, { "retry-after": "30" }))
        yield* Effect.flip(hasty.complete(ask("Hello")))
        yield* Effect.flip(hasty.complete(ask("Hello")))
        assert.strictEqual(wire.requests.length, 1)
        assert.strictEqual(yield* answers(shared), "Bearer operators")
      })
    )
  )
})
