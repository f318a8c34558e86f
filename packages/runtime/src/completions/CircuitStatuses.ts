/** `ProviderStatuses` from the circuits of this process. */
import { Effect, Layer } from "effect"
import { Caller } from "@parley/domain/Caller"
import { ProviderStatuses } from "@parley/domain/ProviderStatuses"
import type { ProviderStatus, TargetStatus } from "@parley/domain/ProviderStatuses"
import { Providers } from "@parley/providers/Providers"
import type { CircuitHealth } from "@parley/providers/Providers"
import { allow } from "../identity/authorization.ts"

export const layer: Layer.Layer<ProviderStatuses, never, Providers> = Layer.effect(
  ProviderStatuses,
  Effect.map(Providers, (providers) =>
    ProviderStatuses.of({
      all: Effect.gen(function* () {
        yield* allow(yield* Caller, "see-providers")
        // Read together: a configuration that is replaced meanwhile tells of itself at the next call.
        const { asleep, health, live } = providers
        const targets = Map.groupBy(yield* health, ({ provider }) => provider)
        return [
          ...live.map((provider): ProviderStatus => ({
            provider,
            state: "live",
            targets: (targets.get(provider) ?? []).map(statusOf)
          })),
          ...asleep.map(({ id, variable }): ProviderStatus => ({ provider: id, state: "asleep", missing: variable }))
        ]
      }).pipe(Effect.withSpan("ProviderStatuses.all"))
    })
  )
)

const statusOf = (health: CircuitHealth): TargetStatus => {
  const { failures, lastFailure, probe, provider: _, recent, retryAfterMs, state, wrongUsages: _wrong, ...rest } = health
  const calls = recent.succeeded + recent.failed
  return {
    ...rest,
    circuit: state,
    failures: Object.fromEntries(Object.entries(failures).filter(([, count]) => count > 0)),
    recent: {
      succeeded: recent.succeeded,
      failed: recent.failed,
      errorShare: calls === 0 ? null : recent.failed / calls,
      firstTokenP50Ms: recent.firstTokenP50Ms ?? null,
      firstTokenP95Ms: recent.firstTokenP95Ms ?? null,
      wholeP50Ms: recent.wholeP50Ms ?? null,
      wholeP95Ms: recent.wholeP95Ms ?? null,
      tokensPerSecond: recent.tokensPerSecond ?? null
    },
    retryAfterMs: retryAfterMs ?? 0,
    lastFailure: lastFailure ?? null,
    probe: probe ?? null
  }
}
