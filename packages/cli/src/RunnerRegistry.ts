/**
 * Which runners there are, and which shards each holds a lease on: effect/cluster's tables in Postgres, with three rules of Parley's own.
 *
 * - A lease is held for its whole time: see `patientLeases`.
 * - Runners that speak another protocol are not seen: nothing is sent to them. Their leases count, so a conversation still has one owner.
 * - A runner that is dead by two witnesses loses its row and its leases at once: see `RunnerWatch`.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { actorProtocol } from "@parley/domain/actors/actorProtocol"
import { Context, Effect, Layer, Metric, Schedule, Schema } from "effect"
import { ClusterError, RunnerStorage, ShardingConfig, SqlRunnerStorage } from "effect/cluster"
import type { RunnerAddress, ShardId } from "effect/cluster"
import type { SqlError } from "effect/sql"
import { patientLeases } from "./patientLeases.ts"

const prefix = "parley_cluster"
/** Of two processes that make the tables at the same moment one fails, and finds them made when it tries again. */
const makeTries = 10
const makeRetryMs = 500

const foreignRunners = Metric.gauge("parley_cluster_foreign_runners", {
  description: "Runners in the registry that speak another protocol between processes; nothing is sent to them"
})
const runnersDeclaredDead = Metric.counter("parley_cluster_runners_declared_dead", {
  description: "Runners that wrote no heartbeat and did not answer, and whose leases this process has taken away"
})

const Addresses = Schema.Array(Schema.Struct({ address: Schema.String }))
const readAddresses = (rows: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  Schema.decodeUnknownSync(Addresses)(rows).map(({ address }) => address)

const Protocols = Schema.Array(Schema.Struct({ address: Schema.String, protocol: Schema.Int }))
const readProtocols = (rows: ReadonlyArray<unknown>): ReadonlyMap<string, number> =>
  new Map(Schema.decodeUnknownSync(Protocols)(rows).map(({ address, protocol }) => [address, protocol]))

const textOf = ({ host, port }: RunnerAddress.RunnerAddress) => `${host}:${port}`

export class RunnerRegistry extends Context.Service<
  RunnerRegistry,
  {
    /** Writes this runner's heartbeat, and answers with the addresses of those whose own is older than `silentMs`. */
    readonly beat: (own: RunnerAddress.RunnerAddress, silentMs: number) => Effect.Effect<ReadonlyArray<string>, SqlError.SqlError>
    /** Takes row and leases from a runner, unless it has written its heartbeat meanwhile. True when they were taken. */
    readonly declareDead: (address: string, silentMs: number) => Effect.Effect<boolean, SqlError.SqlError>
    /** Whether the lease is still this runner's: not by its own memory. */
    readonly holds: (own: RunnerAddress.RunnerAddress, shard: ShardId.ShardId) => Effect.Effect<boolean, SqlError.SqlError>
  }
>()("@parley/cli/RunnerRegistry") {
  /** Provides effect/cluster's `RunnerStorage` too. */
  static readonly layer = Layer.effectContext(
    Effect.gen(function* () {
      const sql = (yield* PgClient.PgClient).withoutTransforms()
      const runners = sql(`${prefix}_runners`)
      const locks = sql(`${prefix}_locks`)
      const storage = yield* SqlRunnerStorage.make({ prefix }).pipe(
        Effect.tap(() => sql`alter table ${runners} add column if not exists protocol integer not null default 0`),
        Effect.retry({ times: makeTries - 1, schedule: Schedule.spaced(makeRetryMs) }),
        Effect.orDie
      )

      // 0: registered, and about to say what it speaks.
      const others = sql`select address, protocol from ${runners} where protocol <> ${actorProtocol}`.pipe(
        Effect.map(readProtocols),
        ClusterError.PersistenceError.refail
      )
      let told = ""
      /** Said once for each change. */
      const tellForeign = (addresses: ReadonlyArray<string>): Effect.Effect<void> => {
        const text = addresses.join(", ")
        if (text === told) return Effect.void
        told = text
        const line =
          text === ""
            ? Effect.logInfo("All runners speak this process's protocol again")
            : Effect.logWarning(
                `Runners speak another protocol than this process (${actorProtocol}): ${text}. The conversations that they serve are ` +
                  "unavailable here until they stop"
              )
        return Effect.andThen(Metric.update(foreignRunners, addresses.length), line)
      }

      return Context.make(
        RunnerStorage.RunnerStorage,
        RunnerStorage.RunnerStorage.of({
          ...storage,
          ...(yield* patientLeases(storage, yield* ShardingConfig.ShardingConfig)),
          getRunners: Effect.gen(function* () {
            const all = yield* storage.getRunners
            const protocols = yield* others
            const isForeign = ([runner]: (typeof all)[number]) => (protocols.get(textOf(runner.address)) ?? 0) > 0
            yield* tellForeign(all.filter(isForeign).map(([runner]) => textOf(runner.address)))
            return all.filter(([runner]) => !protocols.has(textOf(runner.address)))
          }),
          register: (runner, isHealthy) =>
            Effect.tap(storage.register(runner, isHealthy), () =>
              sql`update ${runners} set protocol = ${actorProtocol} where address = ${textOf(runner.address)}`.pipe(
                ClusterError.PersistenceError.refail
              )
            )
        })
      ).pipe(
        Context.add(
          RunnerRegistry,
          RunnerRegistry.of({
            beat: (own, silentMs) =>
              sql`
                with beat as (update ${runners} set last_heartbeat = now() where address = ${textOf(own)})
                select address from ${runners}
                where address <> ${textOf(own)} and protocol = ${actorProtocol}
                  and last_heartbeat < now() - ${silentMs}::float8 * interval '1 millisecond'`.pipe(Effect.map(readAddresses)),
            declareDead: (address, silentMs) =>
              sql`
                with gone as (
                  delete from ${runners}
                  where address = ${address} and last_heartbeat < now() - ${silentMs}::float8 * interval '1 millisecond'
                  returning address
                ), freed as (delete from ${locks} where address in (select address from gone))
                select address from gone`.pipe(
                Effect.map((rows) => rows.length > 0),
                Effect.tap((isGone) => (isGone ? Metric.update(runnersDeclaredDead, 1) : Effect.void))
              ),
            holds: (own, shard) =>
              sql`select address from ${locks} where shard_id = ${shard.toString()} and address = ${textOf(own)}`.pipe(
                Effect.map((rows) => rows.length > 0)
              )
          })
        )
      )
    })
  )
}
