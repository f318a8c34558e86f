/**
 * The models that can be asked for now. Each provider's list is kept, served stale while a new one is fetched, and survives
 * the provider's being away; nobody waits for a list but the first who needs it.
 */
import { Clock, Effect, Semaphore } from "effect"
import type { Scope } from "effect"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "./ProviderLimits.ts"

export interface ModelCatalog {
  /** Chat models first, real providers before the demo, then in the order of the providers, newest first. */
  readonly models: Effect.Effect<ReadonlyArray<ModelInfo>>
}

export interface CatalogEntry {
  readonly id: string
  readonly isDemo: boolean
  readonly list: Effect.Effect<ReadonlyArray<ModelInfo>, ProviderError>
}

/** After a list could not be fetched, it is not tried again for this long. */
export const retryAfterFailureMs = 10_000

export const makeModelCatalog = Effect.fnUntraced(function* (
  entries: ReadonlyArray<CatalogEntry>,
  limits: ProviderLimits
): Effect.fn.Return<ModelCatalog, never, Scope.Scope> {
  const shelves = yield* Effect.forEach(entries, (entry, order) => makeShelf(entry, order, limits))
  return {
    models: Effect.map(Effect.all(shelves, { concurrency: "unbounded" }), (lists) =>
      lists
        .flat()
        .toSorted(byUse)
        .map(({ info }) => info)
    )
  }
})

interface Shelved {
  readonly info: ModelInfo
  readonly isDemo: boolean
  readonly order: number
}

/** One provider's list. */
const makeShelf = Effect.fnUntraced(function* (entry: CatalogEntry, order: number, limits: ProviderLimits) {
  const scope = yield* Effect.scope
  const fetching = yield* Semaphore.make(1)
  let models: ReadonlyArray<Shelved> = []
  let nextMs = 0

  const fetch = entry.list.pipe(
    Effect.timeout(limits.modelsTimeoutMs),
    Effect.matchCauseEffect({
      onSuccess: (infos) =>
        Effect.map(Clock.currentTimeMillis, (nowMs) => {
          models = infos.map((info) => ({ info, isDemo: entry.isDemo, order }))
          nextMs = nowMs + limits.modelsFreshMs
        }),
      onFailure: (cause) =>
        Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
          nextMs = nowMs + retryAfterFailureMs
          return Effect.annotateLogs(Effect.logWarning("A provider's list of models could not be fetched", cause), {
            provider: entry.id
          })
        })
    })
  )
  const fetchOnce = fetching.withPermits(1)(
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => (nowMs < nextMs ? Effect.void : fetch))
  )
  return Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
    if (nowMs < nextMs) return Effect.sync(() => models)
    const renewed = models.length === 0 ? fetchOnce : Effect.forkIn(fetchOnce, scope)
    return Effect.map(renewed, () => models)
  })
})

const ranks: Record<ModelInfo["kind"], number> = { chat: 0, embedding: 1, other: 2 }

const byUse = (a: Shelved, b: Shelved): number =>
  ranks[a.info.kind] - ranks[b.info.kind] ||
  Number(a.isDemo) - Number(b.isDemo) ||
  a.order - b.order ||
  b.info.createdAtSeconds - a.info.createdAtSeconds ||
  (a.info.model < b.info.model ? -1 : 1)
