/**
 * A target's breaker, which asks its store before a call and tells it what came of it; but while the target is well, not for every call.
 * Admission to a closed circuit is good for `admissionMs`, and a success is recorded only after a failure, or with a call that asked the store.
 * Failures are always recorded, under the generation that admitted the call, so that the store judges an old one as it would have.
 */
import { Cause, Clock, Duration, Effect, Schedule } from "effect"
import type { Exit, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "../ProviderLimits.ts"

/**
 * Milliseconds after which a target's circuit is looked up again. What another process opened is seen within this time; what this process opened,
 * with the next call.
 */
export const admissionMs = 250

export interface TargetBreaker {
  /** The admission a call may run under without asking the store; its exit is then told by `settle`. */
  readonly admitted: (nowMs: number) => CircuitBreaker.Admission | undefined
  /** Undefined: there is nothing to record. */
  readonly settle: (
    admission: CircuitBreaker.Admission,
    exit: Exit.Exit<ModelAnswer, ProviderError>
  ) => Effect.Effect<void> | undefined
  /** A call that asks the store, and tells it. */
  readonly execute: (
    call: Effect.Effect<ModelAnswer, ProviderError>
  ) => Effect.Effect<ModelAnswer, ProviderError | CircuitBreaker.CircuitBreakerError>
}

export const makeTargetBreaker = Effect.fnUntraced(function* (
  target: string,
  limits: ProviderLimits,
  outcomeOf: (exit: Exit.Exit<ModelAnswer, ProviderError>) => CircuitBreaker.Outcome
): Effect.fn.Return<TargetBreaker, never, CircuitBreaker.CircuitBreakerStore | Scope.Scope> {
  const store = yield* CircuitBreaker.CircuitBreakerStore
  const tripPolicy = CircuitBreaker.consecutive(limits.breakerFailures)
  let last: { readonly admission: CircuitBreaker.Admission; readonly untilMs: number } | undefined
  /** Whether the store may hold failures since the last success, and how many this process has told it of. */
  let isDoubtful = true
  let failures = 0

  const record: CircuitBreaker.CircuitBreakerStore["Service"]["record"] = (options) =>
    Effect.suspend(() => {
      if (options.outcome === "Failure") {
        isDoubtful = true
        last = undefined
        failures++
      }
      const before = failures
      return Effect.map(store.record(options), (transition) => {
        const isCurrent = options.generation === last?.admission.generation
        if (options.outcome === "Success" && before === failures && isCurrent) isDoubtful = false
        return transition
      })
    })

  /** Good from when it was asked for: the store's answer may be that old. */
  const remember = (admission: CircuitBreaker.Admission, nowMs: number): void => {
    last = admission.probe ? undefined : { admission, untilMs: nowMs + admissionMs }
  }

  const breaker = yield* Effect.provideService(
    CircuitBreaker.make({
      tripPolicy,
      openDuration: Schedule.exponential(limits.openMs).pipe(
        Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, Duration.millis(limits.maxOpenMs))))
      ),
      maxOpenDuration: limits.maxOpenMs
    }),
    CircuitBreaker.CircuitBreakerStore,
    {
      ...store,
      record,
      admit: (key) =>
        Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
          const before = failures
          return Effect.map(store.admit(key), (admission) => {
            if (before === failures) remember(admission, nowMs)
            return admission
          })
        })
    }
  )

  return {
    admitted: (nowMs) => (isDoubtful || last === undefined || nowMs >= last.untilMs ? undefined : last.admission),
    settle: (admission, exit) => {
      if (exit._tag === "Failure" && Cause.hasInterruptsOnly(exit.cause)) return undefined
      const outcome = outcomeOf(exit)._tag
      if (outcome === "Ignored" || (outcome === "Success" && !isDoubtful)) return undefined
      const openMs = Math.min(limits.openMs * 2 ** admission.consecutiveOpenings, limits.maxOpenMs)
      const openFor = Duration.millis(outcome === "Failure" ? openMs : 0)
      return Effect.catch(record({ key: target, generation: admission.generation, outcome, tripPolicy, openFor }), (error) =>
        Effect.logError(`What came of a call to ${target} could not be recorded`, error)
      )
    },
    execute: (call) => breaker.execute(call, { key: target, classify: outcomeOf })
  }
})
