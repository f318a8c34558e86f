/** How a name is answered by several targets: what a configuration says, with every bound by its name. */

export const strategies = ["priority", "weighted", "least-busy", "lowest-latency", "lowest-cost"] as const
export type Strategy = (typeof strategies)[number]

export interface RouteConfig {
  readonly strategy?: Strategy
  readonly targets: ReadonlyArray<RouteTargetConfig>
  /** Models that are asked only when no target answers, in this order. */
  readonly fallbacks?: ReadonlyArray<string>
  /** Targets of this region go first, whatever the strategy. */
  readonly region?: string
  /** After this long no further call begins; one that runs goes on. */
  readonly deadlineMs?: number
  /** How long each call that streams is given for its first token: then it has failed. Of no use to one that does not stream. 0: without end. */
  readonly firstTokenTimeoutMs?: number
  /** Whether an answer that breaks off goes on with another target; when not, it fails. */
  readonly midStream?: boolean
  readonly retry?: Partial<RetrySettings>
  /** Absent: no target is asked because another is slow. */
  readonly hedge?: Partial<HedgeSettings>
}

export interface RouteTargetConfig {
  /** `provider/model` */
  readonly model: string
  /** Its share of the requests among the weights of all, where the strategy is `weighted`. */
  readonly weight?: number
  readonly region?: string
  /** Its own; the route's when absent, and its provider's when that is. */
  readonly firstTokenTimeoutMs?: number
}

export interface RetrySettings {
  /** Calls for one request at most, all targets together. */
  readonly attempts: number
  /** When all targets have been tried: a wait between 0 and this, doubled each time, up to the longest. */
  readonly baseMs: number
  readonly maxMs: number
  /** What is waited at most for a target that says when it may be called again. */
  readonly maxWaitMs: number
}

export interface HedgeSettings {
  /** The wait is the target's own p95 to its first token, at least this, and the default as long as there is no p95. */
  readonly minMs: number
  readonly defaultMs: number
  /**
   * Extra calls as a part of all requests, and how many may come together. By what a p95 is, one call in 20 is slower also where all is well: a
   * budget of no more than that is spent on those, and has nothing left for a target that is slow.
   */
  readonly budget: number
  readonly burst: number
}

export const defaultRetry: RetrySettings = { attempts: 4, baseMs: 200, maxMs: 5_000, maxWaitMs: 10_000 }
export const defaultHedge: HedgeSettings = { minMs: 250, defaultMs: 3_000, budget: 0.1, burst: 10 }
export const defaultDeadlineMs = 120_000
