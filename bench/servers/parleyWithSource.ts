/** Parley as `serve` composes it, with one more provider: a source of tokens inside the process. */
import { layerParley } from "@parley/cli/Parley"
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { Bootstrap } from "@parley/runtime/identity/Bootstrap"
import { Context, Effect, Layer } from "effect"
import { runWithSource } from "./withSource.ts"

runWithSource(
  Effect.fnUntraced(function* (all, url, more) {
    const context = yield* Layer.build(layerParley(all, url, more))
    yield* Effect.provide(Bootstrap.run({ givenKey: all.bootstrapApiKey }), context)
    return Context.get(context, GatewayServer).address.url
  })
)
