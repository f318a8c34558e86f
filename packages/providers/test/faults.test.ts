import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { ProviderError } from "@parley/domain/ProviderError"
import { maxRetryAfterMs, retryAfterMs } from "../src/call/retryAfter.ts"
import { collect } from "./support/collect.ts"
import { modelOf } from "./support/model.ts"
import { ask } from "./support/requests.ts"
import { deadAddress, wires } from "./support/wires.ts"
import { answer, hang, httpError, raw } from "./wire/WireServer.ts"
import type { WireScript } from "./wire/WireServer.ts"

interface Fault {
  readonly says: string
  readonly script: WireScript
  readonly tag: ProviderError["_tag"]
  readonly fields?: Partial<ProviderError>
}

/** What a provider answers, and what it is for us: alike for whole answers and for streams. */
const faults: ReadonlyArray<Fault> = [
  { says: "400", script: httpError(400), tag: "ProviderRejected", fields: { status: 400, message: "wire says 400" } },
  { says: "413", script: httpError(413), tag: "ProviderRejected", fields: { status: 413 } },
  { says: "422", script: httpError(422), tag: "ProviderRejected", fields: { status: 422 } },
  { says: "401", script: httpError(401), tag: "ProviderUnauthorized", fields: { status: 401 } },
  { says: "402", script: httpError(402), tag: "ProviderUnauthorized", fields: { status: 402 } },
  { says: "403", script: httpError(403), tag: "ProviderUnauthorized", fields: { status: 403 } },
  { says: "404", script: httpError(404), tag: "ProviderModelNotFound", fields: { status: 404, providerRequestId: "req-wire" } },
  { says: "408", script: httpError(408), tag: "ProviderTimeout", fields: { status: 408 } },
  { says: "429 without a hint", script: httpError(429), tag: "ProviderRateLimited", fields: { status: 429 } },
  {
    says: "429 with Retry-After in seconds",
    script: httpError(429, undefined, { "retry-after": "7" }),
    tag: "ProviderRateLimited",
    fields: { retryAfterMs: 7_000 }
  },
  {
    says: "429 with retry-after-ms, which is the finer",
    script: httpError(429, undefined, { "retry-after": "7", "retry-after-ms": "1234" }),
    tag: "ProviderRateLimited",
    fields: { retryAfterMs: 1_234 }
  },
  { says: "500", script: httpError(500), tag: "ProviderFailed", fields: { status: 500 } },
  {
    says: "503 with Retry-After",
    script: httpError(503, undefined, { "retry-after": "2" }),
    tag: "ProviderFailed",
    fields: { status: 503, retryAfterMs: 2_000 }
  },
  { says: "529", script: httpError(529), tag: "ProviderFailed", fields: { status: 529 } },
  {
    says: "302",
    script: httpError(302, "<html>Moved</html>", { location: "/" }),
    tag: "ProviderFailed",
    fields: { status: 302 }
  },
  {
    says: "502 as an HTML page",
    script: httpError(502, "<html>Bad gateway</html>"),
    tag: "ProviderFailed",
    fields: { status: 502 }
  },
  {
    says: "404 as an HTML page",
    script: httpError(404, "<html>Not here</html>"),
    tag: "ProviderFailed",
    fields: { status: 404 }
  },
  { says: "200 as an HTML page", script: httpError(200, "<html>Welcome</html>"), tag: "ProviderFailed", fields: { status: 200 } },
  { says: "200 and an object of another kind", script: httpError(200, { hello: "world" }), tag: "ProviderFailed" },
  {
    says: "200 and an error object",
    script: httpError(200, { error: { message: "no luck", type: "weird" } }),
    tag: "ProviderFailed",
    fields: { message: "no luck", code: "weird" }
  },
  { says: "half of an answer and no more", script: answer("One two three four", { cutAfter: 2 }), tag: "ProviderTruncated" },
  {
    says: "something that is not HTTP after the headers",
    script: raw(["{}"], { headers: { "content-type": "application/json", "content-length": "500" }, cut: true }),
    tag: "ProviderTruncated"
  }
]

/** `message` need only be contained. */
const assertFields = (error: ProviderError, fields: Partial<ProviderError>): void => {
  const { message, ...rest } = fields
  if (message !== undefined) assert.include(error.message, message)
  for (const [name, value] of Object.entries(rest)) assert.strictEqual(Reflect.get(error, name), value, name)
}

describe.each(wires)("$id", (wire) => {
  const modelAt = (baseUrl: string, limits = {}) =>
    modelOf({ ...wire.config(baseUrl), limits: { maxHoldMs: 0, ...limits } }, `${wire.id}/some-model`)

  it.live.each(faults)("$says is $tag", ({ fields = {}, script, tag }) =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => script)
      const model = yield* modelAt(server.baseUrl)
      for (const call of [model.complete(ask("Hello")), model.stream(ask("Hello"), () => undefined)]) {
        const error = yield* Effect.flip(call)
        assert.strictEqual(error._tag, tag)
        assert.strictEqual(error.provider, wire.id)
        assert.strictEqual(error.model, "some-model")
        if (tag !== "ProviderUnauthorized") assertFields(error, fields)
      }
    })
  )

  it.live("a connection that is refused is ProviderUnreachable", () =>
    Effect.gen(function* () {
      const model = yield* modelAt(yield* deadAddress)
      const error = yield* Effect.flip(model.complete(ask("Hello")))
      assert.strictEqual(error._tag, "ProviderUnreachable")
      assert.strictEqual(error.code, "ECONNREFUSED")
    })
  )

  it.live("a provider that takes the request and breaks the connection is ProviderUnreachable", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => hang)
      const model = yield* modelAt(server.baseUrl)
      const call = yield* Effect.forkChild(Effect.flip(model.complete(ask("Hello"))))
      yield* server.received(0)
      yield* server.dropConnections
      assert.strictEqual((yield* Fiber.join(call))._tag, "ProviderUnreachable")
    })
  )

  it.live("no headers within the bound is ProviderTimeout", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => hang)
      const model = yield* modelAt(server.baseUrl, { headersTimeoutMs: 50 })
      assert.strictEqual((yield* Effect.flip(model.complete(ask("Hello"))))._tag, "ProviderTimeout")
      assert.strictEqual((yield* Effect.flip(model.stream(ask("Hello"), () => undefined)))._tag, "ProviderTimeout")
    })
  )

  it.live("no chunk within the bound is ProviderTimeout, and what came before it was delivered", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.otherwise(() => answer("One two three", { holdAfter: 2 }))
      const model = yield* modelAt(server.baseUrl, { chunkTimeoutMs: 50 })
      const collected = collect()
      assert.strictEqual((yield* Effect.flip(model.stream(ask("Hello"), collected.sink)))._tag, "ProviderTimeout")
      assert.strictEqual(collected.text(), "One two ")
    })
  )

  it.live("a stream that is cut, ends early or is not of its wire never ends well, and what came before it was delivered", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelAt(server.baseUrl)
      const collected = [collect(), collect(), collect()]
      server.enqueue(
        answer("One two three", { cutAfter: 2 }),
        answer("One two three", { endAfter: 2 }),
        raw(['data: {"id\n\n', "data: more\n\n"])
      )
      const tags = yield* Effect.forEach(collected, ({ sink }) =>
        Effect.map(Effect.flip(model.stream(ask("Hello"), sink)), (error) => error._tag)
      )
      assert.deepStrictEqual(tags, ["ProviderTruncated", "ProviderTruncated", "ProviderFailed"])
      assert.deepStrictEqual(
        collected.map((each) => each.text()),
        ["One two ", "One two ", ""]
      )
    })
  )

  it.live("an error event in the middle of a stream is the provider's failure, in its words", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.enqueue(answer("One two three", { errorAfter: 1 }))
      const model = yield* modelAt(server.baseUrl)
      const collected = collect()
      const error = yield* Effect.flip(model.stream(ask("Hello"), collected.sink))
      assert.strictEqual(error._tag, "ProviderFailed")
      assert.strictEqual(collected.text(), "One ")
      const words = { openai: "The server had an error", anthropic: "Overloaded", llama: "the runner process has died" }
      assert.strictEqual(error.message, words[wire.id as keyof typeof words])
      if (wire.id === "anthropic") assert.deepInclude(error, { code: "overloaded_error", status: 529 })
    })
  )

  it.live("an answer, a line or a stream larger than its bound is ProviderFailed", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const long = "x".repeat(2_000)
      const tooLong = (call: Effect.Effect<unknown, ProviderError>, script: WireScript) =>
        Effect.suspend(() => {
          server.enqueue(script)
          return Effect.map(Effect.flip(call), (error) => error.message.replace(/\d+/, "n"))
        })
      const hello = ask("Hello")
      const answers = yield* modelAt(server.baseUrl, { maxAnswerBytes: 1_000 })
      assert.strictEqual(yield* tooLong(answers.complete(hello), answer(long)), "The answer is larger than n bytes")
      const lines = yield* modelAt(server.baseUrl, { maxStreamLineBytes: 1_000 })
      const line = "A line of the stream is longer than n bytes"
      assert.strictEqual(
        yield* tooLong(
          lines.stream(hello, () => undefined),
          raw([`data: ${long}`])
        ),
        line
      )
      const streams = yield* modelAt(server.baseUrl, { maxStreamedLength: 1_000 })
      const endless = answer([long, long], { holdAfter: 1 })
      assert.strictEqual(
        yield* tooLong(
          streams.stream(hello, () => undefined),
          endless
        ),
        "The answer is longer than n characters"
      )
    })
  )

  it.live("a stream that runs past the bound on its tokens is stopped where no tokens could be as long, whatever it thinks", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      const model = yield* modelAt(server.baseUrl, { maxStreamedLengthPerToken: 50, minStreamedLength: 1_000 })
      const reasoning = "thinking ".repeat(1_000)
      const asked = ask("Hello", { maxOutputTokens: 40 })
      server.enqueue(answer(["x".repeat(2_000)], { reasoning }))
      assert.strictEqual((yield* model.stream(asked, () => undefined)).finishReason, "stop")
      server.enqueue(answer(["x".repeat(2_001), "y"], { holdAfter: 1 }))
      const error = yield* Effect.flip(model.stream(asked, () => undefined))
      assert.deepStrictEqual([error._tag, error.message], ["ProviderFailed", "The answer is longer than 2000 characters"])
      // Of a lower bound it is the least, and without one that of every stream.
      server.enqueue(answer(["x".repeat(1_001)], { holdAfter: 1 }))
      const least = yield* Effect.flip(model.stream(ask("Hello", { maxOutputTokens: 1 }), () => undefined))
      assert.strictEqual(least.message, "The answer is longer than 1000 characters")
      server.enqueue(answer("x".repeat(5_000)))
      yield* model.stream(ask("Hello"), () => undefined)
    })
  )

  it.live("what a provider says of our key is for the operator, not for the caller", () =>
    Effect.gen(function* () {
      const server = yield* wire.start
      server.enqueue(httpError(401, { error: { message: "Incorrect API key provided: sk-abc", type: "x" } }))
      const model = yield* modelAt(server.baseUrl)
      const error = yield* Effect.flip(model.complete(ask("Hello")))
      assert.notInclude(error.message, "sk-abc")
      assert.include(error.message, wire.id)
    })
  )
})

describe("how long a provider asks to wait", () => {
  const nowMs = Date.parse("2026-11-24T10:00:00Z")
  const rows: ReadonlyArray<readonly [says: string, headers: Record<string, string>, ms: number | undefined]> = [
    ["nothing", {}, undefined],
    ["whole seconds", { "retry-after": "20" }, 20_000],
    ["parts of seconds", { "retry-after": "0.25" }, 250],
    ["a date to come", { "retry-after": "Tue, 24 Nov 2026 10:00:30 GMT" }, 30_000],
    ["a date gone by", { "retry-after": "Tue, 24 Nov 2026 09:00:00 GMT" }, 0],
    ["nonsense", { "retry-after": "soon" }, undefined],
    ["an empty header", { "retry-after": "" }, undefined],
    ["a negative number", { "retry-after-ms": "-5" }, undefined],
    ["milliseconds", { "retry-after-ms": "1500.4" }, 1_501],
    ["a year", { "retry-after": "31536000" }, maxRetryAfterMs]
  ]
  it.each(rows)("%s", (_says, headers, ms) => {
    assert.strictEqual(retryAfterMs(headers, nowMs), ms)
  })

  it.effect("a date is counted from the clock of the program", () =>
    Effect.gen(function* () {
      const wire = wires[0]!
      const server = yield* wire.start
      yield* TestClock.setTime(nowMs)
      server.enqueue(httpError(429, undefined, { "retry-after": "Tue, 24 Nov 2026 10:02:00 GMT" }))
      const model = yield* modelOf(wire.config(server.baseUrl), "openai/m")
      const error = yield* Effect.flip(model.complete(ask("Hello")))
      assert.strictEqual(error.retryAfterMs, 120_000)
    })
  )
})
