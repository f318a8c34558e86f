/** A lease that was given is held for its time, whatever becomes of the database meanwhile; never longer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ClusterError, RunnerAddress, ShardId } from "effect/cluster"
import { TestClock } from "effect/testing"
import { patientLeases } from "../src/patientLeases.ts"

const own = RunnerAddress.make("127.0.0.1", 1)
const shards = [ShardId.make("default", 1), ShardId.make("default", 2)]

/** A lease of 35 s that is renewed every 5 s, over a database whose state the test sets. */
const world = Effect.gen(function* () {
  const database: { state: "up" | "refusing" | "silent"; held: ReadonlyArray<ShardId.ShardId> } = { state: "up", held: shards }
  const answer = Effect.suspend(() => {
    switch (database.state) {
      case "up":
        return Effect.succeed([...database.held])
      case "refusing":
        return Effect.fail(new ClusterError.PersistenceError({ cause: new Error("connection refused") }))
      case "silent":
        return Effect.never
    }
  })
  const leases = yield* patientLeases(
    { acquire: () => answer, refresh: () => answer, release: () => Effect.void, releaseAll: () => Effect.void },
    { shardLockExpiration: 35_000, shardLockRefreshInterval: 5_000 }
  )
  return { database, leases, renew: leases.refresh(own, shards) }
})

describe("leases", () => {
  it.effect("are held through 25 s without a database, and let go of before another may have them", () =>
    Effect.gen(function* () {
      const { database, leases, renew } = yield* world
      yield* leases.acquire(own, shards)
      database.state = "refusing"
      for (let passedMs = 5_000; passedMs <= 25_000; passedMs += 5_000) {
        yield* TestClock.adjust(5_000)
        assert.deepStrictEqual(yield* renew, shards)
      }
      yield* TestClock.adjust(5_000)
      assert.strictEqual((yield* Effect.flip(renew))._tag, "PersistenceError")
    })
  )

  it.effect("are held when the database hangs, with an answer before the next renewal is due", () =>
    Effect.gen(function* () {
      const { database, leases, renew } = yield* world
      yield* leases.acquire(own, shards)
      database.state = "silent"
      const renewal = yield* Effect.forkChild(renew, { startImmediately: true })
      yield* TestClock.adjust(2_500)
      assert.deepStrictEqual(renewal.pollUnsafe()?._tag, "Success")
    })
  )

  it.effect("that the database says are another's are not claimed from memory", () =>
    Effect.gen(function* () {
      const { database, leases, renew } = yield* world
      yield* leases.acquire(own, shards)
      database.held = shards.slice(0, 1)
      assert.deepStrictEqual(yield* renew, shards.slice(0, 1))
      database.state = "refusing"
      // The second was not confirmed since it was acquired; its lease runs on from there, the first's from the renewal.
      yield* TestClock.adjust(5_000)
      assert.deepStrictEqual(yield* leases.refresh(own, shards.slice(0, 1)), shards.slice(0, 1))
    })
  )

  it.effect("count anew from a renewal that the database answered, and not at all once given back", () =>
    Effect.gen(function* () {
      const { database, leases, renew } = yield* world
      yield* leases.acquire(own, shards)
      yield* TestClock.adjust(20_000)
      yield* renew
      database.state = "refusing"
      yield* TestClock.adjust(20_000)
      assert.deepStrictEqual(yield* renew, shards)
      yield* leases.releaseAll(own)
      assert.strictEqual((yield* Effect.flip(renew))._tag, "PersistenceError")
    })
  )
})
