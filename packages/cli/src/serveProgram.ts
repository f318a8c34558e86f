/** The whole of Parley in one process: built from its layers, announced, and drained when it is asked to stop. */
import { GatewayServer } from "@parley/gateway/server/GatewayServer"
import { Providers } from "@parley/providers/Providers"
import { Bootstrap } from "@parley/runtime/identity/Bootstrap"
import { makeSignInLink } from "@parley/runtime/identity/signInLinks"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { announce } from "./announce.ts"
import { openDatabase } from "./DatabaseAddress.ts"
import { drain } from "./drain.ts"
import { layerLogging } from "./Logging.ts"
import { processesOf, superviseGateways, tellSupervisor } from "./GatewayProcesses.ts"
import { layerGateway } from "./Gateway.ts"
import { layerParley } from "./Parley.ts"
import { requireDatabase } from "./requireDatabase.ts"
import { fileProviders } from "./providersOf.ts"
import { readProvidersFile } from "./readProvidersFile.ts"
import { settings, type Settings } from "./Settings.ts"
import { linkOf } from "./signInLink.ts"
import { layerTelemetry } from "./Telemetry.ts"
import { fingerprintOf, watchProvidersFile } from "./watchProvidersFile.ts"

export const serveProgram = Effect.gen(function* () {
  const began = performance.now()
  const all = yield* settings
  return yield* serve(all, began, layerParley, 0).pipe(
    Effect.scoped,
    Effect.provide(Layer.mergeAll(layerTelemetry(all), layerLogging(all)))
  )
})

/** Somebody stands in front of a gateway, who looks every second or two whether it is ready. */
const gatewayDrainDelayMs = 3_000

/** The doors only: conversations live in runners. */
export const gatewayProgram = Effect.gen(function* () {
  const began = performance.now()
  const all = yield* settings
  yield* requireDatabase(all)
  const processes = processesOf(all)
  if (processes > 1) return yield* superviseGateways(all, processes).pipe(Effect.scoped, Effect.provide(layerLogging(all)))
  return yield* serve(all, began, layerGateway, gatewayDrainDelayMs).pipe(
    Effect.scoped,
    Effect.provide(Layer.mergeAll(layerTelemetry(all), layerLogging(all)))
  )
})

const serve = Effect.fnUntraced(function* (
  all: Settings,
  began: number,
  layerOf: typeof layerParley | typeof layerGateway,
  drainDelayMs: number
) {
  // First of all: nothing is opened for a configuration that is wrong.
  const begun = yield* fingerprintOf(all)
  const file = yield* readProvidersFile(all)
  const { config } = yield* fileProviders(Option.getOrElse(file, () => ({})))
  for (const { id, variable } of config.asleep) {
    yield* Effect.logWarning(`The provider ${id} is not live: its configuration names ${variable}, which is not set`)
  }
  const database = yield* openDatabase(all)
  const context = yield* Layer.build(layerOf(all, database.url, config)).pipe(
    Effect.catchTag("ServeError", ({ cause }) => new CannotListen({ message: cannotListen(all, cause) }))
  )
  return yield* Effect.gen(function* () {
    const server = yield* GatewayServer
    // Last of all: a key that is made is told at once, and never lost to a start that fails.
    const { newKey, tenant } = yield* Bootstrap.run({ givenKey: all.bootstrapApiKey })
    const link = Option.map(yield* makeSignInLink(tenant.id), (token) => linkOf(server.address.url, Redacted.value(token)))
    const announcement = {
      address: server.address.url,
      newAdministratorKey: Option.getOrUndefined(Option.map(newKey, Redacted.value)),
      signInLink: Option.getOrUndefined(link),
      signInLinkMinutes: all.signInLinkMinutes,
      providers: (yield* Providers).live,
      data: database.location,
      shared: Option.isSome(all.redisUrl) ? "Redis" : "this process's memory",
      engine: server.engine,
      startedInMs: Math.round(performance.now() - began)
    }
    yield* announce(announcement, { toPeople: !all.sharesPort || Option.isSome(newKey) })
    yield* tellSupervisor
    yield* watchProvidersFile(all, begun)
    return yield* Effect.never
  }).pipe(
    Effect.onInterrupt(() =>
      drain(
        Option.getOrElse(all.drainDelayMs, () => drainDelayMs),
        all.drainTimeoutMs,
        layerOf === layerParley
      )
    ),
    Effect.provide(context)
  )
})

export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", { message: Schema.String }) {}

const cannotListen = ({ host, port }: Settings, cause: unknown): string => {
  const said = cause instanceof Error && cause.message !== "" ? ` (${cause.message})` : ""
  return `Cannot listen on ${host}:${port}: the port is taken, or the address is not this machine's. Set PARLEY_PORT or PARLEY_HOST to others; port 0 takes a free one.${said}`
}
