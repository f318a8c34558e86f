/**
 * `Providers` whose configuration can be replaced while they are in use. Each configuration is a generation of its own, with its
 * connections and circuits. A new one takes over at once; calls that run in the old one end there, and with the last of them the old one is
 * closed. Breakers keep their state, which is in their store; statistics and idle connections begin anew.
 */
import { Context, Effect, Exit, Layer, Scope, Semaphore } from "effect"
import type { CircuitBreaker } from "effect/persistence"
import type { ModelNotFound } from "@parley/domain/Errors"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import { ProviderModelNotFound } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { makeOwnProviders, takesOwnKey } from "./OwnKeys.ts"
import type { OwnKeys, OwnProviders } from "./OwnKeys.ts"
import { Providers } from "./Providers.ts"
import type { Allows, ResolvedModel } from "./Providers.ts"
import type { ProvidersConfig } from "./ProvidersConfig.ts"

export class ProvidersReload extends Context.Service<
  ProvidersReload,
  {
    /** When it answers the new configuration is in force. One that cannot be built dies, and the old one stays. */
    readonly replace: (config: ProvidersConfig) => Effect.Effect<void>
    /** Generations that are not closed yet: one, but for those whose last calls are under way. */
    readonly generations: () => number
  }
>()("@parley/providers/ProvidersReload") {}

/** The same models, called with a tenant's own keys. */
export class OwnKeyProviders extends Context.Service<
  OwnKeyProviders,
  {
    readonly resolve: (own: OwnKeys, name: string, allows?: Allows) => Effect.Effect<ResolvedModel, ModelNotFound>
    readonly models: (own: OwnKeys) => Effect.Effect<ReadonlyArray<ModelInfo>>
    /** Whether a tenant can bring a key for it. */
    readonly accepts: (provider: string) => boolean
  }
>()("@parley/providers/OwnKeyProviders") {}

/** As a model was asked for. */
interface Asked {
  readonly name: string
  readonly allows: Allows | undefined
}

interface Generation {
  readonly config: ProvidersConfig
  readonly own: OwnProviders
  readonly providers: Providers["Service"]
  readonly scope: Scope.Closeable
  readonly models: WeakMap<ResolvedModel, ResolvedModel>
  calls: number
  isRetired: boolean
  isClosed: boolean
}

export const layerReloadable = (
  config: ProvidersConfig
): Layer.Layer<Providers | ProvidersReload | OwnKeyProviders, never, CircuitBreaker.CircuitBreakerStore> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const outer = yield* Effect.scope
      const needed = yield* Effect.context<CircuitBreaker.CircuitBreakerStore>()
      const turns = yield* Semaphore.make(1)
      let open = 0

      const build = Effect.fnUntraced(function* (next: ProvidersConfig) {
        const scope = yield* Scope.fork(outer)
        const built = Effect.all({
          context: Layer.buildWithScope(Providers.layerWithStore(next), scope),
          own: Scope.provide(makeOwnProviders(next), scope)
        }).pipe(Effect.provideContext(needed))
        const { context, own } = yield* Effect.onError(built, (cause) => Scope.close(scope, Exit.failCause(cause)))
        open++
        const generation: Generation = {
          config: next,
          own,
          providers: Context.get(context, Providers),
          scope,
          models: new WeakMap(),
          calls: 0,
          isRetired: false,
          isClosed: false
        }
        return generation
      })
      let current = yield* build(config)

      const closeIfDone = (generation: Generation): Effect.Effect<void> | undefined => {
        if (!generation.isRetired || generation.calls > 0 || generation.isClosed) return undefined
        generation.isClosed = true
        open--
        // In a fiber of its own: who ends the last call does not wait for connections to close.
        return Effect.asVoid(Effect.forkIn(Scope.close(generation.scope, Exit.void), outer))
      }

      const counted = <A, E>(generation: Generation, call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.suspend(() => {
          // Set inside the finalizer's reach, so that no interruption comes in between.
          let isCounted = false
          return Effect.onExitPrimitive(
            Effect.suspend(() => {
              isCounted = true
              generation.calls++
              return call
            }),
            () => {
              if (!isCounted) return undefined
              generation.calls--
              return closeIfDone(generation)
            }
          )
        })

      /** A model that was resolved in a generation which is closed by now is asked of the current one, under the same name. */
      const heldBy = (generation: Generation, asked: Asked, model: ResolvedModel): ResolvedModel => {
        const known = generation.models.get(model)
        if (known !== undefined) return known
        const inCurrent = <A>(call: (model: ResolvedModel) => Effect.Effect<A, ProviderError>): Effect.Effect<A, ProviderError> =>
          Effect.suspend(() =>
            generation.isClosed
              ? Effect.matchEffect(resolve(asked.name, asked.allows), {
                  onFailure: ({ message }) => Effect.fail(gone(model, message)),
                  onSuccess: call
                })
              : counted(generation, call(model))
          )
        const held: ResolvedModel = {
          ...model,
          complete: (request) => inCurrent((found) => found.complete(request)),
          stream: (request, sink, options) => inCurrent((found) => found.stream(request, sink, options)),
          embed: (request) => inCurrent((found) => found.embed(request))
        }
        generation.models.set(model, held)
        return held
      }

      const resolve: Providers["Service"]["resolve"] = (name, allows) =>
        Effect.suspend(() => {
          const generation = current
          return Effect.map(generation.providers.resolve(name, allows), (model) => heldBy(generation, { name, allows }, model))
        })

      /** Calls its own generation's providers of that tenant, which are made when they are not there, or are not there any more. */
      const ownedBy = (generation: Generation, own: OwnKeys, { allows, name }: Asked, model: ResolvedModel): ResolvedModel => {
        const asked = <A>(call: (model: ResolvedModel) => Effect.Effect<A, ProviderError>): Effect.Effect<A, ProviderError> =>
          Effect.suspend(() => {
            const at = generation.isClosed ? current : generation
            return counted(
              at,
              at.own.use(own, (providers) =>
                Effect.matchEffect(providers.resolve(name, allows), {
                  onFailure: ({ message }) => Effect.fail(gone(model, message)),
                  onSuccess: call
                })
              )
            )
          })
        return {
          ...model,
          complete: (request) => asked((found) => found.complete(request)),
          stream: (request, sink, options) => asked((found) => found.stream(request, sink, options)),
          embed: (request) => asked((found) => found.embed(request))
        }
      }
      const ownKeyProviders = OwnKeyProviders.of({
        resolve: (own, name, allows) =>
          Effect.suspend(() => {
            const generation = current
            const found = generation.own.use(own, (providers) => providers.resolve(name, allows))
            return Effect.map(found, (model) => ownedBy(generation, own, { name, allows }, model))
          }),
        models: (own) => Effect.suspend(() => current.own.use(own, ({ models }) => models)),
        accepts: (provider) => takesOwnKey(current.config, provider)
      })

      const replace = (next: ProvidersConfig): Effect.Effect<void> =>
        turns.withPermits(1)(
          Effect.uninterruptible(
            Effect.gen(function* () {
              const fresh = yield* build(next)
              const old = current
              current = fresh
              old.isRetired = true
              yield* closeIfDone(old) ?? Effect.void
            })
          )
        )

      return Context.make(
        Providers,
        Providers.of({
          resolve,
          models: Effect.suspend(() => current.providers.models),
          get live() {
            return current.providers.live
          },
          get asleep() {
            return current.providers.asleep
          },
          health: Effect.suspend(() => current.providers.health)
        })
      ).pipe(
        Context.add(ProvidersReload, ProvidersReload.of({ replace, generations: () => open })),
        Context.add(OwnKeyProviders, ownKeyProviders)
      )
    })
  )

const gone = ({ model, provider }: ResolvedModel, message: string): ProviderModelNotFound =>
  new ProviderModelNotFound({ provider, model, message })
