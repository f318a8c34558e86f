/** A route as it is called: its settings with their defaults, its targets, and one `RoutedCall` for each request. */
import { Effect } from "effect"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ModelSink } from "@parley/domain/ModelProvider"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { Embedder } from "../embeddings/makeEmbedder.ts"
import { HedgeBudget } from "./HedgeBudget.ts"
import { HedgeTimer } from "./HedgeTimer.ts"
import { orderTargets } from "./orderTargets.ts"
import { defaultDeadlineMs, defaultHedge, defaultRetry } from "./Route.ts"
import type { HedgeSettings, RetrySettings, RouteConfig } from "./Route.ts"
import { RoutedCall } from "./RoutedCall.ts"
import type { StreamOptions } from "./RoutedCall.ts"
import { RoutedEmbedding } from "./RoutedEmbedding.ts"
import type { RouteTarget } from "./RouteTarget.ts"

export interface Router {
  readonly complete: (request: ModelRequest) => Effect.Effect<ModelAnswer, ProviderError>
  readonly stream: (request: ModelRequest, sink: ModelSink, options?: StreamOptions) => Effect.Effect<ModelAnswer, ProviderError>
  readonly embed: Embedder
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
  const prefix = crypto.randomUUID()
  let requests = 0
  const settingsOf = (targets: ReadonlyArray<RouteTarget>): RouteSettings => {
    const byPriority = orderTargets(targets, { strategy: "priority", region, isStream: true, nowMs: 0, random })
    return {
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
  }
  const answering = settingsOf(suited(targets, "embedding"))
  const embedding = settingsOf(suited(targets, "chat"))
  return {
    complete: (request) => Effect.suspend(() => new RoutedCall(answering, request, undefined, {}).run()),
    stream: (request, sink, options = {}) => Effect.suspend(() => new RoutedCall(answering, request, sink, options).run()),
    embed: (request) => Effect.suspend(() => new RoutedEmbedding(embedding, request).run())
  }
}

/** Without those that are known to be good for something else only; where that is all of them, they may say so themselves. */
const suited = (targets: ReadonlyArray<RouteTarget>, other: RouteTarget["kind"]): ReadonlyArray<RouteTarget> => {
  const left = targets.filter(({ kind }) => kind !== other)
  return left.length === 0 ? targets : left
}
