/**
 * The bottom layer of the actors in many processes: which runners there are and which conversations each serves is in Postgres, as leases in
 * tables; what processes say to each other goes over websockets between them. Runner ports belong on a private network: they have no keys.
 */
import * as NodeClusterHttp from "@effect/platform-node/NodeClusterHttp"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as PgClient from "@effect/sql-pg/PgClient"
import { actorProtocol } from "@parley/domain/actors/actorProtocol"
import { ConversationLimits } from "@parley/runtime/conversations/ConversationLimits"
import { Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { HttpRunner, MessageStorage, RunnerAddress, RunnerHealth, RunnerServer, ShardingConfig } from "effect/cluster"
import { HttpRouter } from "effect/http"
import { RpcSerialization } from "effect/rpc"
import { freePort } from "./postgres/freePort.ts"
import { layerLeasedOwnership } from "./LeasedOwnership.ts"
import { RunnerRegistry } from "./RunnerRegistry.ts"
import { layerRunnerWatch } from "./RunnerWatch.ts"
import type { Settings } from "./Settings.ts"

/** Sessions of the registry: one holds the leases, the others read who is there. */
const registryConnections = 3
/** Leases are renewed this often within their time. */
const renewalsPerLease = 7
const maxRenewMs = 5_000
/** How long an actor that must leave waits for the commands that it has begun. */
const terminationTimeoutMs = 5_000
/** Between two tries to reach a conversation that is moving. */
const sendRetryMs = 100

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
  runnerJoinDebounce: settings.runnerJoinMs,
  entityTerminationTimeout: terminationTimeoutMs,
  sendRetryInterval: sendRetryMs,
  maxResidentEntities: settings.maxResidentConversations,
  simulateRemoteSerialization: false
})

/** Another protocol is another path, so that not even a connection is made. */
const path = `/actors/${actorProtocol}` as const

/** What a process asks runners with. */
const layerProtocol = HttpRunner.layerClientProtocolWebsocket({ path }).pipe(Layer.provide(NodeSocket.layerWebSocketConstructor))

/** Whether a runner answers is asked by `RunnerWatch`, not by effect/cluster. */
const layerHealth = RunnerHealth.layerNoop

const layerServer = HttpRouter.serve(HttpRunner.layerWebsocketOptions({ path }), {
  disableLogger: true,
  disableListenLog: true
}).pipe(Layer.provide([NodeClusterHttp.layerHttpServer, layerHealth]))

const layerRegistry = (url: Redacted.Redacted<string>) =>
  RunnerRegistry.layer.pipe(
    Layer.provide(PgClient.layer({ url, maxConnections: registryConnections, applicationName: "parley cluster" }))
  )

const layerBeneath = (config: Partial<ShardingConfig.ShardingConfig["Service"]>, url: Redacted.Redacted<string>) =>
  layerRegistry(url).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        ShardingConfig.layer(config),
        MessageStorage.layerNoop,
        NodeCrypto.layer,
        RpcSerialization.layerSchemaBinary(),
        layerProtocol.pipe(Layer.provide(RpcSerialization.layerSchemaBinary()))
      )
    )
  )

/** Asks runners, is none. */
export const layerClusterClient = (settings: Settings, url: Redacted.Redacted<string>) =>
  RunnerServer.layerClientOnly.pipe(Layer.provide(layerBeneath(configOf(settings, undefined), url)))

/** Is one of the runners; `port` was chosen before, since others are told it. */
export const layerClusterRunner = (settings: Settings, url: Redacted.Redacted<string>, port: number) =>
  Layer.merge(layerRunnerWatch(settings.runnerHeartbeatMs), layerLeasedOwnership).pipe(
    Layer.provideMerge(layerServer),
    Layer.provide(layerBeneath(configOf(settings, port), url))
  )

/** The configured port, or a free one. */
export const runnerPortOf = (settings: Settings): Effect.Effect<number> =>
  settings.runnerPort === 0 ? Effect.promise(freePort) : Effect.succeed(settings.runnerPort)
