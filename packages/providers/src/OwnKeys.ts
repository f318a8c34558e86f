/**
 * Providers called with a tenant's own keys. Each tenant that brought keys gets providers of its own: its connections, concurrency and circuits
 * are nobody else's, and the shared targets see neither its keys nor its faults. Idle ones are closed.
 */
import { Context, Effect, Equal, Hash, Layer, LayerMap } from "effect"
import type { Redacted, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { ConfiguredProvider } from "./catalog/ConfiguredProvider.ts"
import { vendorOf, vendors } from "./catalog/vendors.ts"
import type { VendorKind } from "./catalog/vendors.ts"
import { Providers } from "./Providers.ts"
import type { ProvidersConfig } from "./ProvidersConfig.ts"

/** What a tenant brought: by provider. `id` is another whenever one of the keys is, and equal ids are equal keys. */
export class OwnKeys implements Equal.Equal {
  readonly id: string
  readonly keys: ReadonlyMap<string, Redacted.Redacted>

  constructor(id: string, keys: ReadonlyMap<string, Redacted.Redacted>) {
    this.id = id
    this.keys = keys
  }

  [Hash.symbol](): number {
    return Hash.string(this.id)
  }

  [Equal.symbol](that: Equal.Equal): boolean {
    return that instanceof OwnKeys && that.id === this.id
  }
}

/** Without a call for so long, a tenant's own providers are closed. */
const idleMs = 300_000

export interface OwnProviders {
  /** The providers stay open until the call has ended. */
  readonly use: <A, E>(own: OwnKeys, call: (providers: Providers["Service"]) => Effect.Effect<A, E>) => Effect.Effect<A, E>
}

export const makeOwnProviders = Effect.fnUntraced(function* (
  config: ProvidersConfig
): Effect.fn.Return<OwnProviders, never, Scope.Scope | CircuitBreaker.CircuitBreakerStore> {
  const store = yield* CircuitBreaker.CircuitBreakerStore
  const all = yield* LayerMap.make(
    (own: OwnKeys) =>
      Providers.layerWithStore(withOwnKeys(config, own.keys)).pipe(
        Layer.provide(Layer.succeed(CircuitBreaker.CircuitBreakerStore, ownStore(store, own.id)))
      ),
    { idleTimeToLive: idleMs }
  )
  return {
    use: (own, call) => Effect.scoped(Effect.flatMap(all.contextEffect(own), (context) => call(Context.get(context, Providers))))
  }
})

type Store = CircuitBreaker.CircuitBreakerStore["Service"]

/** The state of a tenant's circuits stands beside that of the shared ones, under names of its own. */
const ownStore = (store: Store, id: string): Store => ({
  admit: (key) => store.admit(`${id}/${key}`),
  record: (options) => store.record({ ...options, key: `${id}/${options.key}` }),
  state: (key) => store.state(`${id}/${key}`)
})

/** Headers that hold a credential of the operator's are not sent with somebody else's key. */
const secretHeader = /authorization|cookie|key|token|secret/

export const withOwnKeys = (config: ProvidersConfig, keys: OwnKeys["keys"]): ProvidersConfig => {
  const configured = (config.configured ?? []).map((provider): ConfiguredProvider => {
    const apiKey = keys.get(provider.id)
    if (apiKey === undefined) return provider
    const headers = Object.fromEntries(Object.entries(provider.headers ?? {}).filter(([name]) => !secretHeader.test(name)))
    const { aws: _, ...rest } = provider
    return { ...rest, apiKey, headers }
  })
  const named = new Set(configured.map(({ id }) => id))
  const access = (id: "openai" | "anthropic") => {
    const apiKey = named.has(id) ? undefined : keys.get(id)
    return apiKey === undefined ? {} : { [id]: { ...config[id], apiKey } }
  }
  for (const [id, apiKey] of keys) {
    const isEnvironments = id === "openai" || id === "anthropic"
    if (!named.has(id) && !isEnvironments && isVendor(id) && hasOneAddress(id)) configured.push({ id, kind: id, apiKey })
  }
  return { ...config, ...access("openai"), ...access("anthropic"), configured }
}

/** Providers that a tenant can bring a key for: those of the configuration, and the vendors that have one address for everybody. */
export const takesOwnKey = (config: ProvidersConfig, provider: string): boolean =>
  (config.configured ?? []).some(({ id }) => id === provider) || (isVendor(provider) && hasOneAddress(provider))

const isVendor = (id: string): id is VendorKind => Object.hasOwn(vendors, id)

const hasOneAddress = (kind: VendorKind): boolean => {
  const { baseUrl, keyEnv, keyIsOptional } = vendorOf(kind)
  return baseUrl !== undefined && keyEnv !== undefined && keyIsOptional !== true
}
