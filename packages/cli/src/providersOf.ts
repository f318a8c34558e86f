/** Which providers there are to be: what the environment says, and what the configuration file says beside it. */
import type { AwsCredentials } from "@parley/providers/bedrock/bedrockProvider"
import type { ConfiguredProvider } from "@parley/providers/catalog/ConfiguredProvider"
import { vendorOf } from "@parley/providers/catalog/vendors"
import type { AsleepProvider, ProvidersConfig } from "@parley/providers/Providers"
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
  }),
  ...Option.match(settings.demoWordMs, { onNone: () => ({}), onSome: (wordDelayMs) => ({ demo: { wordDelayMs } }) })
})

const baseUrl = (address: Option.Option<string>) => (Option.isSome(address) ? { baseUrl: address.value } : {})

export interface FileProviders {
  readonly config: Pick<ProvidersConfig, "configured" | "aliases" | "models" | "routes" | "limits"> & {
    readonly asleep: ReadonlyArray<AsleepProvider>
  }
}

/** Resolves the names of secrets. A provider whose secret is not in the environment is left out, and told. */
export const fileProviders = Effect.fnUntraced(function* (file: ProvidersFile) {
  const configured: Array<ConfiguredProvider> = []
  const asleep: Array<AsleepProvider> = []
  for (const [id, given] of Object.entries(file.providers ?? {})) {
    const vendor = vendorOf(given.kind)
    const keyName = given.apiKey?.env ?? vendor.keyEnv
    const key = keyName === undefined ? Option.none<Redacted.Redacted>() : yield* secret(keyName)
    const isNeeded = given.apiKey !== undefined || (vendor.keyEnv !== undefined && vendor.keyIsOptional !== true)
    const headers = yield* headersOf(given.headers ?? {})
    const aws =
      given.kind === "bedrock" && Option.isNone(key) ? yield* awsCredentials : Option.none<Redacted.Redacted<AwsCredentials>>()
    if (given.kind === "bedrock" && given.apiKey === undefined && Option.isNone(key) && Option.isNone(aws)) {
      asleep.push({ id, variable: "AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" })
      continue
    }
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
      ...(Option.isNone(aws) ? {} : { aws: aws.value }),
      ...(given.region === undefined ? {} : { region: given.region }),
      ...(limits === undefined ? {} : { limits }),
      ...(dialect === undefined ? {} : { dialect })
    })
  }
  const found: FileProviders = {
    config: {
      configured,
      asleep,
      ...(file.limits === undefined ? {} : { limits: file.limits }),
      ...(file.aliases === undefined ? {} : { aliases: file.aliases }),
      ...(file.routes === undefined ? {} : { routes: file.routes }),
      ...(file.models === undefined ? {} : { models: file.models })
    }
  }
  return found
})

const secret = (name: string) => Config.option(Config.Redacted(name))

/** By the names that Amazon's own programs know. */
const awsCredentials = Config.option(
  Config.all({
    accessKeyId: Config.Redacted("AWS_ACCESS_KEY_ID"),
    secretAccessKey: Config.Redacted("AWS_SECRET_ACCESS_KEY"),
    sessionToken: Config.option(Config.Redacted("AWS_SESSION_TOKEN"))
  })
).pipe(
  Config.map(
    Option.map(({ accessKeyId, secretAccessKey, sessionToken }) =>
      Redacted.make<AwsCredentials>({
        accessKeyId: Redacted.value(accessKeyId),
        secretAccessKey: Redacted.value(secretAccessKey),
        ...(Option.isNone(sessionToken) ? {} : { sessionToken: Redacted.value(sessionToken.value) })
      })
    )
  )
)

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
