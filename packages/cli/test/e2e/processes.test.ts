/** Several gateway processes on one port are one gateway, and operators have a port of their own. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { inject, vi } from "vitest"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"
import { startParley, type Parley } from "./support/startParley.ts"

const statusOf = (url: string, key?: string) =>
  Effect.promise(async () => {
    // A connection of its own each time, so that the kernel may choose another process.
    const headers = { connection: "close", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) }
    const response = await fetch(url, { headers })
    return { status: response.status, text: await response.text() }
  })

const pidsOf = (parley: Parley): ReadonlyArray<number> => {
  const line = parley.log.find((entry) => entry["pids"] !== undefined)
  return String(line?.["pids"]).split(", ").map(Number)
}

/** Requests for the list of models that one process has answered. */
const answeredBy = (operations: string | undefined, key: string) =>
  Effect.map(statusOf(`${operations}/metrics`, key), ({ text }) =>
    Number(/http_requests_total\{[^}]*door="openai"[^}]*status="200"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
  )

/** Where each process serves operators, in the order in which they started: any free port, for a neighbour may be taken. */
const operationsOf = (parley: Parley): ReadonlyArray<string> =>
  parley.log.flatMap((line) => (line["message"] === "Operations are served" ? [String(line["address"])] : []))

const startPair = Effect.gen(function* () {
  const parley = yield* startParley(
    {
      DATABASE_URL: Redacted.value(yield* freshDatabase),
      REDIS_URL: inject("redisUrl"),
      PARLEY_GATEWAY_PROCESSES: "2",
      PARLEY_OPERATIONS_PORT: "0"
    },
    "gateway"
  )
  yield* parley.loggedWith("pids")
  return { parley, operations: operationsOf(parley) }
})

class Pair extends Context.Service<Pair, Effect.Success<typeof startPair>>()("@parley/cli/test/Pair") {
  static readonly layer = Layer.effect(Pair, startPair)
}

describe("two gateway processes on one port", () => {
  layer(Pair.layer, { excludeTestServices: true })((it) => {
    it.effect("keep metrics and RPC off the public port when operators have one of their own", () =>
      Effect.gen(function* () {
        const { operations, parley } = yield* Pair
        assert.strictEqual((yield* statusOf(`${parley.url}/metrics`, parley.key)).status, 404)
        assert.strictEqual((yield* statusOf(`${operations[0]}/metrics`)).status, 401)
        assert.strictEqual((yield* statusOf(`${operations[0]}/metrics`, parley.key)).status, 200)
        const rpc = (url: string, headers: Readonly<Record<string, string>> = {}) =>
          Effect.promise(() => fetch(`${url}/rpc`, { method: "POST", body: "", headers }).then((response) => response.status))
        const withKey = { authorization: `Bearer ${parley.key}` }
        assert.strictEqual(yield* rpc(parley.url, withKey), 404)
        assert.strictEqual(yield* rpc(operations[0] ?? ""), 401)
        assert.strictEqual(yield* rpc(operations[0] ?? "", withKey), 200)
        assert.strictEqual((yield* statusOf(`${operations[0]}/v1/models`, parley.key)).status, 404)
      })
    )

    it.effect("both answer, one that is killed is started again, and one signal drains them all", () =>
      Effect.gen(function* () {
        const { operations, parley } = yield* Pair
        const pids = pidsOf(parley)
        assert.strictEqual(new Set(pids).size, 2)
        const shares = () => Effect.all([answeredBy(operations[0], parley.key), answeredBy(operations[1], parley.key)])
        let asked = 0
        while ((yield* shares()).some((share) => share === 0)) {
          assert.strictEqual((yield* statusOf(`${parley.url}/v1/models`, parley.key)).status, 200)
          assert.isBelow(++asked, 500, "the kernel spreads connections over both")
        }
        const counted = yield* shares()
        assert.strictEqual(counted[0] + counted[1], asked)

        process.kill(pids[1]!, "SIGKILL")
        yield* parley.logged("A gateway process has ended by itself")
        assert.strictEqual((yield* statusOf(`${parley.url}/health/ready`)).status, 200)
        yield* parley.loggedTimes("Operations are served", 3)
        assert.strictEqual((yield* statusOf(`${operationsOf(parley)[2]}/health/ready`)).status, 200)

        assert.strictEqual(yield* parley.stop("SIGTERM"), 0)
        // What a process said last is read after its end.
        yield* Effect.promise(() => vi.waitUntil(() => parley.text().match(/Parley has stopped/g)?.length === 2, waitTimeoutMs))
      })
    )
  })

  it.live("tell once what is wrong with the configuration, and end", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        startParley(
          { DATABASE_URL: "postgres://127.0.0.1:1/none", PARLEY_CONFIG_FILE: "missing.json", PARLEY_GATEWAY_PROCESSES: "2" },
          "gateway"
        )
      )
      assert.include(error.message, "did not start")
      assert.include(error.message, "ended with 1")
    })
  )
})
