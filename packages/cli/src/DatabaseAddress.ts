/** Which Postgres: the one that DATABASE_URL names, or the embedded one in the data folder. */
import { Effect, Option, Redacted, Schema } from "effect"
import type { Scope } from "effect"
import { startEmbeddedPostgres } from "./postgres/EmbeddedPostgres.ts"
import type { EmbeddedPostgresError } from "./postgres/EmbeddedPostgresError.ts"
import type { Settings } from "./Settings.ts"

export class DatabaseUrlInvalid extends Schema.TaggedError<DatabaseUrlInvalid>()("DatabaseUrlInvalid", {
  message: Schema.String
}) {}

export interface DatabaseAddress {
  readonly url: Redacted.Redacted<string>
  /** For people: where the data is, without a password. */
  readonly location: string
}

/** How often a command, whose person waits for it, tries a database that does not answer; a server is more patient. */
export const startAttempts = 3

export const openDatabase = (
  settings: Settings
): Effect.Effect<DatabaseAddress, EmbeddedPostgresError | DatabaseUrlInvalid, Scope.Scope> =>
  Option.match(settings.databaseUrl, {
    onSome: (url) =>
      isPostgresUrl(Redacted.value(url))
        ? Effect.succeed({ url, location: withoutPassword(Redacted.value(url)) })
        : Effect.fail(
            new DatabaseUrlInvalid({
              message: "DATABASE_URL is not an address of a Postgres: write postgres://user:password@host:port/database"
            })
          ),
    onNone: () =>
      Effect.map(startEmbeddedPostgres({ dataDir: settings.dataDir }), ({ url, location }) => ({
        url,
        location: `${location} (embedded Postgres)`
      }))
  })

/** `postgres://host:port/name`; no user, no password, no parameters. */
const withoutPassword = (text: string): string => {
  const url = URL.parse(text)
  return url === null ? "DATABASE_URL" : `${url.protocol}//${url.host}${url.pathname}`
}

const isPostgresUrl = (text: string): boolean => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? "")
