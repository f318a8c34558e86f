import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { Completions } from "@parley/domain/Completions"
import { Busy, Forbidden, InternalError, Unavailable } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { ProviderTruncated } from "@parley/domain/ProviderError"
import * as ProviderCompletions from "../../src/completions/ProviderCompletions.ts"
import { TenantModels } from "../../src/tenants/TenantModels.ts"
import { Tenants } from "../../src/tenants/Tenants.ts"
import type { TenantError } from "../../src/tenants/Tenants.ts"
import { as, newCaller, openTenants, ScriptedProvider, text } from "../conversations/harness.ts"
import type { ScriptedCall } from "../conversations/harness.ts"

const world = (tenants: Layer.Layer<Tenants> = openTenants) =>
  Effect.gen(function* () {
    const provider = new ScriptedProvider()
    const context = yield* Layer.build(
      ProviderCompletions.layer.pipe(Layer.provide([TenantModels.layerOpen.pipe(Layer.provide(provider.layer)), tenants]))
    )
    const caller = yield* newCaller
    return { provider, completions: Context.get(context, Completions), caller, me: as(caller) }
  })

const request = { model: "scripted/one", messages: [{ role: "user" as const, content: text("Hi") }], parameters: {} }

/** Tenants of whom every one is refused. */
const refusing = (error: TenantError): Layer.Layer<Tenants> =>
  Layer.effect(
    Tenants,
    Effect.gen(function* () {
      const open = Context.get(yield* Layer.build(openTenants), Tenants)
      return Tenants.of({ ...open, withRequest: () => () => Effect.fail(error) })
    })
  )

describe("a stateless completion", () => {
  it.effect("passes every event on as it comes, under the provider's own name of the model", () =>
    Effect.gen(function* () {
      const { completions, me, provider } = yield* world()
      const seen: Array<ModelEvent> = []
      const asked = yield* Effect.forkChild(me(completions.stream(request, (events) => seen.push(...events))))
      const call = yield* provider.call(0)
      assert.strictEqual(call.request.model, "one")
      call.say("a", "b")
      assert.strictEqual(seen.length, 2)
      yield* call.complete("length")
      assert.strictEqual((yield* Fiber.join(asked)).finishReason, "length")
    })
  )

  it.effect("ends its provider's call when it is interrupted, and tells nothing any more", () =>
    Effect.gen(function* () {
      const { completions, me, provider } = yield* world()
      for (const [n, ask] of [completions.complete(request), completions.stream(request, () => undefined)].entries()) {
        const asked = yield* Effect.forkChild(me(ask))
        const call = yield* provider.call(n)
        yield* Fiber.interrupt(asked)
        yield* call.aborted
      }
    })
  )

  it.effect("fails as its provider does, and as its model cannot be found", () =>
    Effect.gen(function* () {
      const { completions, me, provider } = yield* world()
      const asked = yield* Effect.forkChild(Effect.flip(me(completions.complete(request))))
      const call = yield* provider.call(0)
      yield* call.fail(new ProviderTruncated({ provider: "scripted", model: "one", message: "cut" }))
      assert.strictEqual((yield* Fiber.join(asked))._tag, "ProviderTruncated")
      const unknown = yield* Effect.flip(me(completions.complete({ ...request, model: "nobody/none" })))
      assert.strictEqual(unknown._tag, "ModelNotFound")
      assert.strictEqual((yield* me(completions.models))[0]?.id, "scripted/one")
    })
  )

  it.effect("is not asked of a model that is known to make embeddings, nor counted for it", () =>
    Effect.gen(function* () {
      const { completions, me, provider } = yield* world()
      provider.facts.kind = "embedding"
      for (const ask of [completions.complete(request), completions.stream(request, () => undefined)]) {
        const error = yield* Effect.flip(me(ask))
        assert.strictEqual(error._tag, "ModelUnsuited")
        assert.include(error.message, `"scripted/one" makes embeddings and does not answer`)
      }
      assert.lengthOf(provider.calls, 0)
    })
  )

  it.effect("is admitted as the tenant of its caller, for as long as it lasts", () =>
    Effect.gen(function* () {
      const admitted: Array<TenantId> = []
      let live = 0
      const counting = Layer.effect(
        Tenants,
        Effect.gen(function* () {
          const open = Context.get(yield* Layer.build(openTenants), Tenants)
          return Tenants.of({
            ...open,
            withRequest: (tenantId) => (effect) =>
              Effect.suspend(() => {
                admitted.push(tenantId)
                live++
                return Effect.ensuring(
                  effect,
                  Effect.sync(() => live--)
                )
              })
          })
        })
      )
      const { caller, completions, me, provider } = yield* world(counting)
      const asked = yield* Effect.forkChild(me(completions.complete(request)))
      const call = yield* provider.call(0)
      assert.strictEqual(live, 1)
      yield* call.complete()
      yield* Fiber.join(asked)
      assert.strictEqual(live, 0)
      assert.deepStrictEqual(admitted, [caller.tenantId])
    })
  )

  it.effect("is counted without a detour when its tenant is here, also when it fails or is interrupted", () =>
    Effect.gen(function* () {
      let live = 0
      const here = Layer.effect(
        Tenants,
        Effect.gen(function* () {
          const open = Context.get(yield* Layer.build(openTenants), Tenants)
          return Tenants.of({
            ...open,
            withRequest: () => () => Effect.die(new Error("not asked")),
            tryEnter: () => (++live > 1 ? new Busy({ message: `${live--}`, retryAfterMs: 7 }) : "entered"),
            leave: () => {
              live--
            }
          })
        })
      )
      const { completions, me, provider } = yield* world(here)
      const ends = [
        (call: ScriptedCall) => call.complete(),
        (call: ScriptedCall) => call.fail(new ProviderTruncated({ provider: "scripted", model: "one", message: "cut" })),
        (_: ScriptedCall, asked: Fiber.Fiber<unknown, unknown>) => Fiber.interrupt(asked)
      ]
      for (const [n, end] of ends.entries()) {
        const asked = yield* Effect.forkChild(Effect.exit(me(completions.complete(request))))
        const call = yield* provider.call(n)
        assert.strictEqual(live, 1)
        assert.strictEqual((yield* Effect.flip(me(completions.complete(request))))._tag, "Busy")
        yield* end(call, asked)
        yield* Fiber.await(asked)
        assert.strictEqual(live, 0)
      }
    })
  )

  it.effect("that is not admitted asks no provider, and says when to come again", () =>
    Effect.gen(function* () {
      const refusals: ReadonlyArray<readonly [TenantError, readonly [string, number | undefined]]> = [
        [new Forbidden({ message: "suspended" }), ["Forbidden", undefined]],
        [new Busy({ message: "too many", retryAfterMs: 7 }), ["Busy", 7]],
        [new Unavailable({ message: "away", retryAfterMs: 9, workMayHaveHappened: false }), ["Busy", 9]],
        [new InternalError({ message: "a fault", workMayHaveHappened: false }), ["Busy", 500]]
      ]
      for (const [error, expected] of refusals) {
        const { completions, me, provider } = yield* world(refusing(error))
        const told = yield* Effect.flip(me(completions.stream(request, () => undefined)))
        assert.deepStrictEqual([told._tag, told._tag === "Busy" ? told.retryAfterMs : undefined], expected)
        assert.strictEqual(provider.calls.length, 0)
      }
    })
  )
})
