/**
 * The configuration file, taken over when it changes. It is looked at from time to time rather than watched: editors and mounted
 * configurations replace files in ways that watchers miss, and a look costs nothing. SIGHUP looks at once. A file that is wrong is told with the path of
 * each fault, and what was in force stays so.
 */
import { createHash } from "node:crypto"
import { Providers } from "@parley/providers/Providers"
import { ProvidersReload } from "@parley/providers/ReloadableProviders"
import { Effect, FileSystem, Option, Queue, type Scope } from "effect"
import { environmentProviders, fileProviders } from "./providersOf.ts"
import { defaultConfigFile, readProvidersFile } from "./readProvidersFile.ts"
import type { Settings } from "./Settings.ts"

/** @param begun - what the file held when the program took it over at its start. */
export const watchProvidersFile = Effect.fnUntraced(function* (
  settings: Settings,
  begun: string
): Effect.fn.Return<void, never, FileSystem.FileSystem | Providers | ProvidersReload | Scope.Scope> {
  let seen = begun
  const look = (isAsked: boolean) =>
    Effect.gen(function* () {
      const now = yield* fingerprintOf(settings)
      if (now === seen && !isAsked) return
      seen = now
      // A file that is being replaced is away for a moment; that it is to be gone for good is said by SIGHUP.
      if (now === unreadable && !isAsked) {
        return yield* Effect.logWarning(
          "The configuration file is gone; what was in force stays until it is back, or SIGHUP comes"
        )
      }
      yield* takeOver(settings)
    })
  const asked = yield* hangUps
  const waited = Effect.as(Effect.sleep(settings.configWatchMs), false)
  yield* Effect.raceFirst(Effect.as(Queue.take(asked), true), waited).pipe(
    Effect.flatMap(look),
    Effect.catchCause((cause) => Effect.logError("The configuration file could not be taken over; the old one stays", cause)),
    Effect.forever,
    Effect.forkScoped
  )
})

const unreadable = ""

/** Changes with every byte of the file; the same for all times at which it cannot be read. */
export const fingerprintOf = ({ configFile }: Pick<Settings, "configFile">) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFile(Option.getOrElse(configFile, () => defaultConfigFile))
    return createHash("sha256").update(text).digest("hex")
  }).pipe(Effect.catchTag("PlatformError", () => Effect.succeed(unreadable)))

const takeOver = (settings: Settings) =>
  Effect.gen(function* () {
    const file = yield* readProvidersFile(settings)
    const { config } = yield* fileProviders(Option.getOrElse(file, () => ({})))
    const before = (yield* Providers).live
    yield* (yield* ProvidersReload).replace({ ...environmentProviders(settings), ...config })
    const { live } = yield* Providers
    for (const { id, variable } of config.asleep) {
      yield* Effect.logWarning(`The provider ${id} is not live: its configuration names ${variable}, which is not set`)
    }
    yield* Effect.logInfo("The configuration file has changed and is in force").pipe(
      Effect.annotateLogs({
        providers: live.join(", "),
        added: live.filter((id) => !before.includes(id)).join(", "),
        removed: before.filter((id) => !live.includes(id)).join(", ")
      })
    )
  }).pipe(
    Effect.catchTags({
      ProvidersFileError: ({ message }) =>
        Effect.logError(`The changed configuration is wrong, and the old one stays: ${message}`),
      ConfigError: ({ message }) => Effect.logError(`The changed configuration is wrong, and the old one stays: ${message}`)
    })
  )

/** On a terminal a hang-up means that nobody sits there any more, and ends the program as ever. */
const hangUps: Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope> = Effect.gen(function* () {
  const asked = yield* Queue.sliding<void>(1)
  if (process.stdout.isTTY) return asked
  const ask = () => void Queue.offerUnsafe(asked, undefined)
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGHUP", ask)),
    () => Effect.sync(() => process.off("SIGHUP", ask))
  )
  return asked
})
