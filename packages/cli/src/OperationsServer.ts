/** A port for operators and internal services only, where one is set: `/metrics`, `/rpc` and `/health`, away from the public one. */
import { layerCurrentRequest } from "@parley/gateway/auth/CurrentRequest"
import { layerHealthDoor, layerMetricsDoor } from "@parley/gateway/ops/OperationsDoor"
import { renderFault } from "@parley/gateway/renderFault"
import { RpcDoor } from "@parley/gateway/rpc/RpcDoor"
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import type { Settings } from "./Settings.ts"

const serverOf = (settings: Settings, port: number) =>
  GatewayServer.layer({ host: settings.operationsHost, port, drainTimeoutMs: settings.drainTimeoutMs, renderFault })

const told = Layer.effectDiscard(
  Effect.flatMap(GatewayServer, ({ address }) =>
    Effect.logInfo("Operations are served").pipe(Effect.annotateLogs({ address: address.url }))
  )
)

const quiet = { disableLogger: true, disableListenLog: true }

/** A gateway's. */
export const layerOperationsServer = (settings: Settings, port: number) =>
  Layer.merge(
    HttpRouter.serve(Layer.mergeAll(layerCurrentRequest, layerHealthDoor, layerMetricsDoor, RpcDoor.layer), quiet),
    told
  ).pipe(Layer.provide(serverOf(settings, port)))

/** A runner's: it answers no calls but those of gateways, on the port for that. */
export const layerRunnerOperations = (settings: Settings, port: number) =>
  Layer.merge(HttpRouter.serve(Layer.mergeAll(layerCurrentRequest, layerHealthDoor, layerMetricsDoor), quiet), told).pipe(
    Layer.provide(serverOf(settings, port))
  )
