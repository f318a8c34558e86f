/** A route of the configuration with the targets of it that are live. */
import type { OwnedModel } from "../modelNames.ts"
import type { RouteConfig, RouteTargetConfig } from "./Route.ts"
import { makeRouter } from "./Router.ts"
import type { HedgeBudgets, Router } from "./Router.ts"
import type { RouteTarget } from "./RouteTarget.ts"
import type { ModelTokens } from "../tokens/ModelTokens.ts"

export interface ResolvedRoute {
  readonly router: Router
  /** What the name stands for where one model has to: the target with the largest window that is known, else the first. */
  readonly main: OwnedModel
  readonly providers: ReadonlyArray<string>
  /** What all its targets are known to be good for; undefined: not all of them, or not for the same. */
  readonly kind: RouteTarget["kind"]
  /** Of one of its targets, by `provider/model`. */
  readonly tokensOf: (target: string) => ModelTokens | undefined
}

/** What of a target its route says. */
export type RoutedAs = Pick<RouteTarget, "weight" | "region" | "isFallback" | "firstTokenTimeoutMs">

/** Undefined when none of the targets is live: the name is then looked up as any other. */
export const resolveRoute = (options: {
  readonly name: string
  readonly config: RouteConfig
  readonly budgets: HedgeBudgets | undefined
  readonly ownerOf: (model: string) => OwnedModel | undefined
  readonly targetOf: (owned: OwnedModel) => Omit<RouteTarget, keyof RoutedAs>
}): ResolvedRoute | undefined => {
  const { budgets, config, name, ownerOf, targetOf } = options
  const wanted: ReadonlyArray<RouteTargetConfig & { readonly isFallback: boolean }> = [
    ...config.targets.map((target) => ({ ...target, isFallback: false })),
    ...(config.fallbacks ?? []).map((model) => ({ model, isFallback: true }))
  ]
  const targets = wanted.flatMap(({ model, ...given }): Array<RouteTarget> => {
    const owned = ownerOf(model)
    const { firstTokenTimeoutMs = config.firstTokenTimeoutMs, isFallback, region, weight = 1 } = given
    return owned === undefined ? [] : [{ ...targetOf(owned), weight, region, isFallback, firstTokenTimeoutMs }]
  })
  const [first] = targets
  if (first === undefined) return undefined
  const main = targets.reduce((best, target) => (windowOf(target) > windowOf(best) ? target : best), first)
  const providers = [...new Set(targets.map(({ owned }) => owned.provider))]
  const tokensOf = (target: string) => targets.find(({ name }) => name === target)?.tokens
  const kind = targets.every((target) => target.kind === first.kind) ? first.kind : undefined
  return { router: makeRouter(name, config, targets, budgets), main: main.owned, providers, kind, tokensOf }
}

const windowOf = ({ facts }: RouteTarget): number => facts.contextTokens ?? 0
