/** The parts of a configuration that have the right shape, whatever else is wrong with it. */
import { Result, SchemaParser } from "effect"
import type { Schema } from "effect"
import type { Readable } from "./configurationFaults.ts"
import { SharedLimitFields } from "./ProviderLimitFields.ts"
import { Model, ModelReference, Provider, Route } from "./ProvidersFile.ts"

export const readableParts = (input: unknown): Readable => {
  const section = (name: string): ReadonlyArray<readonly [string, unknown]> => {
    const value: unknown = isObject(input) ? input[name] : undefined
    return isObject(value) ? Object.entries(value) : []
  }
  const limits = readLimits(isObject(input) ? input["limits"] : undefined)
  return {
    ...(Result.isSuccess(limits) ? { limits: limits.success } : {}),
    providers: entriesOf(Provider, section("providers")),
    aliases: entriesOf(ModelReference, section("aliases")),
    routes: entriesOf(Route, section("routes")),
    models: entriesOf(Model, section("models")),
    names: { providers: section("providers").map(([id]) => id), routes: section("routes").map(([name]) => name) }
  }
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const strictly = { onExcessProperty: "error" } as const

const readLimits = SchemaParser.decodeUnknownResult(SharedLimitFields, strictly)

const entriesOf = <A, I>(
  schema: Schema.Codec<A, I>,
  entries: ReadonlyArray<readonly [string, unknown]>
): { readonly [key: string]: A } => {
  const read = SchemaParser.decodeUnknownResult(schema, strictly)
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const part = read(value)
      return Result.isSuccess(part) ? [[key, part.success]] : []
    })
  )
}
