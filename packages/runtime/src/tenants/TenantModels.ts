/**
 * The models of one tenant: those that it may ask, called with its own keys where it brought some. What is in force comes with the tenant's
 * policy; whether a name is allowed is looked up in memory.
 */
import { createHash } from "node:crypto"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { ModelNotFound, ModelUnsuited } from "@parley/domain/Errors"
import type { TenantId } from "@parley/domain/Ids"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import { OwnKeys } from "@parley/providers/OwnKeys"
import { Providers } from "@parley/providers/Providers"
import type { Allows, ResolvedModel } from "@parley/providers/Providers"
import { OwnKeyProviders } from "@parley/providers/ReloadableProviders"
import { SecretBox } from "../secrets/SecretBox.ts"
import type { TenantPolicy } from "./TenantPolicies.ts"
import { Tenants } from "./Tenants.ts"
import type { TenantError } from "./Tenants.ts"

export class TenantModels extends Context.Service<
  TenantModels,
  {
    /**
     * For one use, now. A model that the tenant may not ask is as unknown to it as one that is not there; one that is known to do nothing of
     * that kind is refused. `chat` when absent.
     */
    readonly resolve: (
      tenantId: TenantId,
      name: string,
      kind?: ModelUnsuited["kind"]
    ) => Effect.Effect<ResolvedModel, ModelNotFound | ModelUnsuited | TenantError>
    readonly models: (tenantId: TenantId) => Effect.Effect<ReadonlyArray<ModelInfo>, TenantError>
  }
>()("@parley/runtime/tenants/TenantModels") {
  /** Every model, for every tenant. */
  static readonly layerOpen: Layer.Layer<TenantModels, never, Providers> = Layer.effect(
    TenantModels,
    Effect.map(Providers, (providers) =>
      TenantModels.of({
        resolve: (_tenantId, name, kind = "chat") => suited(providers.resolve(name), name, kind, providers.models),
        models: () => providers.models
      })
    )
  )

  static readonly layer: Layer.Layer<TenantModels, never, Providers | OwnKeyProviders | Tenants | SecretBox> = Layer.effect(
    TenantModels,
    Effect.suspend(() => make)
  )
}

/** What a tenant's policy means for its models; undefined: nothing but what everybody has. */
interface Access {
  /** Undefined: all models. */
  readonly allows: Allows | undefined
  readonly own: OwnKeys | undefined
  /** Providers whose key the tenant brought and this process cannot read. */
  readonly unreadable: ReadonlySet<string>
}

const make = Effect.gen(function* () {
  const providers = yield* Providers
  const ownKeyProviders = yield* OwnKeyProviders
  const tenants = yield* Tenants
  const box = yield* SecretBox
  /** Policies are replaced as a whole. */
  const accesses = new WeakMap<TenantPolicy, Access>()

  const accessOf = (tenantId: TenantId, policy: TenantPolicy): Access | undefined => {
    if (policy.allowedModels === null && policy.providerKeys.length === 0) return undefined
    const known = accesses.get(policy)
    if (known !== undefined) return known
    const keys = new Map<string, Redacted.Redacted>()
    const unreadable = new Set<string>()
    for (const row of policy.providerKeys) {
      const opened = box.open("provider-key", secretOwner(tenantId, row.provider), row)
      if (Option.isSome(opened)) keys.set(row.provider, opened.value)
      else unreadable.add(row.provider)
    }
    const access: Access = {
      allows: policy.allowedModels === null ? undefined : makeAllows(policy.allowedModels),
      own: keys.size === 0 ? undefined : new OwnKeys(ownId(tenantId, keys), keys),
      unreadable
    }
    accesses.set(policy, access)
    return access
  }

  const withAccess = <A, E>(
    tenantId: TenantId,
    use: (access: Access | undefined) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | TenantError> => {
    const policy = tenants.peekPolicy(tenantId)
    return policy === undefined
      ? Effect.flatMap(tenants.policy(tenantId), (loaded) => use(accessOf(tenantId, loaded)))
      : use(accessOf(tenantId, policy))
  }

  /**
   * Of a route each target is judged by its own name, so that no name leads to a model that the tenant may not ask. Whether there is one that it may
   * not ask is told to nobody: of a name that its list does not hold it hears the same, whatever stands behind it.
   */
  const judged = ({ allows, own, unreadable }: Access, name: string): Effect.Effect<ResolvedModel, ModelNotFound> => {
    const judge = (resolved: Effect.Effect<ResolvedModel, ModelNotFound>): Effect.Effect<ResolvedModel, ModelNotFound> => {
      if (allows === undefined) return resolved
      const isNamed = allows(name)
      return Effect.matchEffect(resolved, {
        onFailure: (error) => Effect.fail(isNamed ? error : notAllowed(name)),
        onSuccess: (model) => {
          if (allows(model.name)) return Effect.succeed(model)
          // Allowed by this name only, as by an alias: what remembers the model remembers it by that.
          return isNamed ? Effect.succeed({ ...model, name }) : Effect.fail(notAllowed(name))
        }
      })
    }
    const shared = Effect.flatMap(judge(providers.resolve(name, allows)), (model) => {
      const sealed = providersOf(model).find((provider) => unreadable.has(provider))
      return sealed === undefined ? Effect.succeed(model) : Effect.fail(unreadableKey(name, sealed))
    })
    if (own === undefined) return shared
    return Effect.flatMap(judge(ownKeyProviders.resolve(own, name, allows)), (model) =>
      providersOf(model).some((provider) => own.keys.has(provider)) ? Effect.succeed(model) : shared
    )
  }

  const isListed = (access: Access, id: string, provider: string): Effect.Effect<boolean> => {
    if (access.allows === undefined) return Effect.succeed(true)
    if (!access.allows(id)) return Effect.succeed(false)
    return provider === routeProvider ? Effect.isSuccess(judged(access, id)) : Effect.succeed(true)
  }

  const models = (tenantId: TenantId): Effect.Effect<ReadonlyArray<ModelInfo>, TenantError> =>
    Effect.suspend(() =>
      withAccess(tenantId, (access) => {
        if (access === undefined) return providers.models
        const { own, unreadable } = access
        const shared = Effect.map(providers.models, (all) => all.filter(({ provider }) => !unreadable.has(provider)))
        const all =
          own === undefined
            ? shared
            : Effect.zipWith(shared, ownKeyProviders.models(own), (theirs, ours) => [
                ...theirs.filter(({ provider }) => !own.keys.has(provider)),
                ...ours.filter(({ provider }) => own.keys.has(provider))
              ])
        return Effect.flatMap(all, (models) => Effect.filter(models, ({ id, provider }) => isListed(access, id, provider)))
      })
    )

  return TenantModels.of({
    // Not suspended: for most tenants the model is here already, and the caller sees that it is.
    resolve: (tenantId, name, kind = "chat") =>
      suited(
        withAccess(tenantId, (access) => (access === undefined ? providers.resolve(name) : judged(access, name))),
        name,
        kind,
        models(tenantId)
      ),
    models
  })
})

/** How long the list is waited for that says what to ask instead. */
const suitedWaitMs = 2_000
/** Models that are named instead. */
const maxSuited = 5

const suited = <E>(
  found: Effect.Effect<ResolvedModel, E>,
  name: string,
  kind: ModelUnsuited["kind"],
  models: Effect.Effect<ReadonlyArray<ModelInfo>, TenantError>
): Effect.Effect<ResolvedModel, E | ModelUnsuited> =>
  Effect.flatMapEager(found, (model) =>
    model.kind === undefined || model.kind === kind ? Effect.succeed(model) : unsuited(name, kind, models)
  )

const unsuited = (
  name: string,
  kind: ModelUnsuited["kind"],
  models: Effect.Effect<ReadonlyArray<ModelInfo>, TenantError>
): Effect.Effect<never, ModelUnsuited> =>
  Effect.gen(function* () {
    const listed = yield* models.pipe(Effect.timeoutOption(suitedWaitMs), Effect.orElseSucceed(Option.none))
    const suited = Option.getOrElse(listed, (): ReadonlyArray<ModelInfo> => [])
      .filter((info) => info.kind === kind)
      .slice(0, maxSuited)
      .map(({ id }) => id)
    const does = kind === "chat" ? "makes embeddings and does not answer" : "answers and makes no embeddings"
    const instead = suited.length === 0 ? "" : ` Ask ${suited.join(", ")};`
    const message = `The model "${name.slice(0, maxQuotedLength)}" ${does}.${instead} GET /v1/models lists what each is for.`
    return yield* new ModelUnsuited({ model: name, kind, suited, message })
  })

/** Under which provider routes are listed: theirs is none. */
const routeProvider = "route"

/** Whoever may be called for it. */
const providersOf = ({ provider, routedTo = [provider] }: ResolvedModel): ReadonlyArray<string> => routedTo

/** What a sealed key belongs to. */
export const secretOwner = (tenantId: TenantId, provider: string): string => `${tenantId}/${provider}`

/** Another for every change of a key, and no key can be read from it. */
const ownId = (tenantId: TenantId, keys: ReadonlyMap<string, Redacted.Redacted>): string => {
  const hash = createHash("sha256")
  for (const [provider, key] of [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${provider}\0${Redacted.value(key)}\0`)
  }
  return `${tenantId}:${hash.digest("hex").slice(0, 16)}`
}

/** Names that were looked up are remembered, up to this many: clients invent them. */
const maxRemembered = 1_000

export const makeAllows = (patterns: ReadonlyArray<string>): ((name: string) => boolean) => {
  const expressions = patterns.map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .split("*")
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*")}$`,
        "su"
      )
  )
  const remembered = new Map<string, boolean>()
  return (name) => {
    const known = remembered.get(name)
    if (known !== undefined) return known
    const isAllowed = expressions.some((expression) => expression.test(name))
    if (remembered.size >= maxRemembered) remembered.clear()
    remembered.set(name, isAllowed)
    return isAllowed
  }
}

/** Longest part of a name that an error repeats, in UTF-16 code units. */
const maxQuotedLength = 200

const notAllowed = (name: string): ModelNotFound =>
  new ModelNotFound({
    model: name,
    message: `There is no model "${name.slice(0, maxQuotedLength)}" for this tenant; GET /v1/models lists those that it may ask.`
  })

const unreadableKey = (name: string, provider: string): ModelNotFound =>
  new ModelNotFound({
    model: name,
    message: `The tenant's own key of ${provider} was sealed under another master key: set it again, or give that PARLEY_MASTER_KEY back.`
  })
