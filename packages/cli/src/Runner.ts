/** The layers of a runner: the actors of conversations, for gateways. It has no door of its own. */
import * as HostedConversations from "@parley/runtime/conversations/HostedConversations"
import { Layer } from "effect"
import type { Redacted } from "effect"
import { layerClusterLimits, layerClusterRunner } from "./ClusterLayer.ts"
import { layerProviders, layerStorage, type MoreProviders } from "./Parley.ts"
import type { Settings } from "./Settings.ts"

export const layerRunner = (settings: Settings, url: Redacted.Redacted<string>, port: number, more?: MoreProviders) =>
  HostedConversations.layer.pipe(
    Layer.provide(layerClusterLimits(settings)),
    Layer.provide(layerClusterRunner(settings, url, port)),
    Layer.provideMerge(layerProviders(settings, more)),
    Layer.provideMerge(layerStorage(settings, url, "together"))
  )
