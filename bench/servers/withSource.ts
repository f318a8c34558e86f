/** A program of Parley's with one more provider: a source of tokens inside the process, which is told over IPC when to begin. */
// As the programs do.
import "effect/schema/SchemaJITCompiler/enable"
import { openDatabase } from "@parley/cli/DatabaseAddress"
import { layerLogging } from "@parley/cli/Logging"
import { settings, type Settings } from "@parley/cli/Settings"
import { Effect, type Redacted, type Scope } from "effect"
import { TokenSource } from "./tokenSource.ts"

/** Calls in flight that one provider may have here; the default is for a provider behind a network. */
const maxConcurrent = 20_000

interface WithSource {
  readonly extra: ReadonlyArray<TokenSource>
  readonly limits: { readonly maxConcurrent: number }
}

/** `start` answers the address that is told to whoever measures. */
export const runWithSource = <E>(
  start: (all: Settings, url: Redacted.Redacted<string>, more: WithSource) => Effect.Effect<string, E, Scope.Scope>
): void => {
  const source = new TokenSource()
  process.on("message", (message: { type: string }) => {
    if (message.type === "go") process.send?.({ type: "gone", streams: source.go() })
  })

  const program = Effect.gen(function* () {
    const all = yield* settings
    return yield* Effect.gen(function* () {
      const { url } = yield* openDatabase(all)
      const address = yield* start(all, url, { extra: [source], limits: { maxConcurrent } })
      process.stdout.write(`Address ${address}\n`)
      return yield* Effect.never
    }).pipe(Effect.scoped, Effect.provide(layerLogging(all)))
  })

  const fiber = Effect.runFork(program)
  fiber.addObserver((exit) => {
    if (exit._tag === "Failure") process.stderr.write(`${String(exit.cause)}\n`)
    process.exit(exit._tag === "Failure" ? 1 : 0)
  })
  process.once("SIGTERM", () => fiber.interruptUnsafe())
}
