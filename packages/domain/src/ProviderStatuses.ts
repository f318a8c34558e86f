/** Which providers there are, and how the targets behind them do: for whoever runs Parley. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Caller } from "./Caller.ts"
import type { Forbidden } from "./Errors.ts"
import { TimestampMs } from "./Message.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Ms = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** What came of the calls of the window that ends now; a minute, unless `statisticsMs` says otherwise. Null where there was none. */
export const RecentCalls = Schema.Struct({
  succeeded: Count,
  failed: Count,
  /** Failed calls in all of them, from 0 to 1. */
  errorShare: Schema.NullOr(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  firstTokenP50Ms: Schema.NullOr(Ms),
  firstTokenP95Ms: Schema.NullOr(Ms),
  /** Of answers that were not streamed. */
  wholeP50Ms: Schema.NullOr(Ms),
  wholeP95Ms: Schema.NullOr(Ms),
  tokensPerSecond: Schema.NullOr(Schema.Finite)
})

export const TargetStatus = Schema.Struct({
  /** `provider/model` */
  target: Schema.String,
  model: Schema.String,
  /** A route names it. */
  isNamed: Schema.Boolean,
  circuit: Schema.Literals(["closed", "open", "half-open"]),
  inFlight: Count,
  /** Calls that it may hold now: fewer than `mostConcurrent` after 429s. */
  maxConcurrent: Count,
  mostConcurrent: Count,
  recent: RecentCalls,
  /** Since the configuration is in force, as are all counts below. */
  succeeded: Count,
  failed: Count,
  /** By the error's tag; those that never happened are left out. */
  failures: Schema.Record(Schema.String, Count),
  retries: Count,
  hedges: Count,
  fallbacks: Count,
  transitions: Schema.Struct({ opened: Count, halfOpened: Count, closed: Count }),
  /** How often its circuit had a defect. */
  restarts: Count,
  /** How much longer its `Retry-After` is honoured; 0: it asked for nothing. */
  heldMs: Ms,
  /** How much longer a route passes it over because its provider did not have the model when that was last told; 0: nobody was told so lately. */
  missingMs: Ms,
  /** Until it may be called again, whatever the reason; 0: it may be. */
  retryAfterMs: Ms,
  /** Without keys. */
  lastFailure: Schema.NullOr(Schema.String),
  /** The last look at its provider, where it was idle or open. */
  probe: Schema.NullOr(Schema.Struct({ atMs: TimestampMs, isReachable: Schema.Boolean }))
})
export type TargetStatus = typeof TargetStatus.Type

export const LiveProvider = Schema.Struct({
  provider: Schema.String,
  state: Schema.Literal("live"),
  /** Those that routes name or that were asked for; a provider that nobody asked for has none yet. */
  targets: Schema.Array(TargetStatus)
})

/** Named in the configuration, but without a secret in the environment. */
export const AsleepProvider = Schema.Struct({
  provider: Schema.String,
  state: Schema.Literal("asleep"),
  /** The variable that is not set. */
  missing: Schema.String
})

export const ProviderStatus = Schema.Union([LiveProvider, AsleepProvider])
export type ProviderStatus = typeof ProviderStatus.Type

export class ProviderStatuses extends Context.Service<
  ProviderStatuses,
  {
    /** As this process sees them; calls with a tenant's own keys are not among them. For administrators. */
    readonly all: Effect.Effect<ReadonlyArray<ProviderStatus>, Forbidden, Caller>
  }
>()("@parley/domain/ProviderStatuses") {}
