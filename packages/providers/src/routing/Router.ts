/** A route as it is called: its settings with their defaults, its targets, and one `RoutedCall` for each request. */
import { Effect } from "effect"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ProviderError } from "@parley/domain/ProviderError"
import { HedgeBudget } from "./HedgeBudget.ts"
import { HedgeTimer } from "./HedgeTimer.ts"
import { orderTargets } from "./orderTargets.ts"
import { defaultDeadlineMs, defaultHedge, defaultRetry } from "./Route.ts"
import type { HedgeSettings, RetrySettings, RouteConfig } from "./Route.ts"
import { RoutedCall } from "./RoutedCall.ts"
import type { StreamOptions } from "./RoutedCall.ts"
import type { RouteTarget } from "./RouteTarget.ts"

export interface Router {
  readonly complete: (request: ModelRequest) => Effect.Effect<ModelAnswer, ProviderError>
  readonly stream: (request: ModelRequest, sink: ModelSink, options?: StreamOptions) => Effect.Effect<ModelAnswer, ProviderError>
}

export interface RouteSettings {
  readonly name: string
  readonly order: (isStream: boolean, nowMs: number) => ReadonlyArray<RouteTarget>
  readonly deadlineMs: number
  readonly midStream: boolean
  readonly retry: RetrySettings
  readonly hedge: HedgeSettings | undefined
  readonly budget: HedgeBudget
  readonly timer: HedgeTimer
  readonly random: () => number
  /** Of a request, for keys under which a provider works and charges once: no other process gives the same. */
  readonly nextId: () => string
}

export const makeRouter = (
  name: string,
  config: RouteConfig,
  targets: ReadonlyArray<RouteTarget>,
  random: () => number = Math.random
): Router => {
  const { deadlineMs = defaultDeadlineMs, midStream = true, region, strategy = "priority" } = config
  const hedge = config.hedge === undefined ? undefined : { ...defaultHedge, ...config.hedge }
  const byPriority = orderTargets(targets, { strategy: "priority", region, isStream: true, nowMs: 0, random })
  const prefix = crypto.randomUUID()
  let requests = 0
  const settings: RouteSettings = {
    name,
    order: (isStream, nowMs) =>
      strategy === "priority" ? byPriority : orderTargets(targets, { strategy, region, isStream, nowMs, random }),
    deadlineMs,
    midStream,
    retry: { ...defaultRetry, ...config.retry },
    hedge,
    budget: new HedgeBudget(hedge?.budget ?? 0, hedge?.burst ?? 0),
    timer: new HedgeTimer(),
    random,
    nextId: () => `${prefix}-${++requests}`
  }
  return {
    complete: (request) => Effect.suspend(() => new RoutedCall(settings, request, undefined, {}).run()),
    stream: (request, sink, options = {}) => Effect.suspend(() => new RoutedCall(settings, request, sink, options).run())
  }
}
