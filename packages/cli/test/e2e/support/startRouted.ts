import { Effect, Redacted } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { freshDatabase } from "../../../../../test/support/freshDatabase.ts"
import { temporaryFolder } from "../../../../../test/support/temporaryFolder.ts"
import { startAnthropicWire } from "../../../../providers/test/wire/anthropicWire.ts"
import { startOpenaiWire } from "../../../../providers/test/wire/openaiWire.ts"
import type { WireServer } from "../../../../providers/test/wire/WireServer.ts"
import { startParley, type Parley } from "./startParley.ts"

export interface Routed {
  readonly one: WireServer
  readonly two: WireServer
  readonly parley: Parley
}

/**
 * Parley over two providers, `one` on OpenAI's wire and `two` on Anthropic's, each with one model, and `best`, which goes on with the second where the
 * first fails. `config` is what else stands in the file. For each of `again` there is the same once more, under names that end with a hyphen and it:
 * tests that share the server take targets of their own, whose circuits no other test has opened.
 */
export const startRouted = Effect.fnUntraced(function* (
  models: { readonly one: string; readonly two: string },
  config: { readonly aliases?: object; readonly models?: object; readonly providers?: object; readonly routes?: object } = {},
  again: ReadonlyArray<string> = []
) {
  const endings = ["", ...again.map((name) => `-${name}`)]
  const [one, two] = [yield* startOpenaiWire, yield* startAnthropicWire]
  one.setModels(endings.map((ending) => models.one + ending))
  two.setModels(endings.map((ending) => models.two + ending))
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => temporaryFolder("routed")),
    ({ remove }) => Effect.promise(remove)
  )
  const file = join(folder.path, "parley.config.json")
  const routeOf = (ending: string) => ({
    targets: [{ model: `one/${models.one}${ending}` }, { model: `two/${models.two}${ending}` }],
    retry: { attempts: 2, baseMs: 1 }
  })
  const whole = {
    providers: {
      one: { kind: "openai-compatible", baseUrl: one.baseUrl },
      two: { kind: "anthropic", baseUrl: two.baseUrl, apiKey: { env: "THE_KEY" } },
      ...config.providers
    },
    routes: { ...Object.fromEntries(endings.map((ending) => [`best${ending}`, routeOf(ending)])), ...config.routes },
    ...(config.aliases === undefined ? {} : { aliases: config.aliases }),
    ...(config.models === undefined ? {} : { models: config.models })
  }
  writeFileSync(file, JSON.stringify(whole))
  const env = { DATABASE_URL: Redacted.value(yield* freshDatabase), PARLEY_CONFIG_FILE: file, THE_KEY: "sk-two" }
  const routed: Routed = { one, two, parley: yield* startParley(env) }
  return routed
})
