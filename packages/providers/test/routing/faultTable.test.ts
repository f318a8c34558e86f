/**
 * What goes wrong at a provider, and what comes of it: for the circuit, for a retry, for the next target, for the client. Each row is tried on real
 * sockets; the same rows are the table in docs/routing.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { errorTraits, traitsOf } from "@parley/domain/ErrorTraits"
import type { ErrorTraits } from "@parley/domain/ErrorTraits"
import type { ProviderLimits } from "../../src/ProviderLimits.ts"
import type { RouteConfig } from "../../src/routing/Route.ts"
import { collect } from "../support/collect.ts"
import { providersOf } from "../support/model.ts"
import { ask } from "../support/requests.ts"
import { deadAddress } from "../support/wires.ts"
import { startOpenaiWire } from "../wire/openaiWire.ts"
import { answer, hang, httpError, raw } from "../wire/WireServer.ts"
import type { WireScript } from "../wire/WireServer.ts"

interface Row {
  readonly fault: string
  readonly script?: WireScript
  /** Where the target is, when not at the wire server. */
  readonly address?: (baseUrl: string) => Effect.Effect<string>
  readonly limits?: Partial<ProviderLimits>
  readonly circuit: "counts" | "no"
  readonly retried: "yes" | "no" | "goes on"
  readonly failsOver: "yes" | "no" | "goes on"
  /** Without another target: the error's code and status, or that there is an answer. */
  readonly client: string
}

const seenOf = ({ code, status }: ErrorTraits): string => `\`${code}\`, ${status}`
const seen = (tag: keyof typeof errorTraits): string => seenOf(errorTraits[tag])

const rejected = seen("ProviderRejected")
const failed = seen("ProviderFailed")
const truncated = seen("ProviderTruncated")
const unreachable = seen("ProviderUnreachable")
const timedOut = seen("ProviderTimeout")
const words = "One two three four five"

const counts = (fault: string, client: string, more: Omit<Partial<Row>, "fault" | "client">): Row => ({
  fault,
  circuit: "counts",
  retried: "yes",
  failsOver: "yes",
  client,
  ...more
})
const goesOn = (fault: string, client: string, more: Omit<Partial<Row>, "fault" | "client">): Row =>
  counts(fault, client, { retried: "goes on", failsOver: "goes on", ...more })

const chunk = (delta: string): string =>
  `data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"${delta}"},"finish_reason":null}]}\n\n`

const says = (status: number, error: { readonly [key: string]: unknown }) =>
  httpError(status, { error: { param: null, ...error } })

/** What vendors say with a 400, each in its own words. */
const refusals: ReadonlyArray<Row> = [
  {
    fault: "400 that says that there is no such model (Mistral, OpenRouter, DeepSeek, …)",
    script: says(400, {
      code: "model_not_found",
      type: "invalid_request_error",
      message: "The requested model 'm' does not exist."
    }),
    circuit: "no",
    retried: "no",
    failsOver: "yes",
    client: seen("ProviderModelNotFound")
  },
  {
    fault: "400 that says that the prompt is longer than the window: not for targets whose window is no larger",
    script: says(400, { code: "context_length_exceeded", message: "This model's maximum context length is 8192 tokens." }),
    circuit: "no",
    retried: "no",
    failsOver: "yes",
    client: seen("ContextTooLong")
  },
  counts("400 that says that the key is wrong (xAI, Gemini)", seen("ProviderUnauthorized"), {
    script: httpError(400, { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***." }),
    retried: "no"
  })
]

export const rows: ReadonlyArray<Row> = [
  {
    fault: "400, 413, 422: the request is wrong",
    script: httpError(400),
    circuit: "no",
    retried: "no",
    failsOver: "no",
    client: rejected
  },
  counts("401, 402, 403: the credential is refused", seen("ProviderUnauthorized"), { script: httpError(401), retried: "no" }),
  {
    fault: "404: the model is not at this target",
    script: httpError(404),
    circuit: "no",
    retried: "no",
    failsOver: "yes",
    client: seen("ProviderModelNotFound")
  },
  ...refusals,
  { fault: "429", script: httpError(429), circuit: "no", retried: "yes", failsOver: "yes", client: seen("ProviderRateLimited") },
  counts("408", timedOut, { script: httpError(408) }),
  counts("500, 502, 503, 529", failed, { script: httpError(503) }),
  counts("a redirect, an HTML page, another status without the API's words", failed, {
    script: httpError(404, "<html>Not here</html>")
  }),
  counts("200 and something that is not of the API", failed, { script: httpError(200, { hello: "world" }) }),
  counts("connection refused", unreachable, { address: () => deadAddress }),
  counts("DNS failure", unreachable, { address: () => Effect.succeed("http://nowhere.invalid/v1") }),
  counts("TLS failure", unreachable, { address: (url) => Effect.succeed(url.replace("http:", "https:")) }),
  counts("slow headers: none within `headersTimeoutMs`", timedOut, { script: hang, limits: { headersTimeoutMs: 60 } }),
  counts("no token within `firstTokenTimeoutMs`", timedOut, {
    script: answer(words, { holdAfter: 0 }),
    limits: { firstTokenTimeoutMs: 60 }
  }),
  counts("broken off before the first word", truncated, { script: answer(words, { cutAfter: 0 }) }),
  counts("an error event before the first word", failed, { script: answer(words, { errorAfter: 0 }) }),
  goesOn("cut after some words", truncated, { script: answer(words, { cutAfter: 2 }) }),
  goesOn("ended after some words, without the terminal", truncated, { script: answer(words, { endAfter: 2 }) }),
  goesOn("an error event after some words", failed, { script: answer(words, { errorAfter: 2 }) }),
  goesOn("stalled body: nothing within `chunkTimeoutMs`", timedOut, {
    script: answer(words, { holdAfter: 2 }),
    limits: { chunkTimeoutMs: 60 }
  }),
  goesOn("invalid JSON in a chunk", failed, { script: raw([chunk("One two "), 'data: {"id\n\n', chunk("three")]) }),
  goesOn("endless stream: longer than `maxStreamedLength`", failed, {
    script: answer(["One two ", "x".repeat(300), "more"], { holdAfter: 2 }),
    limits: { maxStreamedLength: 200 }
  }),
  counts("10 MB of one line: longer than `maxStreamLineBytes`", failed, { script: raw([`data: ${"x".repeat(10_000_000)}`]) }),
  {
    fault: "wrong usage numbers",
    script: answer(words, { usage: { inputTokens: -7, outputTokens: Number.NaN } }),
    circuit: "no",
    retried: "no",
    failsOver: "no",
    client: "the answer; its usage is estimated"
  }
]

const worldOf = Effect.fnUntraced(function* (row: Row, ids: ReadonlyArray<string>, route: Partial<RouteConfig> = {}) {
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
  it.live.each(rows)("$fault: circuit $circuit, retried $retried, fails over $failsOver, client $client", (row) =>
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
      ...rows.map(
        ({ circuit, client, failsOver, fault, retried }) => `| ${fault} | ${circuit} | ${retried} | ${failsOver} | ${client} |`
      )
    ].join("\n")
    const page = readFileSync(new URL("../../../../docs/routing.md", import.meta.url), "utf8")
    assert.include(page, table)
  })
})
