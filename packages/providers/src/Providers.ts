/** The door to all models: a name in, a model out, whoever runs it. */
import { Clock, Context, Effect, Layer } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { ModelNotFound } from "@parley/domain/Errors"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { CallOptions, ModelInfo, ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { ProviderRejected, withUsage } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { ProviderCircuits } from "./circuit/ProviderCircuits.ts"
import type { CircuitHealth } from "./circuit/CircuitHealth.ts"
import type { ModelFacts } from "./catalog/ModelFacts.ts"
import { makeModelNames } from "./catalog/ModelNames.ts"
import type { ModelNames } from "./catalog/ModelNames.ts"
import { makeModelCatalog } from "./ModelCatalog.ts"
import type { Embedder, EmbeddingClient } from "./embeddings/makeEmbedder.ts"
import type { ModelSource } from "./ModelSource.ts"
import { notFoundMessage, ownerOf } from "./modelNames.ts"
import type { OwnedModel } from "./modelNames.ts"
import { defaultLimits } from "./ProviderLimits.ts"
import type { ProviderLimits } from "./ProviderLimits.ts"
import { LedgerEntry } from "./routing/Ledger.ts"
import type { RouteConfig } from "./routing/Route.ts"
import { resolveRoute } from "./routing/resolveRoute.ts"
import type { RoutedAs } from "./routing/resolveRoute.ts"
import { hedgeBudgetsOf, makeRouter } from "./routing/Router.ts"
import type { Router } from "./routing/Router.ts"
import type { StreamOptions } from "./routing/RoutedCall.ts"
import type { RouteTarget } from "./routing/RouteTarget.ts"
import { sourcesOf } from "./providerSources.ts"
import type { AsleepProvider, ProvidersConfig } from "./ProvidersConfig.ts"
import { makeModelTokens } from "./tokens/ModelTokens.ts"
import type { ModelTokens } from "./tokens/ModelTokens.ts"
import type { TokenCounter } from "./tokens/TokenCounter.ts"
import { TokenWorker } from "./tokens/TokenWorker.ts"

export type { CircuitHealth } from "./circuit/CircuitHealth.ts"
export type { ProviderLimits } from "./ProviderLimits.ts"
export type { AsleepProvider, ProviderAccess, ProvidersConfig } from "./ProvidersConfig.ts"

export interface ResolvedModel {
  readonly provider: string
  readonly isDemo: boolean
  /** The provider's own name. */
  readonly model: string
  /** `provider/model` */
  readonly name: string
  /** Of a route: the providers of its targets. */
  readonly routedTo?: ReadonlyArray<string>
  /** What it is known to be good for; undefined: nobody knows, or a route whose targets are not all good for the same. */
  readonly kind: ModelFacts["kind"]
  /** Context window and price, as far as they are known. */
  readonly facts: ModelFacts
  readonly tokens: ModelTokens
  /** Of a route: those of one of its targets, by `provider/model`. */
  readonly tokensOf?: (target: string) => ModelTokens | undefined
  /** Both go through the target's circuit, set the request's `model`, and answer with the usage's cost where the price is known. */
  readonly complete: (request: ModelRequest) => Effect.Effect<ModelAnswer, ProviderError>
  /** The options hold without a route too: an answer is gone on with, and whoever gives a ledger accounts by itself. */
  readonly stream: (request: ModelRequest, sink: ModelSink, options?: StreamOptions) => Effect.Effect<ModelAnswer, ProviderError>
  /** Likewise; `ProviderRejected` when the provider has no embeddings. */
  readonly embed: Embedder
}

/** What somebody may ask; the same function for the same answer. */
export type Allows = (target: string) => boolean

export class Providers extends Context.Service<
  Providers,
  {
    /** A route is called with those of its targets that are allowed, by their `provider/model`; other models are not judged here. */
    readonly resolve: (name: string, allows?: Allows) => Effect.Effect<ResolvedModel, ModelNotFound>
    readonly models: Effect.Effect<ReadonlyArray<ModelInfo>>
    /** Ids of the providers that can be asked; the demo is among them only when nobody else is. */
    readonly live: ReadonlyArray<string>
    /** None of them is live. */
    readonly asleep: ReadonlyArray<AsleepProvider>
    readonly health: Effect.Effect<ReadonlyArray<CircuitHealth>>
  }
>()("@parley/providers/Providers") {
  /** The circuits' breakers keep their state in this process. */
  static layer(config: ProvidersConfig): Layer.Layer<Providers> {
    return Layer.provide(Providers.layerWithStore(config), CircuitBreaker.layerStoreMemory())
  }

  /** The circuits' breakers share their state through the store. */
  static layerWithStore(config: ProvidersConfig): Layer.Layer<Providers, never, CircuitBreaker.CircuitBreakerStore> {
    return Layer.unwrap(
      Effect.sync(() => {
        const limits = { ...defaultLimits, ...config.limits }
        const sources = sourcesOf(config, limits)
        return Layer.provide(Layer.effect(Providers, makeProviders(sources, limits, makeModelNames(config), config)), [
          ProviderCircuits.layer(sources, limits),
          TokenWorker.layer
        ])
      })
    )
  }
}

/** Names that were resolved are kept, up to this many. */
const maxResolved = 1_000

const makeProviders = Effect.fnUntraced(function* (
  sources: ReadonlyArray<ModelSource>,
  limits: ProviderLimits,
  names: ModelNames,
  { asleep = [], routes = {} }: Pick<ProvidersConfig, "asleep" | "routes">
) {
  const circuits = yield* ProviderCircuits
  const worker = yield* TokenWorker
  const clock = yield* Clock.Clock
  const live = sources.map((source) => source.id)
  const catalog = yield* makeModelCatalog(
    sources.map(({ id, isDemo }) => ({
      id,
      isDemo,
      list: Effect.map(circuits.models(id), (listed) => listed.map(names.described))
    })),
    limits
  )
  const complete = (listed: ReadonlyArray<ModelInfo>) => names.complete(listed, live, routed)
  const models = Effect.map(catalog.models, complete)
  const resolved = new Map<string, ResolvedModel>()
  const embedders = new Map<string, EmbeddingClient>()
  const counters = new Map<string, TokenCounter>()
  for (const { counter, embedder, id } of sources) {
    if (embedder !== undefined) embedders.set(id, yield* embedder)
    if (counter !== undefined) counters.set(id, yield* counter)
  }

  const modelOf = ({ model, provider }: OwnedModel): ResolvedModel => {
    const owned = { model, provider }
    const isDemo = sources.some((source) => source.id === provider && source.isDemo)
    const facts = names.facts(provider, model)
    const embedder = embedders.get(provider)
    const tokens = makeModelTokens(model, facts, worker, counters.get(provider), clock)
    const settled = (request: ModelRequest, call: Effect.Effect<ModelAnswer, ProviderError>) =>
      Effect.map(call, (answer) => ({ ...answer, usage: tokens.settle(request, answer) }))
    /** What a call used that broke off is told with its error. */
    const accounted = (request: ModelRequest, call: (entry: LedgerEntry) => Effect.Effect<ModelAnswer, ProviderError>) =>
      Effect.suspend(() => {
        const entry = new LedgerEntry(`${provider}/${model}`, tokens, request)
        return Effect.catch(settled(request, call(entry)), (error) =>
          Effect.flatMap(entry.usage(false), (usage) => Effect.fail(withUsage(error, usage)))
        )
      })
    return {
      provider,
      isDemo,
      model,
      name: `${provider}/${model}`,
      kind: facts.kind ?? (embedder === undefined ? "chat" : undefined),
      facts,
      tokens,
      complete: (request) => accounted(request, (entry) => circuits.complete(owned, { ...request, model }, beginning(entry))),
      stream: (request, sink, options) => {
        if (options?.said !== undefined) return goneOnWith(owned).stream(request, sink, options)
        // Whoever has a ledger accounts by itself what breaks off.
        if (options?.ledger !== undefined) return settled(request, circuits.stream(owned, { ...request, model }, sink))
        return accounted(request, (entry) => {
          const heard: ModelSink = (events, control) => {
            entry.heard(events)
            sink(events, control)
          }
          return circuits.stream(owned, { ...request, model }, heard, beginning(entry))
        })
      },
      embed: (request, options) => {
        if (embedder === undefined) return Effect.fail(withoutEmbeddings(owned))
        const asked = { ...request, model }
        const embed: Embedder = (sent) => embedder.embed(sent, options)
        const call = Effect.suspend(() =>
          embedder.isFull() ? Effect.fail(embedder.full(model)) : circuits.embed(owned, asked, embed)
        )
        return Effect.map(call, (answer) => ({ ...answer, usage: tokens.settleInputs(request.inputs, answer.usage) }))
      }
    }
  }
  /** What goes on with an answer is a route's work, be it one of a single target that is called once. */
  const goneOnWith = (owned: OwnedModel): Router => {
    const config = { targets: [], midStream: false, retry: { attempts: 1 } }
    const target = { ...targetOf(owned), weight: 1, region: undefined, isFallback: false, firstTokenTimeoutMs: undefined }
    return makeRouter(target.name, config, [target])
  }
  const keep = (name: string, owned: OwnedModel): ResolvedModel => {
    const found = modelOf(owned)
    if (resolved.size >= maxResolved) resolved.clear()
    resolved.set(name, found)
    return found
  }

  const targetOf = (owned: OwnedModel): Omit<RouteTarget, keyof RoutedAs> => {
    const { embed, facts, kind, name, tokens } = modelOf(owned)
    const source = sources.find(({ id }) => id === owned.provider)
    return {
      owned,
      name,
      facts,
      tokens,
      goesOn: source?.goesOn?.(owned.model) ?? false,
      echoes: source?.echoes ?? false,
      circuit: () => circuits.target(owned),
      complete: (request, options) => circuits.complete(owned, request, options),
      stream: (request, sink, options) => circuits.stream(owned, request, sink, options),
      embed,
      kind
    }
  }
  const namedTargetOf = (owned: OwnedModel) => ({
    ...targetOf(owned),
    circuit: () => {
      const circuit = circuits.target(owned)
      circuit.isNamed = true
      return circuit
    }
  })
  /** Of a route, whoever asks: narrowed to some of its targets it makes no more extra calls. */
  const budgets = new Map(Object.entries(routes).map(([name, config]) => [name, hedgeBudgetsOf(config)]))
  const routeOf = (name: string, config: RouteConfig, allows: Allows): ResolvedModel | undefined => {
    const targetFor = (model: string): OwnedModel | undefined => {
      const owned = ownerOf(names.meant(model), live)
      return owned !== undefined && allows(`${owned.provider}/${owned.model}`) ? owned : undefined
    }
    const route = resolveRoute({ name, config, budgets: budgets.get(name), targetOf: namedTargetOf, ownerOf: targetFor })
    return (
      route && {
        ...modelOf(route.main),
        ...route.router,
        routedTo: route.providers,
        tokensOf: route.tokensOf,
        kind: route.kind,
        name,
        model: name
      }
    )
  }
  const routed = new Map(
    Object.entries(routes).flatMap(([name, config]): Array<[string, ResolvedModel]> => {
      const model = routeOf(name, config, () => true)
      return model === undefined ? [] : [[name, model]]
    })
  )
  /** Of whoever may not ask everything: as long as somebody holds what says so. */
  const narrowed = new WeakMap<Allows, Map<string, ResolvedModel | undefined>>()
  const narrowedTo = (allows: Allows, route: ResolvedModel): Effect.Effect<ResolvedModel, ModelNotFound> => {
    const { name } = route
    const known = narrowed.get(allows) ?? new Map<string, ResolvedModel | undefined>()
    const config = routes[name]
    if (!known.has(name) && config !== undefined) known.set(name, routeOf(name, config, allows))
    narrowed.set(allows, known)
    const model = known.get(name)
    const message = `None of the models behind "${name}" may be asked; an administrator allows them by their own names.`
    return model === undefined ? Effect.fail(new ModelNotFound({ model: name, message })) : Effect.succeed(model)
  }

  const resolve = (name: string, allows?: Allows): Effect.Effect<ResolvedModel, ModelNotFound> => {
    const meant = names.meant(name)
    const route = routed.get(name) ?? (resolved.has(name) ? undefined : routed.get(meant))
    if (route !== undefined) return allows === undefined ? Effect.succeed(route) : narrowedTo(allows, route)
    const known = resolved.get(name)
    if (known !== undefined) return Effect.succeed(known)
    const owner = ownerOf(meant, live)
    if (owner !== undefined) return Effect.sync(() => keep(name, owner))
    const named = ({ model }: ModelInfo) => model === meant
    const listed = complete(catalog.known()).find(named)
    if (listed !== undefined) return Effect.sync(() => keep(name, listed))
    return Effect.flatMap(catalog.soon, (found) => {
      const all = complete(found)
      const info = all.find(named)
      if (info !== undefined) return Effect.sync(() => keep(name, info))
      return Effect.fail(
        new ModelNotFound({ model: name, message: notFoundMessage(meant, live, allows && allowed(all, allows)) })
      )
    })
  }
  /** The providers of which something may be asked: a pattern for all models of one allows its own text. */
  const allowed = (all: ReadonlyArray<ModelInfo>, allows: Allows): ReadonlyArray<string> =>
    live.filter((id) => allows(`${id}/*`) || all.some((info) => info.provider === id && allows(info.id)))

  return Providers.of({
    resolve,
    models,
    live,
    // One that the environment makes live under the same id is.
    asleep: asleep.filter(({ id }) => !live.includes(id)),
    health: circuits.health
  })
})

const beginning = (entry: LedgerEntry): CallOptions => ({ began: () => entry.began() })

const withoutEmbeddings = ({ model, provider }: OwnedModel): ProviderRejected =>
  new ProviderRejected({ provider, model, message: `${provider} has no embeddings; ask a provider that has them` })
