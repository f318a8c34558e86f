/** A provider's model, resolved against a server of the test's own. */
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { Providers } from "../../src/Providers.ts"
import type { ProvidersConfig, ResolvedModel } from "../../src/Providers.ts"

/** Lives as long as the test's scope. */
export const providersOf = (config: ProvidersConfig): Effect.Effect<Providers["Service"], never, Scope.Scope> =>
  Effect.flatMap(Layer.build(Providers.layer(config)), (context) => Effect.provide(Providers, context))

export const modelOf = (config: ProvidersConfig, name: string): Effect.Effect<ResolvedModel, never, Scope.Scope> =>
  Effect.flatMap(providersOf(config), (providers) => Effect.orDie(providers.resolve(name)))
