/** Which providers there are to be: what the environment says, and what the configuration file says beside it. */
import type { ConfiguredProvider } from "@parley/providers/catalog/ConfiguredProvider"
import { vendorOf } from "@parley/providers/catalog/vendors"
import type { ProvidersConfig } from "@parley/providers/Providers"
import { Config, Effect, Option, Redacted } from "effect"
import type { ProvidersFile } from "./ProvidersFile.ts"
import type { Settings } from "./Settings.ts"

export const environmentProviders = (settings: Settings): ProvidersConfig => ({
  ...Option.match(settings.openaiApiKey, {
    onNone: () => ({}),
    onSome: (apiKey) => ({ openai: { apiKey, ...baseUrl(settings.openaiBaseUrl) } })
  }),
  ...Option.match(settings.anthropicApiKey, {
    onNone: () => ({}),
    onSome: (apiKey) => ({ anthropic: { apiKey, ...baseUrl(settings.anthropicBaseUrl) } })
  }),
  ...Option.match(settings.llamaBaseUrl, {
    onNone: () => ({}),
    onSome: (address) => ({
      llama: { baseUrl: address, ...Option.match(settings.llamaApiKey, { onNone: () => ({}), onSome: (apiKey) => ({ apiKey }) }) }
    })
  })
})

const baseUrl = (address: Option.Option<string>) => (Option.isSome(address) ? { baseUrl: address.value } : {})

export interface FileProviders {
  readonly config: Pick<ProvidersConfig, "configured" | "aliases" | "models" | "routes">
  /** Named in the file, but without a secret in the environment: id, and the variable that is missing. */
  readonly asleep: ReadonlyArray<{ readonly id: string; readonly variable: string }>
}

/** Resolves the names of secrets. A provider whose secret is not in the environment is left out, and told. */
export const fileProviders = Effect.fnUntraced(function* (file: ProvidersFile) {
  const configured: Array<ConfiguredProvider> = []
  const asleep: Array<{ id: string; variable: string }> = []
  for (const [id, given] of Object.entries(file.providers ?? {})) {
    const vendor = vendorOf(given.kind)
    const keyName = given.apiKey?.env ?? vendor.keyEnv
    const key = keyName === undefined ? Option.none<Redacted.Redacted>() : yield* secret(keyName)
    const isNeeded = given.apiKey !== undefined || (vendor.keyEnv !== undefined && vendor.keyIsOptional !== true)
    const headers = yield* headersOf(given.headers ?? {})
    const missing = Option.isNone(key) && isNeeded ? keyName : headers.missing
    if (missing !== undefined) {
      asleep.push({ id, variable: missing })
      continue
    }
    const { dialect, kind, limits } = given
    configured.push({
      id,
      kind,
      headers: headers.values,
      ...(given.baseUrl === undefined ? {} : { baseUrl: given.baseUrl }),
      ...(Option.isNone(key) ? {} : { apiKey: key.value }),
      ...(limits === undefined ? {} : { limits }),
      ...(dialect === undefined ? {} : { dialect })
    })
  }
  const found: FileProviders = {
    config: {
      configured,
      ...(file.aliases === undefined ? {} : { aliases: file.aliases }),
      ...(file.routes === undefined ? {} : { routes: file.routes }),
      ...(file.models === undefined ? {} : { models: file.models })
    },
    asleep
  }
  return found
})

const secret = (name: string) => Config.option(Config.Redacted(name))

type GivenHeaders = NonNullable<NonNullable<ProvidersFile["providers"]>[string]["headers"]>

const headersOf = Effect.fnUntraced(function* (given: GivenHeaders) {
  const values: Record<string, Redacted.Redacted> = {}
  let missing: string | undefined
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "string") values[name.toLowerCase()] = Redacted.make(value)
    else {
      const found = yield* secret(value.env)
      if (Option.isSome(found)) values[name.toLowerCase()] = found.value
      else missing ??= value.env
    }
  }
  return { values, missing }
})
