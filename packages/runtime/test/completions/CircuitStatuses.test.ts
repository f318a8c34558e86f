/** What an administrator is told of the providers, from circuits that were called. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ProviderRateLimited } from "@parley/domain/ProviderError"
import { ProviderStatuses } from "@parley/domain/ProviderStatuses"
import { Providers } from "@parley/providers/Providers"
import { fine, makeFake } from "../../../providers/test/circuit/fakes.ts"
import { ask } from "../../../providers/test/support/requests.ts"
import * as CircuitStatuses from "../../src/completions/CircuitStatuses.ts"
import { as, newCaller } from "../conversations/harness.ts"

const world = Effect.gen(function* () {
  const [one, two] = [makeFake("one"), makeFake("two")]
  const config = {
    extra: [one.provider, two.provider],
    asleep: [
      { id: "groq", variable: "GROQ_API_KEY" },
      { id: "two", variable: "TWO_KEY" }
    ],
    limits: { probeEveryMs: 0 }
  }
  const context = yield* Layer.build(Layer.provideMerge(CircuitStatuses.layer, Providers.layer(config)))
  const statuses = Context.get(context, ProviderStatuses)
  const caller = yield* newCaller
  return {
    one,
    model: yield* Effect.orDie(Context.get(context, Providers).resolve("one/m")),
    asAdmin: as({ ...caller, roles: ["admin"], scopes: ["tenants"] })(statuses.all),
    asMember: as(caller)(statuses.all)
  }
})

describe("the statuses of the providers", () => {
  it.effect("tell who is live, asked or not, and who sleeps for want of which variable; one that is live does not sleep", () =>
    Effect.gen(function* () {
      const { asAdmin } = yield* world
      assert.deepStrictEqual(yield* asAdmin, [
        { provider: "one", state: "live", targets: [] },
        { provider: "two", state: "live", targets: [] },
        { provider: "groq", state: "asleep", missing: "GROQ_API_KEY" }
      ])
    })
  )

  it.effect("tell of a target what came of its calls, only by failures that happened, and how long it is left alone", () =>
    Effect.gen(function* () {
      const { asAdmin, model, one } = yield* world
      one.does(Effect.delay(Effect.succeed(fine), 40))
      const asked = yield* Effect.forkChild(model.complete(ask("Hi")), { startImmediately: true })
      yield* TestClock.adjust(40)
      yield* Fiber.join(asked)
      one.does(Effect.fail(new ProviderRateLimited({ provider: "one", model: "m", message: "slow down", retryAfterMs: 5_000 })))
      yield* Effect.exit(model.complete(ask("Hi")))
      yield* TestClock.adjust(1_000)
      const [status] = yield* asAdmin
      assert.isTrue(status?.state === "live")
      if (status?.state !== "live") return
      const [target] = status.targets
      assert.deepInclude(target, {
        target: "one/m",
        circuit: "closed",
        inFlight: 0,
        succeeded: 1,
        failed: 1,
        failures: { ProviderRateLimited: 1 },
        heldMs: 4_000,
        retryAfterMs: 4_000,
        lastFailure: "ProviderRateLimited: slow down",
        probe: null
      })
      assert.deepInclude(target?.recent, {
        succeeded: 1,
        failed: 1,
        errorShare: 0.5,
        firstTokenP50Ms: null,
        tokensPerSecond: null
      })
      assert.isAtLeast(target?.recent.wholeP50Ms ?? 0, 30)
      assert.isBelow(target?.maxConcurrent ?? 0, target?.mostConcurrent ?? 0)
    })
  )

  it.effect("are for administrators alone", () =>
    Effect.gen(function* () {
      const { asMember } = yield* world
      assert.strictEqual((yield* Effect.flip(asMember))._tag, "Forbidden")
    })
  )
})
