import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { vendors } from "@parley/providers/catalog/vendors"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import { afterAll } from "vitest"
import { environmentProviders, fileProviders } from "../src/providersOf.ts"
import { providersFileJsonSchema } from "../src/ProvidersFile.ts"
import type { ProvidersFile } from "../src/ProvidersFile.ts"
import { parseProvidersFile, readProvidersFile } from "../src/readProvidersFile.ts"
import { settings } from "../src/Settings.ts"

const folder = mkdtempSync(join(tmpdir(), "parley-config-"))
afterAll(() => rmSync(folder, { recursive: true }))

const stored = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const read = (file: string | undefined) =>
  readProvidersFile({ configFile: Option.fromUndefinedOr(file) }).pipe(Effect.provide(NodeFileSystem.layer))

const inEnvironment = (env: Record<string, string>) => Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))

describe("the configuration file", () => {
  it("has the JSON Schema that is committed (written by `parley config schema`)", () => {
    const committed: unknown = JSON.parse(
      readFileSync(new URL("../../../docs/parley.config.schema.json", import.meta.url), "utf8")
    )
    assert.deepStrictEqual(committed, JSON.parse(JSON.stringify(providersFileJsonSchema())))
  })

  it.effect("may hold everything that it describes", () =>
    Effect.gen(function* () {
      const given: ProvidersFile = {
        $schema: "docs/parley.config.schema.json",
        providers: {
          groq: { kind: "groq" },
          mine: {
            kind: "openai-compatible",
            baseUrl: "http://10.0.0.7:8000/v1",
            apiKey: { env: "MINE_KEY" },
            headers: { "x-team": "chat", authorization: { env: "MINE_TOKEN" } },
            limits: { maxConcurrent: 16, headersTimeoutMs: 60_000 },
            dialect: { maxTokens: "max_tokens", streamOptions: false, rename: { seed: "random_seed" }, omit: ["user"] }
          }
        },
        aliases: { fast: "groq/llama-3.3-70b-versatile", best: "anthropic/claude-opus-5" },
        models: {
          "mine/big": {
            kind: "chat",
            contextTokens: 131_072,
            maxOutputTokens: 8_192,
            price: {
              input: 0.0025,
              cachedInput: 0.000001,
              output: 1,
              longPrompt: { aboveInputTokens: 1_000, input: 1, output: 2 }
            }
          }
        }
      }
      const file = yield* read(stored("whole.json", JSON.stringify(given)))
      assert.deepStrictEqual(Option.getOrThrow(file), given)
    })
  )

  it.effect("may be missing as long as nobody named it", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* read(undefined)))
      const error = yield* Effect.flip(read(join(folder, "nowhere.json")))
      assert.include(error.message, "nowhere.json")
      assert.include(error.message, "PARLEY_CONFIG_FILE")
    })
  )

  it.effect("is refused when it is a folder, no JSON, or too large, without a word of what stands in it", () =>
    Effect.gen(function* () {
      assert.include((yield* Effect.flip(read(folder))).message, "cannot be read")
      const broken = yield* Effect.flip(read(stored("broken.json", '{ "providers": sk-secret }')))
      assert.match(broken.message, /broken\.json: is not JSON/)
      assert.notInclude(broken.message, "sk-secret")
      const comma = yield* Effect.flip(read(stored("comma.json", '{\n  "aliases": {},\n}')))
      assert.include(comma.message, "line 3 column 1")
      assert.include((yield* Effect.flip(read(stored("large.json", " ".repeat(1_000_001))))).message, "larger than")
    })
  )

  const secret = "sk-this-must-never-be-told"
  const key = { env: "KEY" }
  const faults: ReadonlyArray<readonly [path: string, says: string, file: object]> = [
    ["provider", "no such name", { provider: {} }],
    ["providers.groq.kind", "groq", { providers: { groq: { kind: "grog" } } }],
    ["providers.groq.kind", "to be there", { providers: { groq: {} } }],
    ["providers.groq.apiKey", '{ "env": "NAME" }', { providers: { groq: { kind: "groq", apiKey: secret } } }],
    ["providers.groq.apiKey.env", "environment variable", { providers: { groq: { kind: "groq", apiKey: { env: secret } } } }],
    ["providers.groq.apiKey.value", "no such name", { providers: { groq: { kind: "groq", apiKey: { ...key, value: secret } } } }],
    [
      "providers.groq.headers.Authorization",
      "credential",
      { providers: { groq: { kind: "groq", headers: { Authorization: `Bearer ${secret}` } } } }
    ],
    [
      "providers.groq.headers.x-api-key",
      "credential",
      { providers: { groq: { kind: "groq", headers: { "x-api-key": secret } } } }
    ],
    ["providers.groq.baseUrl", "URL", { providers: { groq: { kind: "groq", baseUrl: "ftp://x" } } }],
    [
      "providers.groq.baseUrl",
      "without credentials",
      { providers: { groq: { kind: "groq", baseUrl: `https://u:${secret}@x` } } }
    ],
    ["providers.groq.limits.maxConcurrent", "between 1", { providers: { groq: { kind: "groq", limits: { maxConcurrent: 0 } } } }],
    [
      "providers.groq.limits.maxConcurent",
      "no such name",
      { providers: { groq: { kind: "groq", limits: { maxConcurent: 5 } } } }
    ],
    ["limits.breakerRate", "between 0 and 1", { limits: { breakerRate: 50 } }],
    ["limits.openMs", "between 1", { limits: { openMs: 0 } }],
    ["limits.breakerFailures", "between 1", { limits: { breakerFailures: 0 } }],
    ["limits.openSeconds", "no such name", { limits: { openSeconds: 5 } }],
    [
      "providers.groq.limits.probeEveryMs",
      "no such name",
      { providers: { groq: { kind: "groq", limits: { probeEveryMs: 5 } } } }
    ],
    ["providers.azure.baseUrl", "address", { providers: { azure: { kind: "azure-openai" } } }],
    ["providers.mine.baseUrl", "address", { providers: { mine: { kind: "openai-compatible" } } }],
    ["providers.UPPER", "no such name", { providers: { UPPER: { kind: "groq" } } }],
    ["providers.demo", "built in", { providers: { demo: { kind: "groq" } } }],
    ["aliases.fast", "groq/x is of none", { aliases: { fast: "groq/x" } }],
    ["aliases.best", "alias itself", { aliases: { fast: "openai/gpt-5", best: "fast" } }],
    ["aliases.fast", "model", { aliases: { fast: "" } }],
    ['models["groq/x"]', "provider that this file names", { models: { "groq/x": {} } }],
    ['models["openai/x"].price.output', "to be there", { models: { "openai/x": { price: { input: 1 } } } }],
    ['models["openai/x"].price.input', "six decimals", { models: { "openai/x": { price: { input: 0.1234567, output: 1 } } } }],
    ['models["openai/x"].price.input', "between 0", { models: { "openai/x": { price: { input: -1, output: 1 } } } }],
    ['models["openai/x"].contextTokens', "integer", { models: { "openai/x": { contextTokens: 1.5 } } }]
  ]
  for (const [path, says, file] of faults) {
    it.effect(`is refused with its path: ${path} (${says})`, () =>
      Effect.gen(function* () {
        const told = yield* Effect.flip(parseProvidersFile(JSON.stringify(file)))
        const line = told.split("\n").find((one) => one.trim().startsWith(`${path}:`))
        assert.isDefined(line, told)
        assert.include(line, says)
        assert.notInclude(told, secret)
      })
    )
  }

  it.effect("is told all its faults at once, within a bound", () =>
    Effect.gen(function* () {
      const two = yield* Effect.flip(parseProvidersFile('{"providers":{"groq":{"kind":"x"}},"aliases":{"fast":1}}'))
      assert.include(two, "providers.groq.kind")
      assert.include(two, "aliases.fast")
      const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x${i}`, 1]))
      const told = yield* Effect.flip(parseProvidersFile(JSON.stringify(many)))
      assert.isBelow(told.split("\n").length, 25)
      assert.include(told, "and 80 more")
    })
  )
})

describe("providers of the file", () => {
  it.effect("are live once their secret is in the environment, under the vendor's own name or the given one", () =>
    Effect.gen(function* () {
      const { config } = yield* fileProviders({
        providers: {
          groq: { kind: "groq" },
          mine: { kind: "deepseek", apiKey: { env: "MINE" }, limits: { maxConcurrent: 3 }, dialect: { omit: ["user"] } },
          xai: { kind: "xai" },
          headed: { kind: "ollama", headers: { "x-a": { env: "NOT_SET" } } }
        }
      }).pipe(inEnvironment({ GROQ_API_KEY: "g-key", MINE: "m-key", DEEPSEEK_API_KEY: "other" }))
      assert.deepStrictEqual(
        config.configured?.map(({ apiKey, id }) => [id, apiKey && Redacted.value(apiKey)]),
        [
          ["groq", "g-key"],
          ["mine", "m-key"]
        ]
      )
      assert.deepStrictEqual(config.configured?.[1]?.limits, { maxConcurrent: 3 })
      assert.deepStrictEqual(config.configured?.[1]?.dialect, { omit: ["user"] })
      assert.deepStrictEqual(config.asleep, [
        { id: "xai", variable: "XAI_API_KEY" },
        { id: "headed", variable: "NOT_SET" }
      ])
    })
  )

  it.effect("have the limits of the file: their own, and those of all", () =>
    Effect.gen(function* () {
      const own = {
        breakerRate: 0.5,
        breakerRateCalls: 40,
        breakerRateMinCalls: 10,
        maxStreamedLength: 1_000,
        maxStreamLineBytes: 500
      }
      const limits = { breakerFailures: 3, openMs: 1_000, maxOpenMs: 2_000, maxHoldMs: 60_000, probeEveryMs: 5_000 }
      const file = yield* parseProvidersFile(JSON.stringify({ limits, providers: { ollama: { kind: "ollama", limits: own } } }))
      const { config } = yield* fileProviders(file).pipe(inEnvironment({}))
      assert.deepStrictEqual(config.limits, limits)
      assert.deepStrictEqual(config.configured?.[0]?.limits, own)
    })
  )

  it.effect("need no secret where the vendor needs none, and pass one on when there is one", () =>
    Effect.gen(function* () {
      const file = { providers: { ollama: { kind: "ollama" }, vllm: { kind: "vllm" } } } as const
      const without = yield* fileProviders(file).pipe(inEnvironment({}))
      assert.deepStrictEqual(
        without.config.configured?.map(({ apiKey, id }) => [id, apiKey]),
        [
          ["ollama", undefined],
          ["vllm", undefined]
        ]
      )
      const withKey = yield* fileProviders(file).pipe(inEnvironment({ VLLM_API_KEY: "v" }))
      assert.isDefined(withKey.config.configured?.[1]?.apiKey)
    })
  )

  it.effect("keep every header redacted, under its name in lower case", () =>
    Effect.gen(function* () {
      const { config } = yield* fileProviders({
        providers: { o: { kind: "ollama", headers: { "X-Team": "chat", "X-Api-Key": { env: "K" } } } }
      }).pipe(inEnvironment({ K: "k-secret" }))
      const headers = config.configured?.[0]?.headers ?? {}
      assert.deepStrictEqual(Object.keys(headers), ["x-team", "x-api-key"])
      assert.notInclude(JSON.stringify(config), "k-secret")
    })
  )

  it.effect("stand beside those of the environment", () =>
    Effect.gen(function* () {
      const env = { OPENAI_API_KEY: "o", ANTHROPIC_API_KEY: "a", LLAMA_BASE_URL: "http://l", OPENAI_BASE_URL: "http://o" }
      const config = environmentProviders(yield* settings.parse(ConfigProvider.fromEnv({ env })))
      assert.deepStrictEqual(Object.keys(config), ["openai", "anthropic", "llama"])
      assert.strictEqual(config.openai?.baseUrl, "http://o")
      assert.deepStrictEqual(environmentProviders(yield* settings.parse(ConfigProvider.fromEnv({ env: {} }))), {})
      const hurried = yield* settings.parse(ConfigProvider.fromEnv({ env: { PARLEY_DEMO_WORD_MS: "0" } }))
      assert.deepStrictEqual(environmentProviders(hurried), { demo: { wordDelayMs: 0 } })
    })
  )

  it("can be of every kind that the providers know", () => {
    const schema = JSON.stringify(providersFileJsonSchema())
    for (const kind of Object.keys(vendors)) assert.include(schema, `"${kind}"`)
  })
})
