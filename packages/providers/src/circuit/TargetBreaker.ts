/**
 * A target's breaker, which asks its store before a call and tells it what came of it; but while the target is well, not for every call.
 * Admission to a closed circuit is good for `admissionMs`, and a success is recorded only after a failure, or with a call that asked the store.
 * Failures are always recorded, under the generation that admitted the call, so that the store judges an old one as it would have.
 * An open circuit is not asked about either, until its time is over. When the store is away, calls go.
 */
import { Cause, Clock, Duration, Effect, Exit, Result, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { CircuitView } from "./CircuitView.ts"
import type { BesideCalls } from "./besideCalls.ts"
import type { SharedMarks } from "./SharedMark.ts"

/**
 * Milliseconds after which a target's circuit is looked up again. What another process opened is seen within this time; what this process opened,
 * with the next call.
 */
export const admissionMs = 250

/** That the store cannot be asked is told no more often than this. */
const storeWarningMs = 30_000

/** The breaker let the call not go. */
export class Refused {
  readonly _tag = "Refused"
  /** `held`: the target asked another process to be left alone. */
  readonly state: "open" | "half-open" | "held"
  readonly retryAfterMs: number

  constructor(state: Refused["state"], retryAfterMs: number) {
    this.state = state
    this.retryAfterMs = retryAfterMs
  }
}

type CallExit = Exit.Exit<unknown, ProviderError>
type Admission = CircuitBreaker.Admission

export interface TargetBreaker {
  /** The admission a call may run under without asking the store; its exit is then told by `settle`. */
  readonly admitted: (nowMs: number) => Admission | undefined
  /** Undefined: there is nothing to record. */
  readonly settle: (admission: Admission, exit: CallExit) => Effect.Effect<void> | undefined
  /** A call that asks the store, and tells it. */
  readonly execute: <A>(call: Effect.Effect<A, ProviderError>) => Effect.Effect<A, ProviderError | Refused>
}

export interface BreakerOptions {
  readonly target: string
  readonly limits: ProviderLimits
  readonly view: CircuitView
  readonly marks: SharedMarks
  /** The mark is seen that another process set: it was refused for too many calls. */
  readonly onLowered: (nowMs: number) => void
  readonly besideCalls: BesideCalls
  readonly outcomeOf: (exit: CallExit) => CircuitBreaker.Outcome
}

export const makeTargetBreaker = Effect.fnUntraced(function* ({
  besideCalls,
  limits,
  marks,
  onLowered,
  outcomeOf,
  target,
  view
}: BreakerOptions): Effect.fn.Return<TargetBreaker, never, CircuitBreaker.CircuitBreakerStore> {
  const store = yield* CircuitBreaker.CircuitBreakerStore
  const tripPolicy = tripPolicyOf(limits)
  let last: { readonly admission: Admission; readonly untilMs: number } | undefined
  /** Whether the store may hold failures since the last success, and how many this process has told it of. */
  let isDoubtful = true
  let failures = 0
  let warnedMs = Number.NEGATIVE_INFINITY
  let marksAskedMs = Number.NEGATIVE_INFINITY

  const storeIsAway = (error: CircuitBreaker.CircuitBreakerError): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      if (nowMs - warnedMs < storeWarningMs) return Effect.void
      warnedMs = nowMs
      return Effect.annotateLogs(Effect.logWarning("The store of the circuits cannot be asked; calls go on without it", error), {
        circuit: target
      })
    })

  const record = (admission: Admission, outcome: CircuitBreaker.Outcome): Effect.Effect<void> =>
    Effect.suspend(() => {
      const isFailure = outcome._tag === "Failure"
      if (isFailure) {
        isDoubtful = true
        last = undefined
        failures++
      }
      const before = failures
      const openMs = isFailure ? openMsOf(limits, admission.consecutiveOpenings, outcome.retryAfter) : 0
      const told = store.record({
        key: target,
        generation: admission.generation,
        outcome: outcome._tag,
        tripPolicy,
        openFor: Duration.millis(openMs)
      })
      return Effect.catch(
        Effect.flatMap(told, (transition) => {
          const isCurrent = admission.generation === last?.admission.generation
          if (outcome._tag === "Success" && before === failures && isCurrent) isDoubtful = false
          return transition === undefined ? Effect.void : view.changed(transition, openMs)
        }),
        storeIsAway
      )
    })

  /** Good from when it was asked for: the store's answer may be that old. */
  const remember = (admission: Admission, nowMs: number): void => {
    last = admission.probe ? undefined : { admission, untilMs: nowMs + admissionMs }
  }

  const execute = <A>(call: Effect.Effect<A, ProviderError>): Effect.Effect<A, ProviderError | Refused> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.scopedWith(
        Effect.fnUntraced(function* (scope: Scope.Scope) {
          const nowMs = yield* Clock.currentTimeMillis
          const openMs = view.openForMs(nowMs)
          if (openMs > 0) return yield* Effect.fail(new Refused("open", openMs))
          if (nowMs - marksAskedMs >= admissionMs) {
            marksAskedMs = nowMs
            const [heldMs, loweredMs] = yield* Effect.all([marks.held.leftMs, marks.lowered.leftMs], { concurrency: 2 })
            if (loweredMs > 0) onLowered(nowMs)
            if (heldMs > 0) return yield* Effect.fail(new Refused("held", heldMs))
          }
          const before = failures
          const asked = yield* Effect.result(Scope.provide(store.admit(target), scope))
          if (Result.isFailure(asked)) {
            const { reason } = asked.failure
            switch (reason._tag) {
              case "CircuitOpen": {
                const retryAfterMs = Duration.toMillis(reason.retryAfter)
                view.on("refused-open", nowMs + retryAfterMs)
                return yield* Effect.fail(new Refused("open", retryAfterMs))
              }
              case "CircuitHalfOpen":
                view.on("refused-half-open", 0)
                return yield* Effect.fail(new Refused("half-open", limits.retryHintMs))
              case "CircuitBreakerStoreError":
                yield* storeIsAway(asked.failure)
                return yield* restore(call)
            }
          }
          const admission = asked.success
          view.on(admission.probe ? "admitted-as-probe" : "admitted", 0)
          if (before === failures) remember(admission, nowMs)
          const exit = yield* Effect.exit(restore(call))
          const outcome = interrupted(exit) ? CircuitBreaker.ignored : outcomeOf(exit)
          // The call that decides holds its place until the store knows; of any other what says nothing is not told.
          if (admission.probe) yield* record(admission, outcome)
          else if (outcome._tag !== "Ignored") yield* besideCalls(record(admission, outcome))
          return yield* exit
        })
      )
    )

  return {
    admitted: (nowMs) =>
      isDoubtful || tripPolicy._tag === "Rate" || last === undefined || nowMs >= last.untilMs ? undefined : last.admission,
    settle: (admission, exit) => {
      if (interrupted(exit)) return undefined
      const outcome = outcomeOf(exit)
      if (outcome._tag === "Ignored" || (outcome._tag === "Success" && !isDoubtful)) return undefined
      return besideCalls(record(admission, outcome))
    },
    execute
  }
})

const interrupted = (exit: CallExit): boolean => Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

const tripPolicyOf = (limits: ProviderLimits): CircuitBreaker.TripPolicy =>
  limits.breakerRate === 0
    ? CircuitBreaker.consecutive(limits.breakerFailures)
    : CircuitBreaker.rate({
        threshold: limits.breakerRate,
        size: limits.breakerRateCalls,
        minimumCalls: Math.min(limits.breakerRateMinCalls, limits.breakerRateCalls)
      })

/** Doubles with each opening, a part of it left off at random; what the target itself asked for only makes it longer. */
export const openMsOf = (limits: ProviderLimits, openings: number, retryAfter?: Duration.Duration): number => {
  const backoffMs = Math.min(limits.openMs * 2 ** openings, limits.maxOpenMs)
  const jitteredMs = Math.ceil(backoffMs * (1 - limits.openJitter * Math.random()))
  return retryAfter === undefined ? jitteredMs : Math.max(jitteredMs, Math.min(Duration.toMillis(retryAfter), limits.maxHoldMs))
}
