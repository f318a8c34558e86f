/** The layers of a runner: the actors of conversations, for gateways. It has no door of its own, but for its operators where they want one. */
import * as HostedConversations from "@parley/runtime/conversations/HostedConversations"
import { Layer, Option } from "effect"
import type { Redacted } from "effect"
import { layerClusterLimits, layerClusterRunner } from "./ClusterLayer.ts"
import { layerRunnerOperations } from "./OperationsServer.ts"
import { layerProviders, layerStorage, layerTenantModels, readinessParts, type MoreProviders } from "./Parley.ts"
import { layerRunnerMetrics } from "./ProcessMetrics.ts"
import { layerReadiness } from "./ProcessReadiness.ts"
import type { Settings } from "./Settings.ts"

export const layerRunner = (settings: Settings, url: Redacted.Redacted<string>, port: number, more?: MoreProviders) =>
  Option.match(settings.operationsPort, {
    onNone: () => Layer.empty,
    onSome: (operations) => Layer.merge(layerRunnerOperations(settings, operations), layerRunnerMetrics)
  }).pipe(
    Layer.provideMerge(layerReadiness(readinessParts(settings))),
    Layer.provideMerge(HostedConversations.layer),
    Layer.provide(layerClusterLimits(settings)),
    Layer.provide(layerClusterRunner(settings, url, port)),
    Layer.provideMerge(layerTenantModels(settings)),
    Layer.provideMerge(layerProviders(settings, more)),
    Layer.provideMerge(layerStorage(settings, url, "together"))
  )
