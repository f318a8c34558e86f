/** What outlives a target's circuit in this process. */
import type { ProviderLimits } from "../ProviderLimits.ts"
import { CircuitView } from "./CircuitView.ts"
import { ConcurrencyLimit } from "./ConcurrencyLimit.ts"
import type { ProviderSource } from "./ProviderCircuit.ts"
import { TargetStatistics } from "./TargetStatistics.ts"

/** A provider as all its targets share it. */
export interface Access {
  readonly source: ProviderSource
  readonly limits: ProviderLimits
  inFlight: number
  /** What the last look at its list of models came to. */
  probe: Probe | undefined
}

export interface Probe {
  readonly atMs: number
  readonly isReachable: boolean
}

export class Supervised {
  readonly access: Access
  /** The provider's own name of the model. */
  readonly model: string
  /** `provider/model` */
  readonly name: string
  readonly statistics: TargetStatistics
  readonly limit: ConcurrencyLimit
  readonly view: CircuitView
  /** A route names it. */
  isNamed = false
  /** A look found its model in the provider's list. */
  isListed = false
  restarts = 0
  /** Defects without a quiet time between them. */
  streak = 0
  lastDefectMs = 0
  notBeforeMs = 0

  constructor(access: Access, model: string) {
    this.access = access
    this.model = model
    this.name = `${access.source.id}/${model}`
    this.statistics = new TargetStatistics(access.limits.statisticsMs)
    this.limit = new ConcurrencyLimit(access.limits)
    this.view = new CircuitView(this.statistics)
  }

  /** Milliseconds until a call may go; 0: it may, as far as this process knows. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.view.openForMs(nowMs), this.notBeforeMs - nowMs, this.statistics.heldUntilMs - nowMs)
  }

  isFull(nowMs: number): boolean {
    return this.statistics.inFlight >= this.limit.at(nowMs) || this.access.inFlight >= this.access.limits.maxConcurrent
  }
}
