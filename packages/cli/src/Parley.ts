/** The layers of one process that does everything. */
import { Unavailable } from "@parley/domain/Errors"
import { AllowedOrigins } from "@parley/gateway/auth/AllowedOrigins"
import { layerHttpDoors } from "@parley/gateway/HttpDoors"
import { layerMetricsDoor } from "@parley/gateway/ops/OperationsDoor"
import { renderFault } from "@parley/gateway/renderFault"
import { AppDoor } from "@parley/gateway/page/AppDoor"
import { RpcDoor } from "@parley/gateway/rpc/RpcDoor"
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { SocketDoor } from "@parley/gateway/socket/SocketDoor"
import type { ProvidersConfig } from "@parley/providers/Providers"
import { layerReloadable } from "@parley/providers/ReloadableProviders"
import { AttachmentSweep } from "@parley/runtime/attachments/AttachmentSweep"
import { SqlAttachments } from "@parley/runtime/attachments/SqlAttachments"
import * as CircuitStatuses from "@parley/runtime/completions/CircuitStatuses"
import * as ProviderCompletions from "@parley/runtime/completions/ProviderCompletions"
import * as ProviderEmbeddings from "@parley/runtime/completions/ProviderEmbeddings"
import { ConversationLimits } from "@parley/runtime/conversations/ConversationLimits"
import * as LocalConversations from "@parley/runtime/conversations/LocalConversations"
import * as SqlModelAccess from "@parley/runtime/identity/SqlModelAccess"
import { Identity } from "@parley/runtime/identity/Identity"
import { SignInLimits } from "@parley/runtime/identity/SignInLimits"
import { SqlConversationList } from "@parley/runtime/list/SqlConversationList"
import { PostgresNotices } from "@parley/runtime/notices/PostgresNotices"
import { FileObjectStore } from "@parley/runtime/objects/FileObjectStore"
import { S3ObjectStore } from "@parley/runtime/objects/S3ObjectStore"
import { SqlPrompts } from "@parley/runtime/prompts/SqlPrompts"
import { SqlShares } from "@parley/runtime/shares/SqlShares"
import { RedisClient, RedisHealth } from "@parley/runtime/redis/RedisClient"
import { SharedStores } from "@parley/runtime/redis/SharedStores"
import { Database } from "@parley/runtime/storage/Database"
import { DatabaseHealth } from "@parley/runtime/storage/DatabaseHealth"
import { JournalSweep } from "@parley/runtime/storage/JournalSweep"
import { Maintenance } from "@parley/runtime/storage/Maintenance"
import { SqlConversationStore } from "@parley/runtime/storage/SqlConversationStore"
import { SqlRunJournal } from "@parley/runtime/storage/SqlRunJournal"
import { TenantModels } from "@parley/runtime/tenants/TenantModels"
import { Tenants } from "@parley/runtime/tenants/Tenants"
import { Effect, Layer, Option, Redacted } from "effect"
import { HttpRouter } from "effect/http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { layerDatabaseClaim } from "./DatabaseClaim.ts"
import { layerDrainGate } from "./DrainGate.ts"
import { layerOperationsServer } from "./OperationsServer.ts"
import { layerProcessMetrics } from "./ProcessMetrics.ts"
import { layerReadiness, type ReadinessPart } from "./ProcessReadiness.ts"
import { layerSecretBox } from "./MasterKeys.ts"
import { environmentProviders } from "./providersOf.ts"
import type { Settings } from "./Settings.ts"
import { signInLimitsOf } from "./signInLink.ts"

/** Providers beside those of the environment. */
export type MoreProviders = Omit<ProvidersConfig, "openai" | "anthropic" | "llama">

/** Everything that a process serves, above the database at `url`. */
export const layerParley = (settings: Settings, url: Redacted.Redacted<string>, more?: MoreProviders) =>
  layerDoors(settings).pipe(
    Layer.provideMerge(
      Layer.mergeAll(LocalConversations.layer, ProviderCompletions.layer, ProviderEmbeddings.layer, CircuitStatuses.layer).pipe(
        Layer.provide(ConversationLimits.layer({ crashPolicy: settings.crashPolicy })),
        Layer.provideMerge(layerTenantModels(settings)),
        Layer.provideMerge(layerProviders(settings, more)),
        Layer.provideMerge(layerStorage(settings, url, "alone"))
      )
    )
  )

/** The store of record and what watches over it. */
export const layerStorage = (settings: Settings, url: Redacted.Redacted<string>, kind: "alone" | "together") =>
  Layer.mergeAll(
    SqlConversationStore.layer,
    SqlConversationList.layer,
    SqlPrompts.layer,
    Layer.mergeAll(SqlShares.layer, AttachmentSweep.layer).pipe(
      Layer.provideMerge(SqlAttachments.layer),
      Layer.provide(layerObjects(settings))
    ),
    JournalSweep.layer.pipe(Layer.provideMerge(SqlRunJournal.layer)),
    Maintenance.layer
  ).pipe(
    Layer.provideMerge(Identity.layer),
    Layer.provideMerge(SignInLimits.layer(signInLimitsOf(settings))),
    Layer.provideMerge(Tenants.layer),
    Layer.provideMerge(PostgresNotices.layer({ url, tells: kind === "together", listens: true })),
    Layer.provideMerge(layerDatabaseClaim(url, kind, settings.claimWaitMs)),
    Layer.provideMerge(Database.layer({ url }))
  )

export const layerProviders = (settings: Settings, more?: MoreProviders) =>
  layerReloadable({ ...environmentProviders(settings), ...more }).pipe(Layer.provideMerge(layerShared(settings)))

/** Where uploaded files are kept. */
const layerObjects = (settings: Settings) =>
  Option.match(settings.s3Endpoint, {
    onNone: () => FileObjectStore.layer(join(settings.dataDir, "objects")),
    onSome: (endpoint) =>
      S3ObjectStore.layer({
        endpoint,
        bucket: settings.s3Bucket,
        region: settings.s3Region,
        accessKeyId: settings.s3AccessKeyId,
        secretAccessKey: Option.getOrElse(settings.s3SecretAccessKey, () => Redacted.make(""))
      })
  })

/** Where the set-up puts the app's build. */
const builtApp = fileURLToPath(new URL("../../web/dist", import.meta.url))

/** What each tenant may ask of them, and with which keys. */
export const layerTenantModels = (settings: Settings) =>
  Layer.merge(TenantModels.layer, SqlModelAccess.layer).pipe(Layer.provide(layerSecretBox(settings)))

/** All doors, over conversations and completions wherever they live. */
export const layerDoors = (settings: Settings) => {
  const internal = Layer.mergeAll(RpcDoor.layer, layerMetricsDoor)
  const routes = Layer.mergeAll(
    layerHttpDoors,
    AppDoor.layer(Option.orElse(settings.webDir, () => Option.some(builtApp))),
    Option.isNone(settings.operationsPort) ? internal : Layer.empty
  ).pipe(Layer.provide(AllowedOrigins.layer(settings.allowedOrigins)))
  return layerProcessMetrics.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }),
        layerSockets(settings),
        Option.match(settings.operationsPort, {
          onNone: () => Layer.empty,
          onSome: (port) => layerOperationsServer(settings, port)
        })
      )
    ),
    Layer.provideMerge(
      GatewayServer.layer({
        host: settings.host,
        port: settings.port,
        sharesPort: settings.sharesPort,
        drainTimeoutMs: settings.drainTimeoutMs,
        renderFault
      })
    ),
    Layer.provideMerge(layerReadiness(readinessParts(settings))),
    Layer.provideMerge(layerDrainGate)
  )
}

/** What processes share: Redis when there is one, this process's memory when not. */
const layerShared = (settings: Settings) =>
  Option.match(settings.redisUrl, {
    onNone: () => SharedStores.layerMemory,
    onSome: (url) => SharedStores.layerRedis.pipe(Layer.provideMerge(RedisClient.layer({ url })))
  })

/** What must answer for the process to be ready. */
export const readinessParts = (settings: Settings) =>
  Effect.gen(function* () {
    const parts: Array<ReadinessPart> = [{ name: "postgres", check: (yield* DatabaseHealth).check }]
    const redis = yield* Effect.serviceOption(RedisHealth)
    if (Option.isSome(settings.redisUrl) && Option.isSome(redis)) {
      parts.push({ name: "redis", check: redis.value.check, optional: true })
    }
    return parts
  })

/** Milliseconds after which a tenant whose actor had a defect is back. */
const tenantRestartMs = 1_000

/** Sockets, each counted by its tenant for as long as it lives. */
const layerSockets = (settings: Settings) =>
  Layer.unwrap(
    Effect.map(Tenants, (tenants) =>
      SocketDoor.layer({
        allowedOrigins: settings.allowedOrigins,
        verifyKeysEveryMs: settings.keyCheckSeconds * 1_000,
        admit: (caller) =>
          Effect.catchTag(tenants.connection(caller.tenantId), "InternalError", ({ message }) =>
            Effect.fail(new Unavailable({ message, retryAfterMs: tenantRestartMs, workMayHaveHappened: false }))
          )
      })
    )
  )
