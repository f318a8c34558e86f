/** `parley link`: a new sign-in link, for when the one that the start printed was used or has expired. */
import { Bootstrap } from "@parley/runtime/identity/Bootstrap"
import { makeSignInLink } from "@parley/runtime/identity/signInLinks"
import { SignInLimits } from "@parley/runtime/identity/SignInLimits"
import { Database } from "@parley/runtime/storage/Database"
import { Console, Effect, Layer, Option, Redacted, References } from "effect"
import { Command } from "effect/cli"
import { openDatabase, startAttempts } from "../DatabaseAddress.ts"
import { forPeople } from "../forPeople.ts"
import { settings } from "../Settings.ts"
import { linkOf, signInLimitsOf } from "../signInLink.ts"

export const link = Command.make("link", {}, () =>
  Effect.gen(function* () {
    const all = yield* settings
    const { url } = yield* openDatabase(all)
    const context = yield* Layer.build(Database.layer({ url, startAttempts }))
    const token = yield* Effect.gen(function* () {
      const { tenant } = yield* Bootstrap.run({ givenKey: all.bootstrapApiKey })
      return yield* makeSignInLink(tenant.id)
    }).pipe(Effect.provide(Layer.merge(Layer.succeedContext(context), SignInLimits.layer(signInLimitsOf(all)))))
    yield* Option.match(token, {
      onNone: () =>
        Console.log(
          "There is no administrator's key with the scope `chat` that is still good; make one with `parley key create`."
        ),
      onSome: (secret) =>
        Console.log(
          `${linkOf(`http://${all.host}:${all.port}`, Redacted.value(secret))}\nIt signs in once, within ${all.signInLinkMinutes} minutes.`
        )
    })
  }).pipe(Effect.scoped, Effect.provide(Layer.succeed(References.MinimumLogLevel, "Warn")), forPeople)
).pipe(Command.withDescription("Make a link that opens the app signed in as the administrator, once"))
