/**
 * Leases that are held for their whole time. effect/cluster lets go of everything that a runner serves at the first renewal that fails; here
 * a renewal that fails is answered from memory until the lease is about to end: until then nobody else can have taken it, because only
 * the database gives leases and it had given this one. So a short outage of Postgres interrupts no answer.
 */
import { Clock, Duration, Effect } from "effect"
import { ClusterError } from "effect/cluster"
import type { RunnerStorage, ShardId, ShardingConfig } from "effect/cluster"

type Leases = Pick<RunnerStorage.RunnerStorage["Service"], "acquire" | "refresh" | "release" | "releaseAll">

/** effect/cluster renews at least so often within a lease. */
const leastRenewalsPerLease = 3
/** A renewal that has no answer after this share of the time until the next one counts as failed. */
const renewalShare = 0.5

export const patientLeases = (
  storage: Leases,
  config: Pick<ShardingConfig.ShardingConfig["Service"], "shardLockExpiration" | "shardLockRefreshInterval">
): Effect.Effect<Leases> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const leaseMs = Duration.toMillis(Duration.fromInputUnsafe(config.shardLockExpiration))
    const renewMs = Math.min(
      Duration.toMillis(Duration.fromInputUnsafe(config.shardLockRefreshInterval)),
      leaseMs / leastRenewalsPerLease
    )
    const renewTimeoutMs = renewMs * renewalShare
    /** Kept beyond a failed renewal only if the next one, too, ends within the lease. */
    const patienceMs = leaseMs - renewMs - renewTimeoutMs
    /** When the last question was asked that the database answered with "yours". Not the machine's clock, which may be set. */
    const heldSinceMs = new Map<string, number>()
    let isAway = false
    const nowMs = (): number => Number(clock.currentTimeNanosUnsafe() / 1_000_000n)

    const hold = (shards: ReadonlyArray<ShardId.ShardId>, sinceMs: number): void => {
      for (const shard of shards) heldSinceMs.set(shard.toString(), sinceMs)
    }
    const stillHeld = (shards: ReadonlyArray<ShardId.ShardId>): Array<ShardId.ShardId> =>
      shards.filter((shard) => (heldSinceMs.get(shard.toString()) ?? Number.NEGATIVE_INFINITY) + patienceMs > nowMs())

    const back = Effect.suspend(() => {
      if (!isAway) return Effect.void
      isAway = false
      return Effect.logInfo("Leases are renewed again")
    })

    return {
      acquire: (address, shardIds) =>
        Effect.suspend(() => {
          const sinceMs = nowMs()
          return Effect.tap(storage.acquire(address, shardIds), (shards) => Effect.sync(() => hold(shards, sinceMs)))
        }),
      refresh: (address, shardIds) =>
        Effect.suspend(() => {
          const sinceMs = nowMs()
          const asked = [...shardIds]
          const renewal = storage.refresh(address, asked)
          // Asks whether the database is there, when leases were lost already.
          if (asked.length === 0) return renewal
          return renewal.pipe(
            Effect.tap((shards) => {
              hold(shards, sinceMs)
              return back
            }),
            Effect.timeoutOrElse({ duration: renewTimeoutMs, orElse: () => Effect.fail(noAnswer()) }),
            Effect.catch((error) => {
              const held = stillHeld(asked)
              if (held.length === 0) return Effect.fail(error)
              if (isAway) return Effect.succeed(held)
              isAway = true
              return Effect.as(Effect.logWarning("Leases cannot be renewed now; they are held until they end", error), held)
            })
          )
        }),
      release: (address, shard) =>
        Effect.suspend(() => {
          heldSinceMs.delete(shard.toString())
          return storage.release(address, shard)
        }),
      releaseAll: (address) =>
        Effect.suspend(() => {
          heldSinceMs.clear()
          return storage.releaseAll(address)
        })
    }
  })

const noAnswer = () => new ClusterError.PersistenceError({ cause: new Error("The database did not answer in time") })
