/** Two gateways that share a Redis Cluster of three masters: what they share, and what the loss of a master costs. */
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { startRedisCluster } from "../../../runtime/test/redis/support/startRedisCluster.ts"
import { request } from "./support/api.ts"
import { startParley, type Parley } from "./support/startParley.ts"

const clusterStarted = Effect.acquireRelease(Effect.promise(startRedisCluster), ({ end }) => Effect.promise(end)).pipe(
  Effect.map(({ value }) => value)
)

const complete = (gateway: Parley, model: string) =>
  Effect.map(
    request(gateway, "POST", "/v1/chat/completions", {
      model: `openai/${model}`,
      messages: [{ role: "user", content: "Hello" }]
    }),
    ({ status }) => status
  )

const readiness = (gateway: Parley) =>
  Effect.map(request(gateway, "GET", "/health/ready"), ({ body, status }) => `${status} ${JSON.stringify(body)}`)

/** Enough that each of three masters has the breaker of some. */
const models = Array.from({ length: 24 }, (_, n) => `model-${n}`)

it.live("a circuit that opens at one gateway is open at the other; without a master both are degraded, and serve", () =>
  Effect.gen(function* () {
    const wire = yield* startOpenaiWire
    const redis = yield* clusterStarted
    const env = {
      DATABASE_URL: Redacted.value(yield* freshDatabase),
      REDIS_URL: redis.url,
      OPENAI_API_KEY: "sk-wire",
      OPENAI_BASE_URL: wire.baseUrl
    }
    const gateways = yield* Effect.all([startParley(env, "gateway"), startParley(env, "gateway")], { concurrency: "unbounded" })
    const [left, right] = gateways
    for (const gateway of gateways) assert.match(yield* readiness(gateway), /^200 .*"redis":"up"/)

    wire.otherwise(() => httpError(500))
    for (const model of models.slice(0, 6)) {
      let asked: number
      do {
        asked = wire.requests.length
        assert.isAtLeast(yield* complete(left, model), 500)
      } while (wire.requests.length > asked)
      // It has never been called from here.
      assert.strictEqual(yield* complete(right, model), 503)
      assert.strictEqual(wire.requests.length, asked, `${model} is not asked by the other`)
    }

    redis.kill(0)
    for (const gateway of gateways) {
      let told: string
      do told = yield* readiness(gateway)
      while (!told.includes('"redis":"degraded"'))
      assert.match(told, /^200 /)
    }
    wire.otherwise(() => answer("Hello"))
    const fresh = models.slice(6)
    for (const gateway of gateways) {
      const statuses = yield* Effect.forEach(fresh, (model) => complete(gateway, model), { concurrency: "unbounded" })
      assert.deepStrictEqual([...new Set(statuses)], [200])
    }
  })
)
