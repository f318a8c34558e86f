/** A runner as `parley runner` composes it, with one more provider: a source of tokens inside the process. */
import { runnerPortOf } from "@parley/cli/ClusterLayer"
import { openDatabase } from "@parley/cli/DatabaseAddress"
import { layerLogging } from "@parley/cli/Logging"
import { layerRunner } from "@parley/cli/Runner"
import { settings } from "@parley/cli/Settings"
import { Effect, Layer } from "effect"
import { TokenSource } from "./tokenSource.ts"

/** Calls in flight that one provider may have here; the default is for a provider behind a network. */
const maxConcurrent = 20_000

const source = new TokenSource()
process.on("message", (message: { type: string }) => {
  if (message.type === "go") process.send?.({ type: "gone", streams: source.go() })
})

const program = Effect.gen(function* () {
  const all = yield* settings
  yield* Effect.gen(function* () {
    const { url } = yield* openDatabase(all)
    const port = yield* runnerPortOf(all)
    yield* Layer.build(layerRunner(all, url, port, { extra: [source], limits: { maxConcurrent } }))
    process.stdout.write(`Address ws://127.0.0.1:${port}\n`)
    yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(layerLogging(all)))
})

const fiber = Effect.runFork(program)
fiber.addObserver((exit) => {
  if (exit._tag === "Failure") process.stderr.write(`${String(exit.cause)}\n`)
  process.exit(exit._tag === "Failure" ? 1 : 0)
})
process.once("SIGTERM", () => fiber.interruptUnsafe())
