/** A target that nobody calls, for what decides between targets. */
import { Effect } from "effect"
import { Supervised } from "../../src/circuit/Supervised.ts"
import { defaultLimits } from "../../src/ProviderLimits.ts"
import type { RouteTarget } from "../../src/routing/RouteTarget.ts"
import { makeModelTokens } from "../../src/tokens/ModelTokens.ts"
import { TokenWorker } from "../../src/tokens/TokenWorker.ts"
import { makeFake } from "../circuit/fakes.ts"

export const targetOf = (provider: string, facts: RouteTarget["facts"] = {}): RouteTarget => {
  const source = { id: provider, isDemo: false, make: Effect.succeed(makeFake(provider).provider) }
  const circuit = new Supervised({ source, limits: defaultLimits, inFlight: 0, probe: undefined }, "m")
  return {
    owned: { provider, model: "m" },
    name: `${provider}/m`,
    weight: 1,
    region: undefined,
    isFallback: false,
    firstTokenTimeoutMs: undefined,
    facts,
    tokens: makeModelTokens("m", {}, TokenWorker.of({ count: () => Effect.succeed(undefined) })),
    goesOn: false,
    echoes: false,
    circuit: () => circuit,
    complete: () => Effect.die("not called here"),
    stream: () => Effect.die("not called here"),
    embed: () => Effect.die("not called here"),
    kind: undefined
  }
}
