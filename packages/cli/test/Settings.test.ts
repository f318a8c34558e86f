import { availableParallelism } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import { processesOf } from "../src/GatewayProcesses.ts"
import { settingRows, settings, settingsHelp } from "../src/Settings.ts"

const read = (env: Record<string, string>) => settings.parse(ConfigProvider.fromEnv({ env }))

describe("settings", () => {
  it.effect("have the documented defaults when the environment says nothing", () =>
    Effect.gen(function* () {
      const all = yield* read({})
      assert.strictEqual(all.host, "127.0.0.1")
      assert.strictEqual(all.port, 8787)
      assert.strictEqual(all.dataDir, ".data")
      assert.strictEqual(all.crashPolicy, "continue")
      assert.isTrue(Option.isNone(all.databaseUrl))
      assert.deepStrictEqual(all.allowedOrigins, [])
    })
  )

  it.effect("read what the environment gives, and keep secrets redacted", () =>
    Effect.gen(function* () {
      const all = yield* read({
        PARLEY_PORT: "0",
        OPENAI_API_KEY: "sk-something",
        PARLEY_ALLOWED_ORIGINS: "https://a.example, ,https://b.example",
        PARLEY_CRASH_POLICY: "fail",
        PARLEY_LOG_LEVEL: "Debug"
      })
      assert.strictEqual(all.port, 0)
      assert.deepStrictEqual(all.allowedOrigins, ["https://a.example", "https://b.example"])
      assert.strictEqual(all.crashPolicy, "fail")
      const key = Option.getOrThrow(all.openaiApiKey)
      assert.strictEqual(Redacted.value(key), "sk-something")
      assert.notInclude(String(key), "sk-something")
    })
  )

  it.effect("take no gateway processes for one on each core, and any other number as it is", () =>
    Effect.gen(function* () {
      assert.strictEqual(processesOf(yield* read({ PARLEY_GATEWAY_PROCESSES: "0" })), availableParallelism())
      assert.strictEqual(processesOf(yield* read({ PARLEY_GATEWAY_PROCESSES: "3" })), 3)
      assert.strictEqual(processesOf(yield* read({})), 1)
    })
  )

  for (const [name, value] of [
    ["PARLEY_PORT", "eighty"],
    ["PARLEY_PORT", "70000"],
    ["PARLEY_DRAIN_TIMEOUT_MS", "-1"],
    ["PARLEY_DRAIN_TIMEOUT_MS", "soon"],
    ["PARLEY_CRASH_POLICY", "shrug"],
    ["PARLEY_LOG_LEVEL", "loud"]
  ] as const) {
    it.effect(`refuse ${name}=${value} and name the setting`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(read({ [name]: value }))
        assert.include(error.message, name)
      })
    )
  }

  it("are all listed by --help, once each", () => {
    const help = settingsHelp()
    const names = settingRows.map((row) => row.name)
    assert.strictEqual(new Set(names).size, names.length)
    for (const name of ["PARLEY_HOST", "DATABASE_URL", "REDIS_URL", "LLAMA_BASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"]) {
      assert.include(help, name)
    }
    assert.strictEqual(help.split("\n").length, names.length)
  })
})
