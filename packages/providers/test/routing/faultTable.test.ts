/**
 * What goes wrong at a provider, and what comes of it: for the circuit, for a retry, for the next target, for the client. Each row is tried on real
 * sockets; the same rows are the table in docs/routing.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { traitsOf } from "@parley/domain/ErrorTraits"
import type { RouteConfig } from "../../src/routing/Route.ts"
import { collect } from "../support/collect.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { faultRows, seenOf } from "./faultRows.ts"
import type { FaultRow } from "./faultRows.ts"
import { startOpenaiWire } from "../wire/openaiWire.ts"
import { answer } from "../wire/WireServer.ts"

const worldOf = Effect.fnUntraced(function* (row: FaultRow, ids: ReadonlyArray<string>, route: Partial<RouteConfig> = {}) {
  const [one, two] = [yield* startOpenaiWire, yield* startOpenaiWire]
  if (row.script !== undefined) {
    const { script } = row
    one.otherwise(() => script)
  }
  two.otherwise(() => answer("One two three four five six"))
  const baseUrl = yield* row.address === undefined ? Effect.succeed(one.baseUrl) : row.address(one.baseUrl)
  const apiKey = Redacted.make("key-of-the-test")
  const providers = yield* providersOf({
    configured: [
      { id: "one", kind: "openai-compatible", baseUrl, apiKey, ...(row.limits === undefined ? {} : { limits: row.limits }) },
      { id: "two", kind: "openai-compatible", baseUrl: two.baseUrl, apiKey }
    ],
    routes: {
      best: {
        targets: ids.map((id) => ({ model: `${id}/m` })),
        ...route,
        retry: { attempts: 2, baseMs: 1, maxMs: 2, ...route.retry }
      }
    },
    limits: { probeEveryMs: 0, openJitter: 0, openMs: 1, breakerFailures: 100, maxHoldMs: 0 }
  })
  const model = yield* Effect.orDie(providers.resolve("best"))
  const health = Effect.map(providers.health, (all) => all.find(({ target }) => target === "one/m")!)
  return { one, two, providers, model, health }
})

describe("of a fault at a provider", () => {
  it.live.each(faultRows)("$fault: circuit $circuit, retried $retried, fails over $failsOver, client $client", (row) =>
    Effect.gen(function* () {
      // Alone, and asked once: what the client sees, and whether it counts.
      const alone = yield* worldOf(row, ["one"], { retry: { attempts: 1 } })
      const told = collect()
      const exit = yield* Effect.exit(alone.model.stream(ask("Count"), told.sink))
      const isAnswered = Exit.isSuccess(exit)
      assert.strictEqual(
        told.events.some(({ type }) => type === "finish"),
        isAnswered,
        "an end is told of an answer alone"
      )
      if (isAnswered)
        assert.isTrue(exit.value.usage.isEstimated && exit.value.usage.inputTokens > 0 && exit.value.usage.outputTokens > 0)
      else {
        const reason = exit.cause.reasons[0]
        assert.strictEqual(reason?._tag === "Fail" ? seenOf(traitsOf(reason.error)) : "a defect", row.client)
      }
      const { failures } = yield* alone.health
      const counted = failures.ProviderFailed + failures.ProviderTimeout + failures.ProviderTruncated
      const all = counted + failures.ProviderUnreachable + failures.ProviderUnauthorized
      assert.strictEqual(all > 0 ? "counts" : "no", row.circuit)

      // Alone, and allowed a second call.
      const again = yield* worldOf(row, ["one"])
      yield* Effect.exit(again.model.stream(ask("Count"), () => undefined))
      const isRetried = (yield* again.health).retries > 0
      assert.strictEqual(isRetried ? (told.text() === "" ? "yes" : "goes on") : "no", row.retried)

      // With another target beside it.
      const both = yield* worldOf(row, ["one", "two"])
      const collected = collect()
      const routed = yield* Effect.exit(both.model.stream(ask("Count"), collected.sink))
      const isOver = both.two.requests.length > 0
      assert.strictEqual(isOver ? (told.text() === "" ? "yes" : "goes on") : "no", row.failsOver)
      if (isOver) assert.isTrue(Exit.isSuccess(routed))
      if (row.failsOver === "goes on") assert.strictEqual(collected.text().slice(0, 8), "One two ")
      if (row.failsOver === "yes") assert.strictEqual(collected.text(), "One two three four five six")
    })
  )

  it("the table in docs/routing.md says the same", () => {
    const table = [
      "| Fault | Circuit | Tried again there | Next target | Alone, the client sees |",
      "|---|---|---|---|---|",
      ...faultRows.map(
        ({ circuit, client, failsOver, fault, retried }) => `| ${fault} | ${circuit} | ${retried} | ${failsOver} | ${client} |`
      )
    ].join("\n")
    const page = readFileSync(new URL("../../../../docs/routing.md", import.meta.url), "utf8")
    assert.include(page, table)
  })
})
