/**
 * The bottom layer of the actors in many processes: which runners there are and which conversations each serves is in Postgres, as leases in
 * tables; what processes say to each other goes over websockets between them. Runner ports belong on a private network: they have no keys.
 */
import * as NodeClusterHttp from "@effect/platform-node/NodeClusterHttp"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as PgClient from "@effect/sql-pg/PgClient"
import { ConversationLimits } from "@parley/runtime/conversations/ConversationLimits"
import { ConfigProvider, Effect, Layer, Option, Schedule } from "effect"
import type { Redacted } from "effect"
import { MessageStorage, RunnerAddress, RunnerStorage, ShardingConfig, SqlRunnerStorage } from "effect/cluster"
import { freePort } from "./postgres/freePort.ts"
import type { Settings } from "./Settings.ts"

/** Sessions of the registry: one holds the leases, the others read who is there. */
const registryConnections = 3
const registryTries = 10
const registryRetryMs = 500
/** Leases are renewed this often within their time. */
const renewalsPerLease = 4
const maxRenewMs = 10_000
/** How long an actor that must leave waits for the commands that it has begun. */
const terminationTimeoutMs = 5_000
/** Between two tries to reach a conversation that is moving. */
const sendRetryMs = 100
/** Conversations resident in one runner; past it `Busy`. */
const maxResidentConversations = 50_000

/** A watch gives a sign of life at least this often, and three times within a lease: a frozen runner is noticed when its lease ends. */
const maxHeartbeatMs = 5_000
const heartbeatsPerLease = 3

/** What conversations between processes have beside those of one. */
export const layerClusterLimits = (settings: Settings) =>
  ConversationLimits.layer({
    crashPolicy: settings.crashPolicy,
    watchHeartbeatMs: Math.min(maxHeartbeatMs, Math.ceil(settings.leaseMs / heartbeatsPerLease))
  })

const configOf = (settings: Settings, runnerPort: number | undefined): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
  ...(runnerPort === undefined
    ? { runnerAddress: Option.none() }
    : {
        runnerAddress: Option.some(RunnerAddress.make(settings.runnerHost, runnerPort)),
        runnerListenAddress: Option.map(settings.runnerListenHost, (host) => RunnerAddress.make(host, runnerPort))
      }),
  shardLockDisableAdvisory: true,
  shardLockExpiration: settings.leaseMs,
  shardLockRefreshInterval: Math.min(maxRenewMs, Math.ceil(settings.leaseMs / renewalsPerLease)),
  refreshAssignmentsInterval: settings.assignmentsRefreshMs,
  runnerHealthCheckInterval: settings.runnerHealthMs,
  runnerJoinDebounce: settings.runnerJoinMs,
  entityTerminationTimeout: terminationTimeoutMs,
  sendRetryInterval: sendRetryMs,
  maxResidentEntities: maxResidentConversations,
  simulateRemoteSerialization: false
})

/** Of two processes that make the tables at the same moment one fails, and finds them made when it tries again. */
const registry = Layer.effect(
  RunnerStorage.RunnerStorage,
  SqlRunnerStorage.make({ prefix: "parley_cluster" }).pipe(
    Effect.retry({ times: registryTries - 1, schedule: Schedule.spaced(registryRetryMs) }),
    Effect.orDie
  )
)

const layerOf = <ClientOnly extends boolean>(
  url: Redacted.Redacted<string>,
  clientOnly: ClientOnly,
  config: Partial<ShardingConfig.ShardingConfig["Service"]>
) =>
  NodeClusterHttp.layer({ transport: "websocket", storage: "byo", clientOnly, shardingConfig: config }).pipe(
    Layer.provide(MessageStorage.layerNoop),
    Layer.provide(
      registry.pipe(
        Layer.provide(ShardingConfig.layer(config)),
        Layer.provide(PgClient.layer({ url, maxConnections: registryConnections, applicationName: "parley cluster" }))
      )
    ),
    Layer.provide(NodeCrypto.layer),
    // The settings above are all there are: HOST, PORT and their like belong to others.
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} })))
  )

/** Asks runners, is none. */
export const layerClusterClient = (settings: Settings, url: Redacted.Redacted<string>) =>
  layerOf(url, true, configOf(settings, undefined))

/** Is one of the runners; `port` was chosen before, since others are told it. */
export const layerClusterRunner = (settings: Settings, url: Redacted.Redacted<string>, port: number) =>
  layerOf(url, false, configOf(settings, port))

/** The configured port, or a free one. */
export const runnerPortOf = (settings: Settings): Effect.Effect<number> =>
  settings.runnerPort === 0 ? Effect.promise(freePort) : Effect.succeed(settings.runnerPort)
