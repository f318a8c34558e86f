/** The configuration file, read and checked. A wrong one stops the program with the path of each fault, and never with what stands there. */
import { Effect, FileSystem, Option, Result, Schema, SchemaIssue, SchemaParser } from "effect"
import { configurationFaults } from "./configurationFaults.ts"
import { duplicateKeys } from "./duplicateKeys.ts"
import { ProvidersFile } from "./ProvidersFile.ts"
import { readableParts } from "./readableParts.ts"
import type { Settings } from "./Settings.ts"

/** Read when PARLEY_CONFIG_FILE names no other, if it is there. */
export const defaultConfigFile = "parley.config.json"

/** A configuration is written by people: more is something else. */
const maxFileBytes = 1_000_000

/** Most faults that are told at once. */
const maxFaults = 20

export class ProvidersFileError extends Schema.TaggedError<ProvidersFileError>()("ProvidersFileError", {
  file: Schema.String,
  message: Schema.String
}) {}

/** None when there is no file and none was asked for. */
export const readProvidersFile = Effect.fnUntraced(function* (settings: Pick<Settings, "configFile">) {
  const fs = yield* FileSystem.FileSystem
  const file = Option.getOrElse(settings.configFile, () => defaultConfigFile)
  const wrong = (message: string) => new ProvidersFileError({ file, message: `${file}: ${message}` })
  const info = yield* Effect.result(fs.stat(file))
  if (Result.isFailure(info)) {
    if (info.failure.reason._tag === "NotFound" && Option.isNone(settings.configFile)) return Option.none<ProvidersFile>()
    return yield* Effect.fail(wrong("cannot be read; PARLEY_CONFIG_FILE names it"))
  }
  if (info.success.size > maxFileBytes) return yield* Effect.fail(wrong(`is larger than ${maxFileBytes} bytes`))
  const text = yield* Effect.mapError(fs.readFileString(file), () => wrong("cannot be read"))
  return Option.some(yield* Effect.mapError(parseProvidersFile(text), wrong))
})

/** Fails with a sentence that begins with what is wrong. */
export const parseProvidersFile = (text: string): Effect.Effect<ProvidersFile, string> => {
  let input: unknown
  try {
    input = JSON.parse(text)
  } catch (error) {
    return Effect.fail(`is not JSON${placeOf(error)}`)
  }
  const shape = decode(input)
  const faults = [
    ...(Result.isSuccess(shape) ? [] : format(shape.failure).issues),
    ...duplicateKeys(text).map(({ path }) => ({ path, message: "Expected to stand once; the later one would win" })),
    ...configurationFaults(readableParts(input))
  ]
  if (Result.isSuccess(shape) && faults.length === 0) return Effect.succeed(shape.success)
  const told = faults.slice(0, maxFaults).map(({ message, path }) => `\n  ${pathText(path ?? [])}: ${message}`)
  const more = faults.length > maxFaults ? [`\n  and ${faults.length - maxFaults} more`] : []
  return Effect.fail(`is not a configuration (docs/configuration.md):${[...told, ...more].join("")}`)
}

const decode = SchemaParser.decodeUnknownResult(ProvidersFile, { errors: "all", onExcessProperty: "error" })

/** Without what was found: it may be a secret that does not belong there. */
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    switch (issue._tag) {
      case "UnexpectedKey":
        return "Expected no such name"
      case "MissingKey":
        return "Expected to be there"
      default:
        return SchemaIssue.defaultLeafHook(issue)
    }
  }
})

type PathStep = PropertyKey | { readonly key: PropertyKey }

/** `providers.groq.limits.maxConcurrent`; names that are no words are quoted. */
const pathText = (path: ReadonlyArray<PathStep>): string => {
  let text = ""
  for (const step of path) {
    const key = typeof step === "object" ? step.key : step
    if (typeof key === "number") text += `[${key}]`
    else if (/^[\w$-]+$/.test(String(key))) text += text === "" ? String(key) : `.${String(key)}`
    else text += `[${JSON.stringify(String(key))}]`
  }
  return text === "" ? "the file" : text
}

/** Where the parser stopped, without the text around it. */
const placeOf = (error: unknown): string => {
  const place = error instanceof Error ? /line \d+ column \d+/.exec(error.message) : null
  return place === null ? "" : ` (${place[0]})`
}
