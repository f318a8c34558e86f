/** `parley config check | schema`. */
import { Console, Effect, Option } from "effect"
import { Command } from "effect/cli"
import { forPeople } from "../forPeople.ts"
import { fileProviders } from "../providersOf.ts"
import { providersFileJsonSchema } from "../ProvidersFile.ts"
import { defaultConfigFile, readProvidersFile } from "../readProvidersFile.ts"
import { settings } from "../Settings.ts"

const check = Command.make("check", {}, () =>
  forPeople(
    Effect.gen(function* () {
      const file = yield* readProvidersFile(yield* settings)
      if (Option.isNone(file)) return yield* Console.log(`There is no ${defaultConfigFile}; only the environment counts.`)
      const { config } = yield* fileProviders(file.value)
      for (const { id, kind } of config.configured ?? []) yield* Console.log(`live    ${id}  ${kind}`)
      for (const { id, variable } of config.asleep) yield* Console.log(`asleep  ${id}  ${variable} is not set`)
      for (const [alias, name] of Object.entries(config.aliases ?? {})) yield* Console.log(`alias   ${alias}  ${name}`)
    })
  )
).pipe(Command.withDescription("Check the configuration file, and tell which of its providers would be live"))

const schema = Command.make("schema", {}, () => Console.log(JSON.stringify(providersFileJsonSchema(), null, 2))).pipe(
  Command.withDescription("Print the JSON Schema of the configuration file")
)

export const config = Command.make("config").pipe(
  Command.withDescription("The configuration file (PARLEY_CONFIG_FILE)"),
  Command.withSubcommands([check, schema])
)
