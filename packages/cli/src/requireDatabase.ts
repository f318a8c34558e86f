/** Processes share one Postgres: an embedded one would be another for each. */
import { Effect, Option, Schema } from "effect"
import type { Settings } from "./Settings.ts"

export class DatabaseRequired extends Schema.TaggedError<DatabaseRequired>()("DatabaseRequired", { message: Schema.String }) {}

export const requireDatabase = (settings: Settings): Effect.Effect<void, DatabaseRequired> =>
  Option.isSome(settings.databaseUrl)
    ? Effect.void
    : Effect.fail(
        new DatabaseRequired({
          message: "set DATABASE_URL: gateways and runners share one Postgres (`parley serve` needs none)"
        })
      )
