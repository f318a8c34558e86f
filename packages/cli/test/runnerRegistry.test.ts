/** Who is in the registry, who is dead, and who is a stranger: against a real Postgres. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Runner, RunnerAddress, RunnerStorage, ShardId, ShardingConfig } from "effect/cluster"
import { FreshDatabase } from "../../../test/support/freshDatabase.ts"
import { RunnerRegistry } from "../src/RunnerRegistry.ts"

const own = RunnerAddress.make("10.0.0.1", 8788)
const other = RunnerAddress.make("10.0.0.2", 8788)
const runnerAt = (address: RunnerAddress.RunnerAddress) => new Runner.Runner({ address, groups: ["default"], weight: 1 })
const shards = [ShardId.make("default", 1), ShardId.make("default", 2)]

const sql = Layer.unwrap(Effect.map(FreshDatabase, ({ url }) => PgClient.layer({ url }))).pipe(Layer.provide(FreshDatabase.layer))
const tested = RunnerRegistry.layer.pipe(
  Layer.provideMerge(sql),
  Layer.provide(ShardingConfig.layer({ shardLockDisableAdvisory: true }))
)

/** As if nothing had been heard of it for so long. */
const silence = (address: string, ms: number) =>
  Effect.flatMap(
    PgClient.PgClient,
    (client) =>
      client`update parley_cluster_runners set last_heartbeat = now() - ${ms}::float8 * interval '1 millisecond' where address = ${address}`
  )

const addresses = Effect.flatMap(RunnerStorage.RunnerStorage, (storage) =>
  Effect.map(storage.getRunners, (rows) => rows.map(([runner]) => runner.address.host).toSorted())
)

layer(tested)("the registry", (it) => {
  it.effect("names a runner whose heartbeat is old, and takes its leases only while it stays silent", () =>
    Effect.gen(function* () {
      const registry = yield* RunnerRegistry
      const storage = yield* RunnerStorage.RunnerStorage
      for (const address of [own, other]) yield* storage.register(runnerAt(address), true)
      assert.deepStrictEqual(yield* storage.acquire(other, shards), shards)
      assert.isTrue(yield* registry.holds(other, ShardId.make("default", 1)))
      assert.deepStrictEqual(yield* registry.beat(own, 3_000), [])

      yield* silence("10.0.0.2:8788", 4_000)
      assert.deepStrictEqual(yield* registry.beat(own, 3_000), ["10.0.0.2:8788"])
      // It was slow, not dead.
      yield* registry.beat(other, 3_000)
      assert.isFalse(yield* registry.declareDead("10.0.0.2:8788", 3_000))
      assert.deepStrictEqual(yield* storage.acquire(own, shards), [])

      yield* silence("10.0.0.2:8788", 4_000)
      assert.isTrue(yield* registry.declareDead("10.0.0.2:8788", 3_000))
      assert.deepStrictEqual(yield* addresses, ["10.0.0.1"])
      assert.isFalse(yield* registry.holds(other, ShardId.make("default", 1)))
      assert.deepStrictEqual(yield* storage.acquire(own, shards), shards)
      assert.isTrue(yield* registry.holds(own, ShardId.make("default", 1)))
      // The one that was declared dead and was not: it learns that it holds nothing.
      assert.deepStrictEqual(yield* storage.refresh(other, shards), [])
    })
  )

  it.effect("does not show runners of another protocol, nor calls them dead: their leases count", () =>
    Effect.gen(function* () {
      const client = yield* PgClient.PgClient
      const registry = yield* RunnerRegistry
      const storage = yield* RunnerStorage.RunnerStorage
      const foreign = RunnerAddress.make("10.0.0.3", 8788)
      const kept = [ShardId.make("default", 3)]
      for (const address of [own, foreign]) yield* storage.register(runnerAt(address), true)
      yield* storage.acquire(foreign, kept)
      yield* client`update parley_cluster_runners set protocol = 2 where address = '10.0.0.3:8788'`
      assert.deepStrictEqual(yield* addresses, ["10.0.0.1"])
      assert.deepStrictEqual(yield* storage.acquire(own, kept), [])
      yield* silence("10.0.0.3:8788", 10_000)
      assert.deepStrictEqual(yield* registry.beat(own, 3_000), [])
    })
  )
})
