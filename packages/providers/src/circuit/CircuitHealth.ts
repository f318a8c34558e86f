/** How a target does, for people and for metrics. */
import { Duration, Effect } from "effect"
import type { CircuitBreaker } from "effect/persistence"
import type { CircuitState } from "./CircuitMachine.ts"
import type { Probe, Supervised } from "./Supervised.ts"
import type { FailureTag, Recent } from "./TargetStatistics.ts"

export interface CircuitHealth {
  /** `provider/model` */
  readonly target: string
  readonly provider: string
  readonly model: string
  /** A route names it. */
  readonly isNamed: boolean
  readonly state: CircuitState
  readonly inFlight: number
  /** Calls that it may hold now: fewer than the most after 429s. */
  readonly maxConcurrent: number
  /** Calls that its limits let it hold at most. */
  readonly mostConcurrent: number
  /** Since the process began. */
  readonly succeeded: number
  readonly failed: number
  readonly failures: Readonly<Record<FailureTag, number>>
  readonly retries: number
  readonly hedges: number
  readonly fallbacks: number
  /** Answers whose usage was told in numbers that cannot be, and so is estimated. */
  readonly wrongUsages: number
  readonly transitions: { readonly opened: number; readonly halfOpened: number; readonly closed: number }
  /** How often its circuit had a defect. */
  readonly restarts: number
  readonly recent: Recent
  /** How much longer it asked to be left alone. */
  readonly heldMs: number
  /** How much longer it is passed over because its provider did not know the model. */
  readonly missingMs: number
  /** Until it may be called again. */
  readonly retryAfterMs?: number
  readonly lastFailure?: string
  /** The last look at its provider, where it was idle or open. */
  readonly probe?: Probe
}

/** A store that is away says nothing: such a circuit lets calls through, so it is shown as closed. */
export const healthOf = (
  store: CircuitBreaker.CircuitBreakerStore["Service"],
  target: Supervised,
  nowMs: number
): Effect.Effect<CircuitHealth> =>
  store.state(target.name).pipe(
    Effect.catch(() => Effect.succeed<CircuitBreaker.State>({ _tag: "Closed", key: target.name })),
    Effect.map((state): CircuitHealth => {
      const { access, isNamed, limit, model, name, restarts, statistics } = target
      const {
        closed,
        failed,
        failures,
        fallbacks,
        halfOpened,
        hedges,
        inFlight,
        lastFailure,
        opened,
        retries,
        succeeded,
        wrongUsages
      } = statistics
      const openMs = state._tag === "Open" ? Duration.toMillis(state.retryAfter) : 0
      const heldMs = Math.max(0, statistics.heldUntilMs - nowMs)
      const waitMs = Math.max(openMs, heldMs)
      return {
        target: name,
        provider: access.source.id,
        model,
        isNamed,
        state: stateNames[state._tag],
        inFlight,
        maxConcurrent: limit.at(nowMs),
        mostConcurrent: access.limits.maxConcurrent,
        succeeded,
        failed,
        failures: { ...failures },
        retries,
        hedges,
        fallbacks,
        wrongUsages,
        transitions: { opened, halfOpened, closed },
        restarts,
        recent: statistics.recent(nowMs),
        heldMs,
        missingMs: Math.max(0, statistics.missingUntilMs - nowMs),
        ...(state._tag === "Open" || waitMs > 0 ? { retryAfterMs: waitMs } : {}),
        ...(lastFailure === undefined ? {} : { lastFailure }),
        ...(access.probe === undefined ? {} : { probe: access.probe })
      }
    })
  )

const stateNames: Record<CircuitBreaker.State["_tag"], CircuitState> = {
  Closed: "closed",
  Open: "open",
  HalfOpen: "half-open"
}
