/** A runner: built from its layers, announced in its log, and drained when it is asked to stop. */
import { Readiness } from "@parley/domain/Administration"
import { Providers } from "@parley/providers/Providers"
import { RunningRuns } from "@parley/runtime/conversations/RunningRuns"
import { Effect, Layer, Option } from "effect"
import { openDatabase } from "./DatabaseAddress.ts"
import { runnerPortOf } from "./ClusterLayer.ts"
import { awaitRuns } from "./drain.ts"
import { layerLogging } from "./Logging.ts"
import { fileProviders } from "./providersOf.ts"
import { readProvidersFile } from "./readProvidersFile.ts"
import { requireDatabase } from "./requireDatabase.ts"
import { layerRunner } from "./Runner.ts"
import { settings, type Settings } from "./Settings.ts"
import { layerTelemetry } from "./Telemetry.ts"
import { fingerprintOf, watchProvidersFile } from "./watchProvidersFile.ts"

export const runnerProgram = Effect.gen(function* () {
  const all = yield* settings
  yield* requireDatabase(all)
  return yield* run(all).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(layerTelemetry(all), layerLogging(all))))
})

const run = Effect.fnUntraced(function* (all: Settings) {
  const begun = yield* fingerprintOf(all)
  const file = yield* readProvidersFile(all)
  const { config } = yield* fileProviders(Option.getOrElse(file, () => ({})))
  const database = yield* openDatabase(all)
  const port = yield* runnerPortOf(all)
  const context = yield* Layer.build(layerRunner(all, database.url, port, config))
  return yield* Effect.gen(function* () {
    yield* Effect.logInfo("Parley is ready").pipe(
      Effect.annotateLogs({
        address: `ws://${all.runnerHost}:${port}`,
        role: "runner",
        providers: (yield* Providers).live.join(", "),
        data: database.location
      })
    )
    yield* watchProvidersFile(all, begun)
    return yield* Effect.never
  }).pipe(
    // What is still running then is handed over: another runner continues it from the journal.
    Effect.onInterrupt(() =>
      Effect.gen(function* () {
        yield* (yield* Readiness).setDraining
        yield* awaitRuns(yield* RunningRuns, all.drainTimeoutMs)
      })
    ),
    Effect.provide(context)
  )
})
