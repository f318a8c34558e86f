/** The order in which a request tries the targets of its route. Whether a target may be called now is not asked here. */
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { ratesAt } from "@parley/domain/ModelPrice"
import type { DollarRates } from "@parley/domain/ModelPrice"
import type { Strategy } from "./Route.ts"
import type { RouteTarget } from "./RouteTarget.ts"

export interface OrderOptions {
  readonly strategy: Strategy
  readonly region: string | undefined
  readonly isStream: boolean
  readonly nowMs: number
  /** From 0 up to, but not including, 1. */
  readonly random: () => number
}

/** Targets by the strategy, those of the route's region first; then the fallbacks as they stand. */
export const orderTargets = (targets: ReadonlyArray<RouteTarget>, options: OrderOptions): ReadonlyArray<RouteTarget> => {
  if (targets.length === 1) return targets
  const weigh = weights[options.strategy]
  const weighed = targets.map((target, at) => ({ target, at, weight: target.isFallback ? 0 : weigh(target, options) }))
  return weighed
    .toSorted((a, b) => rankOf(a.target, options) - rankOf(b.target, options) || a.weight - b.weight || a.at - b.at)
    .map(({ target }) => target)
}

/** A target whose window is surely too small is left out, unless all are: then they may say so themselves. */
export const fitting = (targets: ReadonlyArray<RouteTarget>, request: ModelRequest): ReadonlyArray<RouteTarget> => {
  if (targets.every((target) => fits(target, request))) return targets
  const left = targets.filter((target) => fits(target, request))
  return left.length === 0 ? targets : left
}

/** Not surely too small. */
export const fits = ({ facts: { contextTokens }, tokens }: RouteTarget, request: ModelRequest): boolean =>
  contextTokens === undefined || tokens.surelyFits(request) || tokens.estimate(request) < contextTokens * estimateMargin

/** An estimate of a prompt may be this much too high. */
const estimateMargin = 1.3

const rankOf = ({ isFallback, region }: RouteTarget, options: OrderOptions): number =>
  isFallback ? 2 : options.region !== undefined && region !== options.region ? 1 : 0

/** Less goes first; what is equal, in the order of the configuration. */
const weights: Record<Strategy, (target: RouteTarget, options: OrderOptions) => number> = {
  priority: () => 0,
  // The least of exponential times with these rates is each target's with the probability of its weight among all.
  weighted: ({ weight }, { random }) => (weight === 0 ? Number.MAX_VALUE : -Math.log(1 - random()) / weight),
  "least-busy": (target) => target.circuit().statistics.inFlight,
  // One of which nothing is known goes first, so that something becomes known: by one call at a time, and not where calls only fail.
  "lowest-latency": (target, { isStream, nowMs }) => {
    const { statistics } = target.circuit()
    const knownMs = isStream ? statistics.firstTokenMs(nowMs, 0.5) : statistics.wholeMs(nowMs, 0.5)
    if (knownMs !== undefined) return knownMs
    return statistics.inFlight === 0 && !statistics.hasFailed(nowMs) ? 0 : Number.MAX_VALUE
  },
  "lowest-cost": ({ facts }, { nowMs }) =>
    facts.price === undefined ? Number.MAX_VALUE : typicalCost(ratesAt(facts.price, nowMs))
}

/** Tokens of a prompt for each of its answer, as chats have them. */
const promptTokensPerAnswerToken = 4

const typicalCost = ({ input, output }: DollarRates): number => input * promptTokensPerAnswerToken + output
