/** The layers of a gateway: all doors, and conversations that live in runners. Stateless completions are answered here. */
import * as CircuitStatuses from "@parley/runtime/completions/CircuitStatuses"
import * as ProviderCompletions from "@parley/runtime/completions/ProviderCompletions"
import * as ProviderEmbeddings from "@parley/runtime/completions/ProviderEmbeddings"
import * as RemoteConversations from "@parley/runtime/conversations/RemoteConversations"
import { RunningRuns } from "@parley/runtime/conversations/RunningRuns"
import { Layer } from "effect"
import type { Redacted } from "effect"
import { layerClusterClient, layerClusterLimits } from "./ClusterLayer.ts"
import { layerDoors, layerProviders, layerStorage, layerTenantModels, type MoreProviders } from "./Parley.ts"
import type { Settings } from "./Settings.ts"

export const layerGateway = (settings: Settings, url: Redacted.Redacted<string>, more?: MoreProviders) =>
  layerDoors(settings).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        RemoteConversations.layer.pipe(Layer.provide([layerClusterClient(settings, url), layerClusterLimits(settings)])),
        ProviderCompletions.layer,
        ProviderEmbeddings.layer,
        CircuitStatuses.layer,
        RunningRuns.layer
      ).pipe(
        Layer.provideMerge(layerTenantModels(settings)),
        Layer.provideMerge(layerProviders(settings, more)),
        Layer.provideMerge(layerStorage(settings, url, "together"))
      )
    )
  )
