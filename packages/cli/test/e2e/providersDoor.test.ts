/** `GET /api/providers` of the program: who is live, who sleeps, how the targets do; and after the configuration changed. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { ProviderStatus } from "@parley/domain/ProviderStatuses"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { startParley } from "./support/startParley.ts"

const decode = Schema.decodeUnknownEffect(Schema.Array(ProviderStatus))
const decodeKey = Schema.decodeUnknownEffect(Schema.Struct({ secret: Schema.String }))

it.live("an administrator sees a live provider's targets and a sleeping one's variable; nobody else does", () =>
  Effect.gen(function* () {
    const wire = yield* startOpenaiWire
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => temporaryFolder("providers")),
      ({ remove }) => Effect.promise(remove)
    )
    const file = join(folder.path, "parley.config.json")
    const live = { kind: "groq", baseUrl: wire.baseUrl, apiKey: { env: "THE_KEY" }, limits: { maxConcurrent: 7 } }
    const write = (providers: object) => writeFileSync(file, JSON.stringify({ providers }))
    write({ groq: live, xai: { kind: "xai" } })
    const parley = yield* startParley({
      DATABASE_URL: Redacted.value(yield* freshDatabase),
      PARLEY_CONFIG_FILE: file,
      PARLEY_CONFIG_WATCH_MS: "50",
      THE_KEY: "gsk-something"
    })
    const send = (method: string, path: string, key: string, body?: object) =>
      Effect.promise(async () => {
        const response = await fetch(`${parley.url}${path}`, {
          method,
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        const told: unknown = await response.json()
        return { status: response.status, body: told }
      })
    const statuses = Effect.flatMap(send("GET", "/api/providers", parley.key), ({ body }) => decode(body))
    const ask = send("POST", "/v1/chat/completions", parley.key, {
      model: "groq/small",
      messages: [{ role: "user", content: "Hi" }]
    })

    assert.deepStrictEqual(yield* statuses, [
      { provider: "groq", state: "live", targets: [] },
      { provider: "xai", state: "asleep", missing: "XAI_API_KEY" }
    ])

    wire.enqueue(answer("Hello."))
    yield* ask
    wire.enqueue(httpError(429, { error: { message: "slow down, gsk-something" } }, { "retry-after": "30" }))
    yield* ask
    const [groq] = yield* statuses
    assert.ok(groq?.state === "live")
    const [target] = groq.targets
    assert.deepInclude(target, {
      target: "groq/small",
      circuit: "closed",
      inFlight: 0,
      mostConcurrent: 7,
      succeeded: 1,
      failed: 1,
      failures: { ProviderRateLimited: 1 }
    })
    assert.strictEqual(target?.recent.errorShare, 0.5)
    assert.isAbove(target?.heldMs ?? 0, 0)
    assert.isAtMost(target?.heldMs ?? 0, 30_000)
    assert.include(target?.lastFailure ?? "", "slow down")
    assert.notInclude(target?.lastFailure ?? "", "gsk-something")

    const { secret } = yield* Effect.flatMap(
      send("POST", "/api/keys", parley.key, { displayName: "Owner", roles: ["owner"], scopes: ["chat", "keys", "tenants"] }),
      ({ body }) => decodeKey(body)
    )
    assert.strictEqual((yield* send("GET", "/api/providers", secret)).status, 403)

    write({ deepseek: { kind: "deepseek" }, groq: live })
    yield* parley.logged("The configuration file has changed and is in force")
    assert.deepStrictEqual(yield* statuses, [
      { provider: "groq", state: "live", targets: [] },
      { provider: "deepseek", state: "asleep", missing: "DEEPSEEK_API_KEY" }
    ])
  })
)
