/** Parley as `serve` composes it, with one more provider: a source of tokens inside the process. */
import { openDatabase } from "@parley/cli/DatabaseAddress"
import { layerLogging } from "@parley/cli/Logging"
import { layerParley } from "@parley/cli/Parley"
import { settings } from "@parley/cli/Settings"
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { Bootstrap } from "@parley/runtime/identity/Bootstrap"
import { Context, Effect, Layer } from "effect"
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
    const more = { extra: [source], limits: { maxConcurrent } }
    const context = yield* Layer.build(layerParley(all, url, more))
    yield* Effect.provide(Bootstrap.run({ givenKey: all.bootstrapApiKey }), context)
    process.stdout.write(`Address ${Context.get(context, GatewayServer).address.url}\n`)
    yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(layerLogging(all)))
})

const fiber = Effect.runFork(program)
fiber.addObserver((exit) => {
  if (exit._tag === "Failure") process.stderr.write(`${String(exit.cause)}\n`)
  process.exit(exit._tag === "Failure" ? 1 : 0)
})
process.once("SIGTERM", () => fiber.interruptUnsafe())
