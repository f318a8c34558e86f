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

/** Of answers and of vectors: a route may be asked for both. */
export interface HedgeBudgets {
  readonly answering: HedgeBudget
  readonly embedding: HedgeBudget
}

export const hedgeBudgetsOf = (config: RouteConfig): HedgeBudgets => {
  const { budget, burst } = hedgeOf(config) ?? { budget: 0, burst: 0 }
  return { answering: new HedgeBudget(budget, burst), embedding: new HedgeBudget(budget, burst) }
}

const hedgeOf = ({ hedge }: RouteConfig): HedgeSettings | undefined =>
  hedge === undefined ? undefined : { ...defaultHedge, ...hedge }

export const makeRouter = (
  name: string,
  config: RouteConfig,
  targets: ReadonlyArray<RouteTarget>,
  budgets: HedgeBudgets = hedgeBudgetsOf(config),
  random: () => number = Math.random
): Router => {
  const { deadlineMs = defaultDeadlineMs, midStream = true, region, strategy = "priority" } = config
  const hedge = hedgeOf(config)
  const prefix = crypto.randomUUID()
  let requests = 0
  const settingsOf = (targets: ReadonlyArray<RouteTarget>, budget: HedgeBudget): RouteSettings => {
    const byPriority = orderTargets(targets, { strategy: "priority", region, isStream: true, nowMs: 0, random })
    return {
      name,
      order: (isStream, nowMs) =>
        strategy === "priority" ? byPriority : orderTargets(targets, { strategy, region, isStream, nowMs, random }),
      deadlineMs,
      midStream,
      retry: { ...defaultRetry, ...config.retry },
      hedge,
      budget,
      timer: new HedgeTimer(),
      random,
      nextId: () => `${prefix}-${++requests}`
    }
  }
  const answering = settingsOf(suited(targets, "embedding"), budgets.answering)
  const embedding = settingsOf(suited(targets, "chat"), budgets.embedding)
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
