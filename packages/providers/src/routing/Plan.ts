/** Which target a request calls next, and when. It decides and calls nothing; all bounds of a request are counted here. */
import { isContextExceeded } from "@parley/domain/ProviderError"
import type { ProviderError } from "@parley/domain/ProviderError"
import { faultOf } from "./faultTable.ts"
import type { RetrySettings } from "./Route.ts"
import type { RouteTarget } from "./RouteTarget.ts"

export type PlanStep =
  | { readonly _tag: "Call"; readonly target: RouteTarget }
  /** Until one of the targets may be called again. */
  | { readonly _tag: "Wait"; readonly ms: number }
  | { readonly _tag: "GiveUp" }

export class Plan {
  /** The last that says more than that a target cannot be called now; else the last. */
  error: ProviderError | undefined
  /** Targets that would have been called before one that was, but could not be: an open circuit, a hold, or too many calls. */
  readonly passedOver = new Set<RouteTarget>()
  readonly #order: () => ReadonlyArray<RouteTarget>
  readonly #fits: (target: RouteTarget) => boolean
  readonly #retry: RetrySettings
  readonly #deadlineMs: number
  readonly #random: () => number
  readonly #dead = new Set<RouteTarget>()
  #left: Array<RouteTarget>
  #calls = 0
  #rounds = 0

  constructor(options: {
    readonly order: () => ReadonlyArray<RouteTarget>
    /** Whether its window takes what would be asked now, which may be more than at first. */
    readonly fits?: (target: RouteTarget) => boolean
    readonly retry: RetrySettings
    readonly deadlineMs: number
    readonly random: () => number
  }) {
    this.#order = options.order
    this.#fits = options.fits ?? (() => true)
    this.#retry = options.retry
    this.#deadlineMs = options.deadlineMs
    this.#random = options.random
    this.#left = [...options.order()]
  }

  get calls(): number {
    return this.#calls
  }

  next(nowMs: number): PlanStep {
    if (this.#calls >= this.#retry.attempts || nowMs > this.#deadlineMs) return giveUp
    const target = this.take(nowMs)
    return target === undefined ? this.#nextRound(nowMs) : { _tag: "Call", target }
  }

  /** The next that may be called now, of those that this round has not called; one whose model was missing lately only where there is no other. */
  take(nowMs: number): RouteTarget | undefined {
    const mayBeCalled = (target: RouteTarget) => this.#isOpen(target) && isFree(target, nowMs)
    const first = this.#left.findIndex((target) => mayBeCalled(target) && !isMissing(target, nowMs))
    const at = first >= 0 ? first : this.#left.findIndex(mayBeCalled)
    const target = this.#left[at]
    if (target === undefined || this.#calls >= this.#retry.attempts) return undefined
    for (let before = 0; before < at; before++) this.#passOver(this.#left[before])
    this.#left.splice(at, 1)
    this.#calls++
    return target
  }

  #passOver(target: RouteTarget | undefined): void {
    if (target !== undefined && this.#isOpen(target)) this.passedOver.add(target)
  }

  failed(target: RouteTarget, error: ProviderError): void {
    if (!faultOf(error).isRetried) this.#dead.add(target)
    if (isContextExceeded(error)) this.#tooSmall(target)
    if (this.error === undefined || error._tag !== "ProviderUnavailable") this.error = error
  }

  /** What did not fit there fits none whose window is known to be no larger. */
  #tooSmall({ facts: { contextTokens: windowTokens } }: RouteTarget): void {
    if (windowTokens === undefined) return
    for (const target of this.#order()) if ((target.facts.contextTokens ?? Infinity) <= windowTokens) this.#dead.add(target)
  }

  #isOpen(target: RouteTarget): boolean {
    return !this.#dead.has(target) && this.#fits(target)
  }

  /** All were tried. The wait is at random, so that callers do not come back together, and at least until one may be called. */
  #nextRound(nowMs: number): PlanStep {
    const { baseMs, maxMs, maxWaitMs } = this.#retry
    const targets = this.#order().filter((target) => this.#isOpen(target))
    if (targets.length === 0) return giveUp
    const backoffMs = Math.floor(this.#random() * Math.min(maxMs, baseMs * 2 ** this.#rounds))
    const heldMs = Math.min(...targets.map((target) => target.circuit().waitMs(nowMs)))
    const ms = Math.max(1, backoffMs, heldMs)
    if (heldMs > maxWaitMs || nowMs + ms > this.#deadlineMs || this.#rounds >= this.#retry.attempts) return giveUp
    this.#rounds++
    this.#left = [...targets]
    return { _tag: "Wait", ms }
  }
}

/** As an answer tells it. */
export const passedOverOf = ({ passedOver }: Plan): { readonly passedOver?: ReadonlyArray<string> } =>
  passedOver.size === 0 ? {} : { passedOver: Array.from(passedOver, ({ name }) => name) }

const giveUp: PlanStep = { _tag: "GiveUp" }

const isMissing = (target: RouteTarget, nowMs: number): boolean => nowMs < target.circuit().statistics.missingUntilMs

const isFree = (target: RouteTarget, nowMs: number): boolean => {
  const circuit = target.circuit()
  return circuit.waitMs(nowMs) === 0 && !circuit.isFull(nowMs)
}
