/**
 * What is known of a target across the restarts of its circuit: what came of its calls, in all and lately. One mutable object per target,
 * owned by `ProviderCircuits`. Nothing here is done per token, and nothing is allocated per call.
 */
import type { ProviderError } from "@parley/domain/ProviderError"
import { LatencyHistogram, windowSlots } from "./LatencyHistogram.ts"

export type FailureTag = ProviderError["_tag"]

const noFailures = (): Record<FailureTag, number> => ({
  ProviderRejected: 0,
  ProviderUnauthorized: 0,
  ProviderModelNotFound: 0,
  ProviderRateLimited: 0,
  ProviderFailed: 0,
  ProviderUnreachable: 0,
  ProviderTruncated: 0,
  ProviderTimeout: 0,
  ProviderUnavailable: 0
})

export class TargetStatistics {
  inFlight = 0
  /** -1: never. */
  lastUsedMs = -1
  /** The target asked to be left alone until then. */
  heldUntilMs = 0
  /** Its provider did not know the model, and will not be asked for it before where another can. */
  missingUntilMs = 0
  /** Since the process began. */
  succeeded = 0
  failed = 0
  readonly failures = noFailures()
  lastFailure: string | undefined
  /** What routes made of it: further tries of the same target, second calls that raced a slow first, and calls that another had failed. */
  retries = 0
  hedges = 0
  fallbacks = 0
  /** Answers whose usage was told in numbers that cannot be. */
  wrongUsages = 0
  wrongUsageWarnedMs = Number.NEGATIVE_INFINITY
  /** The circuit's transitions in this process. */
  opened = 0
  halfOpened = 0
  closed = 0

  readonly firstToken = new LatencyHistogram()
  readonly whole = new LatencyHistogram()
  readonly #slotMs: number
  readonly #succeeded = new Float64Array(windowSlots)
  readonly #failed = new Float64Array(windowSlots)
  readonly #tokens = new Float64Array(windowSlots)
  readonly #tokensMs = new Float64Array(windowSlots)
  #tick = 0

  constructor(windowMs: number) {
    this.#slotMs = Math.max(1, windowMs / windowSlots)
  }

  answered(nowMs: number, tookMs: number, isStream: boolean): void {
    const slot = this.#slot(nowMs)
    this.missingUntilMs = 0
    this.succeeded++
    this.#succeeded[slot] = (this.#succeeded[slot] ?? 0) + 1
    if (!isStream) this.whole.record(slot, tookMs)
  }

  failedWith(nowMs: number, error: ProviderError): void {
    const slot = this.#slot(nowMs)
    this.failed++
    this.failures[error._tag]++
    this.#failed[slot] = (this.#failed[slot] ?? 0) + 1
    this.lastFailure = `${error._tag}: ${error.message}`
  }

  spoke(nowMs: number, afterMs: number): void {
    this.firstToken.record(this.#slot(nowMs), afterMs)
  }

  wrote(nowMs: number, tokens: number, withinMs: number): void {
    const slot = this.#slot(nowMs)
    this.#tokens[slot] = (this.#tokens[slot] ?? 0) + tokens
    this.#tokensMs[slot] = (this.#tokensMs[slot] ?? 0) + withinMs
  }

  /** Of the window that ends now. */
  recent(nowMs: number): Recent {
    this.#slot(nowMs)
    const tokensMs = sum(this.#tokensMs)
    return {
      succeeded: sum(this.#succeeded),
      failed: sum(this.#failed),
      firstTokenP50Ms: this.firstToken.percentile(0.5),
      firstTokenP95Ms: this.firstToken.percentile(0.95),
      wholeP50Ms: this.whole.percentile(0.5),
      wholeP95Ms: this.whole.percentile(0.95),
      tokensPerSecond: tokensMs === 0 ? undefined : (sum(this.#tokens) * 1_000) / tokensMs
    }
  }

  /** The same as `recent` tells, without the rest. */
  firstTokenMs(nowMs: number, part: number): number | undefined {
    this.#slot(nowMs)
    return this.firstToken.percentile(part)
  }

  wholeMs(nowMs: number, part: number): number | undefined {
    this.#slot(nowMs)
    return this.whole.percentile(part)
  }

  /** Within the window that ends now. */
  hasFailed(nowMs: number): boolean {
    this.#slot(nowMs)
    return this.#failed.some((failed) => failed > 0)
  }

  /** The slot of now; those that time has passed over are emptied. */
  #slot(nowMs: number): number {
    const tick = Math.floor(nowMs / this.#slotMs)
    if (tick > this.#tick) {
      for (let passed = Math.max(this.#tick + 1, tick - windowSlots + 1); passed <= tick; passed++)
        this.#empty(passed % windowSlots)
      this.#tick = tick
    }
    return this.#tick % windowSlots
  }

  #empty(slot: number): void {
    this.#succeeded[slot] = 0
    this.#failed[slot] = 0
    this.#tokens[slot] = 0
    this.#tokensMs[slot] = 0
    this.firstToken.clear(slot)
    this.whole.clear(slot)
  }
}

export interface Recent {
  readonly succeeded: number
  readonly failed: number
  readonly firstTokenP50Ms: number | undefined
  readonly firstTokenP95Ms: number | undefined
  /** Of answers that were not streamed. */
  readonly wholeP50Ms: number | undefined
  readonly wholeP95Ms: number | undefined
  readonly tokensPerSecond: number | undefined
}

const sum = (slots: Float64Array): number => slots.reduce((total, slot) => total + slot, 0)
