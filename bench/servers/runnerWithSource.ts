/** A runner as `parley runner` composes it, with one more provider: a source of tokens inside the process. */
import { runnerPortOf } from "@parley/cli/ClusterLayer"
import { layerRunner } from "@parley/cli/Runner"
import { Effect, Layer } from "effect"
import { runWithSource } from "./withSource.ts"

runWithSource(
  Effect.fnUntraced(function* (all, url, more) {
    const port = yield* runnerPortOf(all)
    yield* Layer.build(layerRunner(all, url, port, more))
    return `ws://127.0.0.1:${port}`
  })
)
