/**
 * `Providers` whose configuration can be replaced while they are in use. Each configuration is a generation of its own, with its
 * connections and circuits. A new one takes over at once; calls that run in the old one end there, and with the last of them the old one is
 * closed. Breakers keep their state, which is in their store; statistics and idle connections begin anew.
 */
import { Context, Effect, Exit, Layer, Scope, Semaphore } from "effect"
import type { CircuitBreaker } from "effect/persistence"
import { ProviderModelNotFound } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { Providers } from "./Providers.ts"
import type { ResolvedModel } from "./Providers.ts"
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

interface Generation {
  readonly providers: Providers["Service"]
  readonly scope: Scope.Closeable
  readonly models: WeakMap<ResolvedModel, ResolvedModel>
  calls: number
  isRetired: boolean
  isClosed: boolean
}

export const layerReloadable = (
  config: ProvidersConfig
): Layer.Layer<Providers | ProvidersReload, never, CircuitBreaker.CircuitBreakerStore> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const outer = yield* Effect.scope
      const needed = yield* Effect.context<CircuitBreaker.CircuitBreakerStore>()
      const turns = yield* Semaphore.make(1)
      let open = 0

      const build = Effect.fnUntraced(function* (next: ProvidersConfig) {
        const scope = yield* Scope.fork(outer)
        const built = Layer.buildWithScope(Providers.layerWithStore(next), scope).pipe(Effect.provideContext(needed))
        const context = yield* Effect.onError(built, (cause) => Scope.close(scope, Exit.failCause(cause)))
        open++
        const generation: Generation = {
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
      const heldBy = (generation: Generation, name: string, model: ResolvedModel): ResolvedModel => {
        const known = generation.models.get(model)
        if (known !== undefined) return known
        const inCurrent = <A>(call: (model: ResolvedModel) => Effect.Effect<A, ProviderError>): Effect.Effect<A, ProviderError> =>
          Effect.suspend(() =>
            generation.isClosed
              ? Effect.matchEffect(resolve(name), {
                  onFailure: ({ message }) => Effect.fail(gone(model, message)),
                  onSuccess: call
                })
              : counted(generation, call(model))
          )
        const held: ResolvedModel = {
          ...model,
          complete: (request) => inCurrent((found) => found.complete(request)),
          stream: (request, sink) => inCurrent((found) => found.stream(request, sink)),
          embed: (request) => inCurrent((found) => found.embed(request))
        }
        generation.models.set(model, held)
        return held
      }

      const resolve: Providers["Service"]["resolve"] = (name) =>
        Effect.suspend(() => {
          const generation = current
          return Effect.map(generation.providers.resolve(name), (model) => heldBy(generation, name, model))
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
          health: Effect.suspend(() => current.providers.health)
        })
      ).pipe(Context.add(ProvidersReload, ProvidersReload.of({ replace, generations: () => open })))
    })
  )

const gone = ({ model, provider }: ResolvedModel, message: string): ProviderModelNotFound =>
  new ProviderModelNotFound({ provider, model, message })
