/**
 * The models that can be asked for now. Each provider's list is kept, served stale while a new one is fetched, and survives
 * the provider's being away; nobody waits for a list but the first who needs it.
 */
import { Clock, Deferred, Effect } from "effect"
import type { Scope } from "effect"
import type { ModelInfo } from "@parley/domain/ModelProvider"
import type { ProviderError } from "@parley/domain/ProviderError"
import type { ProviderLimits } from "./ProviderLimits.ts"

export interface ModelCatalog {
  /** Chat models first, real providers before the demo, then in the order of the providers, newest first. */
  readonly models: Effect.Effect<ReadonlyArray<ModelInfo>>
  /** The same of the lists that are there by `modelsWaitMs` after they were asked for: a provider that hangs holds nobody up who wants one model. */
  readonly soon: Effect.Effect<ReadonlyArray<ModelInfo>>
  /** The same of the lists that are there now. */
  readonly known: () => ReadonlyArray<ModelInfo>
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
  const known = () =>
    shelves
      .flatMap(({ models }) => models())
      .toSorted(byUse)
      .map(({ info }) => info)
  const within = (waitMs: number | undefined) =>
    Effect.map(
      Effect.all(
        shelves.map(({ renewed }) => renewed(waitMs)),
        { concurrency: "unbounded", discard: true }
      ),
      known
    )
  return { models: within(undefined), soon: within(limits.modelsWaitMs), known }
})

interface Shelved {
  readonly info: ModelInfo
  readonly isDemo: boolean
  readonly order: number
}

/** One provider's list. */
const makeShelf = Effect.fnUntraced(function* (entry: CatalogEntry, order: number, limits: ProviderLimits) {
  const scope = yield* Effect.scope
  let models: ReadonlyArray<Shelved> = []
  let nextMs = 0
  let fetching: { readonly sinceMs: number; readonly done: Deferred.Deferred<void> } | undefined

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
  /** Once for all who wait. It goes on when they have gone. */
  const begun = (nowMs: number) => {
    const mine = { sinceMs: nowMs, done: Deferred.makeUnsafe<void>() }
    fetching = mine
    const ended = Effect.suspend(() => {
      fetching = undefined
      return Deferred.succeed(mine.done, undefined)
    })
    return Effect.as(Effect.forkIn(Effect.ensuring(fetch, ended), scope), mine)
  }

  /** Who has an old list does not wait; who has none waits until so long after it was asked for. */
  const renewed = (waitMs: number | undefined): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
      if (nowMs < nextMs) return Effect.void
      const asked = Effect.uninterruptible(
        Effect.suspend(() => (fetching === undefined ? begun(nowMs) : Effect.succeed(fetching)))
      )
      return Effect.flatMap(asked, ({ done, sinceMs }) => {
        if (models.length > 0) return Effect.void
        if (waitMs === undefined) return Deferred.await(done)
        const leftMs = sinceMs + waitMs - nowMs
        return leftMs <= 0 ? Effect.void : Effect.asVoid(Effect.timeoutOption(Deferred.await(done), leftMs))
      })
    })
  return { renewed, models: () => models }
})

const ranks: Record<ModelInfo["kind"], number> = { chat: 0, embedding: 1, other: 2 }

const byUse = (a: Shelved, b: Shelved): number =>
  ranks[a.info.kind] - ranks[b.info.kind] ||
  Number(a.isDemo) - Number(b.isDemo) ||
  a.order - b.order ||
  b.info.createdAtSeconds - a.info.createdAtSeconds ||
  (a.info.model < b.info.model ? -1 : 1)
