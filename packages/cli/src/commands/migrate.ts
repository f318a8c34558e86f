/** `parley migrate`: the schema, without serving. */
import { Database } from "@parley/runtime/storage/Database"
import { Console, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { openDatabase, startAttempts } from "../DatabaseAddress.ts"
import { forPeople } from "../forPeople.ts"
import { layerLogging } from "../Logging.ts"
import { settings } from "../Settings.ts"

export const migrate = Command.make("migrate", {}, () =>
  Effect.gen(function* () {
    const all = yield* settings
    yield* Effect.gen(function* () {
      const { location, url } = yield* openDatabase(all)
      yield* Layer.build(Database.layer({ url, startAttempts }))
      yield* Console.log(`The schema of ${location} is up to date.`)
    }).pipe(Effect.scoped, Effect.provide(layerLogging(all)))
  }).pipe(forPeople)
).pipe(Command.withDescription("Bring the database's schema up to date, then stop. `serve` does the same at its start."))
