/** `parley.config.json`: providers, models and aliases beside what the environment says. Never a secret: keys are named, not told. */
import { vendors, type VendorKind } from "@parley/providers/catalog/vendors"
import { strategies } from "@parley/providers/routing/Route"
import { Schema } from "effect"
import { maxLimitMs, ProviderLimitFields, SharedLimitFields } from "./ProviderLimitFields.ts"

/** Most entries of each of the file's lists. */
const maxEntries = 1_000
const of = (message: string) => ({ message: `Expected ${message}`, description: message })

const SecretReference = Schema.Struct({
  env: Schema.String.check(Schema.isPattern(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/u, of("the name of an environment variable")))
}).annotate(of('{ "env": "NAME" }: the name of the environment variable that holds it, never the secret itself'))

const isBaseUrl = Schema.makeFilter((text: string) => {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return "Expected an http or https URL"
  return url.username === "" && url.password === "" && url.search === "" && url.hash === ""
    ? undefined
    : "Expected a URL without credentials, query and fragment"
})

/** Headers that carry a credential must name it. */
const secretHeader = /^(authorization|proxy-authorization|cookie|.*(api-?key|token|secret).*)$/i

const HeaderValue = Schema.Union([Schema.String.check(Schema.isPattern(/^[\t\x20-\x7e]{0,4096}$/u)), SecretReference]).annotate(
  of('text, or { "env": "NAME" }')
)

const Headers = Schema.Record(Schema.String.check(Schema.isPattern(/^[A-Za-z0-9-]{1,64}$/u)), HeaderValue).check(
  Schema.isMaxProperties(32),
  Schema.makeFilter((headers) =>
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && secretHeader.test(name)
        ? [{ path: [name], issue: 'Expected { "env": "NAME" }: a credential does not belong into this file' }]
        : []
    )
  )
)

const fieldName = Schema.String.check(Schema.isPattern(/^[a-z_]{1,64}$/u))

const Dialect = Schema.Struct({
  maxTokens: Schema.optionalKey(
    Schema.Literals(["max_completion_tokens", "max_tokens"]).annotate({ description: "What the bound on the answer is called" })
  ),
  streamOptions: Schema.optionalKey(Schema.Boolean.annotate({ description: "Whether the server takes stream_options" })),
  rename: Schema.optionalKey(Schema.Record(fieldName, fieldName).annotate({ description: "Fields that it calls differently" })),
  omit: Schema.optionalKey(
    Schema.Array(fieldName).check(Schema.isMaxLength(32)).annotate({ description: "Fields that it refuses" })
  )
})

const kinds = Object.keys(vendors).filter((kind): kind is VendorKind => kind in vendors)

export const Provider = Schema.Struct({
  kind: Schema.Literals(kinds),
  baseUrl: Schema.optionalKey(
    Schema.String.check(Schema.isMaxLength(2_048), isBaseUrl).annotate({
      description: "The vendor's own when absent; azure-openai, bedrock and openai-compatible need one"
    })
  ),
  apiKey: Schema.optionalKey(SecretReference),
  region: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^[a-z0-9-]{1,32}$/u)).annotate({
      description: "bedrock: AWS region of the signature, where the address does not tell it"
    })
  ),
  headers: Schema.optionalKey(Headers.annotate({ description: "Sent with every request" })),
  limits: Schema.optionalKey(ProviderLimitFields),
  dialect: Schema.optionalKey(Dialect)
}).check(
  Schema.makeFilter((provider) =>
    provider.baseUrl === undefined && !("baseUrl" in vendors[provider.kind])
      ? { path: ["baseUrl"], issue: `Expected an address, since every ${provider.kind} has its own` }
      : undefined
  )
)

const dollars = (description: string) =>
  Schema.Finite.check(
    Schema.isBetween({ minimum: 0, maximum: 100_000 }),
    Schema.makeFilter((amount) =>
      Math.abs(amount * 1e6 - Math.round(amount * 1e6)) < 1e-3 ? undefined : "Expected at most six decimals"
    )
  ).annotate({ description })

const Rates = {
  input: dollars("US dollars for a million prompt tokens"),
  cachedInput: Schema.optionalKey(dollars("… that the provider reads from its cache; like input when absent")),
  cacheWrite: Schema.optionalKey(dollars("… that it writes to its cache; like input when absent")),
  longCacheWrite: Schema.optionalKey(dollars("… that it keeps there for an hour; like cacheWrite when absent")),
  output: dollars("US dollars for a million answered tokens, reasoning included"),
  reasoning: Schema.optionalKey(dollars("… of reasoning, where they are not priced like output"))
}

export const Model = Schema.Struct({
  kind: Schema.optionalKey(Schema.Literals(["chat", "embedding"])),
  contextTokens: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000_000 }))),
  maxOutputTokens: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000_000 }))),
  price: Schema.optionalKey(
    Schema.Struct({
      ...Rates,
      longPrompt: Schema.optionalKey(
        Schema.Struct({ aboveInputTokens: Schema.Int.check(Schema.isGreaterThan(0)), ...Rates }).annotate({
          description: "What a whole request costs whose prompt is longer"
        })
      )
    })
  )
})

const settingMs = (minimum: number, description: string) =>
  Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum, maximum: maxLimitMs })).annotate({ description }))
export const ModelReference = Schema.String.check(Schema.isPattern(/^[^\p{C}\s]{1,256}$/u, of("the name of a model")))
const region = Schema.String.check(Schema.isPattern(/^[a-z0-9-]{1,32}$/u, of("lower-case letters, digits and hyphens")))

/** Most targets of one route, its fallbacks apart. */
const maxTargets = 32

export const Route = Schema.Struct({
  strategy: Schema.optionalKey(
    Schema.Literals(strategies).annotate({
      description: "The order in which targets are tried; priority, as they stand, when absent"
    })
  ),
  targets: Schema.Array(
    Schema.Struct({
      model: ModelReference,
      weight: Schema.optionalKey(
        Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })).annotate({
          description: "Its share among all weights, where the strategy is weighted; 1 when absent"
        })
      ),
      region: Schema.optionalKey(region),
      firstTokenTimeoutMs: settingMs(0, "Milliseconds until its first token; the route's when absent, 0 for none")
    })
  ).check(Schema.isMinLength(1), Schema.isMaxLength(maxTargets)),
  fallbacks: Schema.optionalKey(
    Schema.Array(ModelReference)
      .check(Schema.isMaxLength(maxTargets))
      .annotate({ description: "Asked only when no target answers, in this order" })
  ),
  region: Schema.optionalKey(region.annotate({ description: "Targets of this region go first" })),
  deadlineMs: settingMs(1, "Milliseconds after which no further call begins; one that runs goes on"),
  firstTokenTimeoutMs: settingMs(
    0,
    "Milliseconds that each call which streams is given for its first token, after which the next target is called; the provider's when absent, 0 for none"
  ),
  midStream: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "Whether an answer that breaks off goes on with another target; true when absent" })
  ),
  retry: Schema.optionalKey(
    Schema.Struct({
      attempts: Schema.optionalKey(
        Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })).annotate({
          description: "Calls for one request at most, all targets together"
        })
      ),
      baseMs: settingMs(0, "The longest first wait once all targets were tried; it doubles each time"),
      maxMs: settingMs(0, "The longest of these waits"),
      maxWaitMs: settingMs(0, "How long a target is waited for that says when it may be called again")
    })
  ),
  hedge: Schema.optionalKey(
    Schema.Struct({
      minMs: settingMs(1, "A target is given at least this long for its first token"),
      defaultMs: settingMs(1, "How long it is given while its own p95 is not known"),
      budget: Schema.optionalKey(
        Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })).annotate({
          description: "Extra calls as a part of all requests; 0.1 when absent"
        })
      ),
      burst: Schema.optionalKey(
        Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })).annotate({
          description: "Extra calls that may be made together"
        })
      )
    }).annotate({ description: "When present, a second target is asked when the first is slow, and who speaks first answers" })
  )
})

const providerId = /^[a-z][a-z0-9-]{0,31}$/u
const modelName = /^[a-z][a-z0-9-]{0,31}\/[^\p{C}\s]{1,200}$/u
const aliasName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u

/** The shape alone: what its parts mean together is judged by configurationFaults. */
export const ProvidersFile = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  providers: Schema.optionalKey(
    Schema.Record(Schema.String.check(Schema.isPattern(providerId)), Provider)
      .check(Schema.isMaxProperties(maxEntries))
      .annotate({ description: "By the prefix of their models' names; each is live once its key is in the environment" })
  ),
  limits: Schema.optionalKey(
    SharedLimitFields.annotate({ description: "Of every provider, those of the environment too; a provider's own win over them" })
  ),
  aliases: Schema.optionalKey(
    Schema.Record(Schema.String.check(Schema.isPattern(aliasName)), ModelReference)
      .check(Schema.isMaxProperties(maxEntries))
      .annotate({ description: "Further names of models: fast, best" })
  ),
  routes: Schema.optionalKey(
    Schema.Record(ModelReference, Route)
      .check(Schema.isMaxProperties(maxEntries))
      .annotate({ description: "By the name that is asked for, a model's or a new one: which targets answer it, and how" })
  ),
  models: Schema.optionalKey(
    Schema.Record(Schema.String.check(Schema.isPattern(modelName)), Model)
      .check(Schema.isMaxProperties(maxEntries))
      .annotate({ description: "By provider/model; what is said here wins over what Parley knows" })
  )
}).annotate({ title: "parley.config.json", description: "Providers, models and aliases of Parley" })
export type ProvidersFile = typeof ProvidersFile.Type

/** As committed in docs/parley.config.schema.json; a test holds the two together. */
export const providersFileJsonSchema = (): object => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  ...Schema.toJsonSchemaDocument(ProvidersFile, { onExcessProperty: "error" }).schema
})
