/** What the tests of circuits begin with. */
import { Effect } from "effect"
import { ProviderFailed } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { makeFake } from "./fakes.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"

export const fields = { provider: "one", model: "m", message: "as the test says" }
export const failing = Effect.fail(new ProviderFailed(fields))

/** Two targets, so that what happens to one can be seen not to happen to the other. */
export const twoTargets = Effect.fnUntraced(function* (limits = {}) {
  const one = makeFake("one")
  const two = makeFake("two")
  const providers = yield* providersOf({ extra: [one.provider, two.provider], limits: { openJitter: 0, ...limits } })
  const [modelOne, modelTwo] = yield* Effect.all([providers.resolve("one/m"), providers.resolve("two/m")])
  return {
    one,
    two,
    callOne: modelOne.complete(ask("Hello")),
    callTwo: modelTwo.complete(ask("Hello")),
    modelOne,
    healthOne: Effect.map(providers.health, ([first]) => first!)
  }
})

export const tagOf = <A>(call: Effect.Effect<A, ProviderError>) => Effect.map(Effect.flip(call), (error) => error._tag)
