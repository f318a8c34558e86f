/** Providers as a door can tell of them: one that is live and one that sleeps. */
import { Caller } from "@parley/domain/Caller"
import { Forbidden } from "@parley/domain/Errors"
import { ProviderStatuses } from "@parley/domain/ProviderStatuses"
import type { ProviderStatus } from "@parley/domain/ProviderStatuses"
import { Effect, Layer } from "effect"

export const someStatuses: ReadonlyArray<ProviderStatus> = [
  {
    provider: "one",
    state: "live",
    targets: [
      {
        target: "one/m",
        model: "m",
        isNamed: true,
        circuit: "open",
        inFlight: 2,
        maxConcurrent: 5,
        mostConcurrent: 10,
        recent: {
          succeeded: 3,
          failed: 1,
          errorShare: 0.25,
          firstTokenP50Ms: 100,
          firstTokenP95Ms: 250,
          wholeP50Ms: null,
          wholeP95Ms: null,
          tokensPerSecond: 40.5
        },
        succeeded: 3,
        failed: 1,
        failures: { ProviderRateLimited: 1 },
        retries: 0,
        hedges: 1,
        fallbacks: 0,
        transitions: { opened: 1, halfOpened: 0, closed: 0 },
        restarts: 0,
        heldMs: 1_500,
        missingMs: 0,
        retryAfterMs: 4_000,
        lastFailure: "ProviderRateLimited: slow down",
        probe: { atMs: 1, isReachable: true }
      }
    ]
  },
  { provider: "two", state: "asleep", missing: "TWO_API_KEY" }
]

export const layerMemoryProviderStatuses = Layer.succeed(ProviderStatuses, {
  all: Effect.flatMap(Caller, ({ roles }) =>
    roles.includes("admin")
      ? Effect.succeed(someStatuses)
      : Effect.fail(new Forbidden({ message: "This is for administrators." }))
  )
})
