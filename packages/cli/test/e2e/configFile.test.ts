/** The program with a configuration file: vendors, aliases and embeddings by OpenAI's own client; and with one that is wrong. */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import OpenAI from "openai"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { startParley } from "./support/startParley.ts"

/** A field that OpenAI's types do not know. */
const costing = (dollars: number): object => ({ cost: dollars })

const stored = (content: unknown) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => temporaryFolder("config")),
      (folder) => Effect.promise(folder.remove)
    ),
    ({ path }) => {
      const file = join(path, "parley.config.json")
      writeFileSync(file, JSON.stringify(content))
      return file
    }
  )

describe("the program with a configuration file", () => {
  it.live("answers by the vendor that an alias stands for, and says which one sleeps", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = yield* freshDatabase
      const file = yield* stored({
        providers: { groq: { kind: "groq", baseUrl: wire.baseUrl, apiKey: { env: "THE_KEY" } }, xai: { kind: "xai" } },
        aliases: { fast: "groq/small" }
      })
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        PARLEY_CONFIG_FILE: file,
        THE_KEY: "gsk-something"
      })
      const client = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })
      wire.enqueue(answer("Hello from the vendor."))
      const told = yield* Effect.promise(() =>
        client.chat.completions.create({ model: "fast", messages: [{ role: "user", content: "Hi" }] })
      )
      assert.strictEqual(told.choices[0]?.message.content, "Hello from the vendor.")
      assert.strictEqual(wire.requests[0]?.model, "small")
      assert.strictEqual(wire.requests[0]?.headers.authorization, "Bearer gsk-something")

      wire.enqueue(httpError(200, { data: [{ index: 0, embedding: [0.5, -1] }], model: "v", usage: { prompt_tokens: 2 } }))
      const embedded = yield* Effect.promise(() => client.embeddings.create({ model: "groq/vectors", input: "Hi" }))
      assert.deepStrictEqual([...(embedded.data[0]?.embedding ?? [])], [0.5, -1])

      const models = yield* Effect.promise(() => client.models.list())
      assert.include(
        models.data.map(({ id }) => id),
        "fast"
      )
      assert.include(parley.text(), "xai is not live")
      assert.include(parley.text(), "XAI_API_KEY")
      assert.notInclude(parley.text(), "gsk-something")
    })
  )

  it.live("takes a changed one over while it runs, tells a wrong one by its path, and looks at once on SIGHUP", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      wire.otherwise(() => answer("Hello.", { usage: { inputTokens: 1_000_000, outputTokens: 1 } }))
      const database = yield* freshDatabase
      const provider = { kind: "openai-compatible", baseUrl: wire.baseUrl, apiKey: { env: "THE_KEY" } }
      const file = yield* stored({ providers: { one: provider }, aliases: { fast: "one/small" } })
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        PARLEY_CONFIG_FILE: file,
        PARLEY_CONFIG_WATCH_MS: "50",
        THE_KEY: "sk-something"
      })
      const client = new OpenAI({ baseURL: `${parley.url}/v1`, apiKey: parley.key, maxRetries: 0 })
      const ask = (model: string) =>
        Effect.promise(() => client.chat.completions.create({ model, messages: [{ role: "user", content: "Hi" }] }))
      assert.notProperty((yield* ask("fast")).usage, "cost")

      const priced = { "two/large": { price: { input: 3, output: 0 } } }
      writeFileSync(file, JSON.stringify({ providers: { two: provider }, aliases: { fast: "two/large" }, models: priced }))
      yield* parley.logged("The configuration file has changed and is in force")
      assert.include((yield* ask("fast")).usage, costing(3))
      assert.strictEqual(wire.requests.at(-1)?.model, "large")

      writeFileSync(file, JSON.stringify({ providers: { two: { ...provider, kind: "twoo" } } }))
      yield* parley.logged("The changed configuration is wrong, and the old one stays")
      assert.include(parley.text(), "providers.two.kind")
      assert.include((yield* ask("fast")).usage, costing(3))

      rmSync(file)
      yield* parley.logged("The configuration file is gone; what was in force stays")
      assert.include((yield* ask("fast")).usage, costing(3))
      process.kill(parley.pid, "SIGHUP")
      yield* parley.loggedTimes("The changed configuration is wrong, and the old one stays", 2)
      assert.include((yield* ask("fast")).usage, costing(3))
    })
  )

  it.live("does not start with a wrong one, and names each fault by its path, without a stack", () =>
    Effect.gen(function* () {
      const file = yield* stored({ providers: { groq: { kind: "grog" }, mine: { kind: "vllm", apiKey: "sk-told-to-nobody" } } })
      const { message } = yield* Effect.flip(
        startParley({ DATABASE_URL: "postgres://127.0.0.1:1/none", PARLEY_CONFIG_FILE: file })
      )
      assert.include(message, "providers.groq.kind")
      assert.include(message, "providers.mine.apiKey")
      assert.notInclude(message, "sk-told-to-nobody")
      assert.notMatch(message.slice(message.indexOf("was ready")), /\n\s+at /)
    })
  )
})
