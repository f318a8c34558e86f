/**
 * A look at providers whose targets are idle or open, by a list of their models: the cheapest question that there is, and one for all targets of
 * a provider, which have its address, its key and its region in common. What it tells is each target's own. One that cannot be reached
 * keeps its open circuits open, so that no caller's request is spent on finding that out; one that can still has to answer a call to be closed.
 * One whose model was in the list and is no longer is missing there, like one that a call did not find.
 */
import { Clock, Duration, Effect, Exit, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "../ProviderLimits.ts"
import { openMsOf } from "./TargetBreaker.ts"
import type { Access, Supervised } from "./Supervised.ts"
import type { Targets } from "./Targets.ts"

/** Providers that are looked at together. */
const probesAtOnce = 4

interface ProbesOptions {
  readonly targets: Targets
  readonly store: CircuitBreaker.CircuitBreakerStore["Service"]
  readonly models: (provider: string) => Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError>
  readonly limits: ProviderLimits
}

export const makeProbes = (options: ProbesOptions): Effect.Effect<void> => {
  const { limits, targets } = options
  if (limits.probeEveryMs === 0) return Effect.void
  const round = Effect.suspend(() =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
      Effect.forEach(
        targets.accesses().filter((access) => isDue(options, access, nowMs)),
        (access) => probe(options, access),
        {
          concurrency: probesAtOnce,
          discard: true
        }
      )
    )
  )
  return Effect.forever(Effect.andThen(Effect.sleep(limits.probeEveryMs), round))
}

const targetsOf = ({ targets }: ProbesOptions, access: Access): ReadonlyArray<Supervised> =>
  targets.all().filter((target) => target.access === access && target.statistics.lastUsedMs >= 0)

/** Nobody needs to ask of a provider that answers calls, nor of one that nobody calls any more; and one without a list cannot be asked. */
const isDue = (options: ProbesOptions, access: Access, nowMs: number): boolean => {
  if (access.source.listsNothing === true) return false
  const { circuitIdleMs, probeEveryMs } = options.limits
  const used = targetsOf(options, access)
  if (used.length === 0) return false
  const lastMs = Math.max(...used.map(({ statistics }) => statistics.lastUsedMs))
  if (used.some(({ view }) => view.state === "open")) return true
  return access.inFlight === 0 && nowMs - lastMs >= probeEveryMs && nowMs - lastMs < circuitIdleMs
}

const probe = (options: ProbesOptions, access: Access): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { limits, models } = options
    const exit = yield* Effect.exit(Effect.timeout(models(access.source.id), limits.probeTimeoutMs))
    const atMs = yield* Clock.currentTimeMillis
    access.probe = { atMs, isReachable: Exit.isSuccess(exit) }
    if (Exit.isSuccess(exit)) return see(options, access, exit.value, atMs)
    const overdue = targetsOf(options, access).filter(({ view }) => view.state === "open" && view.openForMs(atMs) === 0)
    yield* Effect.forEach(overdue, (target) => keepOpen(options, target), { discard: true })
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.annotateLogs(Effect.logWarning("A provider could not be looked at", cause), { provider: access.source.id })
    )
  )

/** A model that never was in the list may be there all the same: a deployment, an alias, a version without its date. */
const see = (options: ProbesOptions, access: Access, models: ReadonlyArray<ModelInfo>, atMs: number): void => {
  // A proxy in front that has no list answers so too.
  if (models.length === 0) return
  const listed = new Set(models.map(({ model }) => model))
  for (const target of targetsOf(options, access)) {
    if (listed.has(target.model)) target.isListed = true
    else if (target.isListed) target.statistics.missingUntilMs = atMs + access.limits.modelMissingMs
  }
}

/** Takes the place of the call that would decide, and fails it. */
const keepOpen = ({ store }: ProbesOptions, target: Supervised): Effect.Effect<void, CircuitBreaker.CircuitBreakerError> =>
  Effect.scopedWith(
    Effect.fnUntraced(function* (scope: Scope.Scope) {
      const admitted = yield* Effect.option(Scope.provide(store.admit(target.name), scope))
      if (admitted._tag === "None" || !admitted.value.probe) return
      target.view.on("admitted-as-probe", 0)
      const { consecutiveOpenings, generation } = admitted.value
      const { limits } = target.access
      const openMs = openMsOf(limits, consecutiveOpenings)
      const transition = yield* store.record({
        key: target.name,
        generation,
        outcome: "Failure",
        tripPolicy: CircuitBreaker.consecutive(1),
        openFor: Duration.millis(openMs)
      })
      if (transition !== undefined) yield* target.view.changed(transition, openMs)
    })
  )
