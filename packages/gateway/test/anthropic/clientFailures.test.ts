/** What the official client makes of what fails, breaks off or is given up. */
import type Anthropic from "@anthropic-ai/sdk"
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PermissionDeniedError,
  RateLimitError
} from "@anthropic-ai/sdk"
import { Busy } from "@parley/domain/Errors"
import { ProviderFailed, ProviderRateLimited, ProviderTruncated } from "@parley/domain/ProviderError"
import { Deferred, Effect } from "effect"
import { describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { saying, words } from "../support/ScriptedCompletions.ts"
import { anthropicDoors, ask, path } from "./support/anthropicDoors.ts"

const failing = { provider: "demo", model: "echo-1" }

describe.each(engines)("the anthropic client, on %s, where something fails", (engine) => {
  const at = anthropicDoors(engine)

  it("throws the client's own error classes", async () => {
    const create = (of: Anthropic, model = ask.model) => at.failure(of.messages.create({ ...ask, model }))
    expect(await create(at.clientOf("pk_wrong"))).toBeInstanceOf(AuthenticationError)
    expect(await create(at.clientOf(doorKeys.chat))).toBeInstanceOf(PermissionDeniedError)
    expect(await create(at.client, "nobody/nothing")).toBeInstanceOf(NotFoundError)
    expect(await at.failure(at.client.messages.create({ ...ask, max_tokens: 0 }))).toBeInstanceOf(BadRequestError)
    at.doors.completions.script = () =>
      Effect.fail(new ProviderRateLimited({ ...failing, message: "Slow down.", retryAfterMs: 2_000 }))
    for (const stream of [true, false]) {
      const limited = await at.failure(at.client.messages.create({ ...ask, stream }))
      expect(limited).toBeInstanceOf(RateLimitError)
      expect(
        limited instanceof APIError && [limited.headers?.get("retry-after"), limited.type, limited.errorCode, limited.apiMessage]
      ).toEqual(["2", "rate_limit_error", "provider_rate_limited", "Slow down."])
    }
    at.doors.completions.script = () => Effect.fail(new Busy({ message: "Later.", retryAfterMs: 100 }))
    const busy = await at.failure(at.client.messages.create(ask))
    expect(busy).toBeInstanceOf(OverloadedError)
    expect(busy instanceof APIError && busy.requestID).toMatch(/^req_/)
  })

  it("never reports a stream that broke off as complete", async () => {
    at.doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying([{ type: "text-delta", text: "Hel" }])(request, sink, control),
        Effect.fail(new ProviderTruncated({ ...failing, message: "The answer was cut off." }))
      )
    const stream = at.client.messages.stream(ask)
    let text = ""
    stream.on("text", (delta) => (text += delta))
    const broken = await at.failure(stream.finalMessage())
    expect(text).toBe("Hel")
    expect(broken).toBeInstanceOf(APIError)
    expect(broken instanceof APIError && [broken.type, broken.errorCode]).toEqual(["api_error", "provider_truncated"])
    const raw = await at.doors.ask("POST", path, { ...ask, stream: true })
    expect(raw.text).not.toContain("message_stop")
    expect(raw.text).toMatch(/event: error\ndata: \{"type":"error",.*\n\n$/)
  })

  it("tells a defect in the middle of a stream as an error event, and logs it under the request's id", async () => {
    at.doors.completions.script = (request, sink, control) =>
      Effect.andThen(
        saying([{ type: "text-delta", text: "Hel" }])(request, sink, control),
        Effect.die(new Error("a defect of the test's"))
      )
    const raw = await at.doors.ask("POST", path, { ...ask, stream: true }, { "x-request-id": "mine.2" })
    expect(raw.text).toContain('"error_code":"internal"')
    expect(raw.text).toContain('"request_id":"mine.2"')
    expect(raw.text).not.toContain("defect of the test")
    expect(raw.text).not.toContain("message_stop")
    expect(at.doors.logs.some((line) => line.requestId === "mine.2")).toBe(true)
  })

  it("answers a failure before the first token with its own status, not with a stream", async () => {
    at.doors.completions.script = () => Effect.fail(new ProviderFailed({ ...failing, message: "The provider failed." }))
    expect(await at.failure(at.client.messages.create({ ...ask, stream: true }))).toBeInstanceOf(InternalServerError)
    const raw = await at.doors.ask("POST", path, { ...ask, stream: true }, { "x-request-id": "mine.3" })
    const { headers, status } = raw
    expect([status, headers.get("content-type"), headers.get("x-request-id"), headers.get("request-id")]).toEqual([
      500,
      "application/json",
      "mine.3",
      "mine.3"
    ])
  })

  it.each([true, false])("an abort of the client interrupts the call to the model (streaming: %s)", async (stream) => {
    at.doors.completions.script = (request, sink, control) =>
      Effect.andThen(saying(words("Hello"))(request, sink, control), Effect.never)
    const aborter = new AbortController()
    const call = at.client.messages.create({ ...ask, stream }, { signal: aborter.signal })
    if (stream) {
      expect(Symbol.asyncIterator in (await call)).toBe(true)
    } else {
      call.catch(() => {})
      while (at.doors.completions.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    aborter.abort()
    await Effect.runPromise(Deferred.await(at.doors.completions.interrupted))
  })

  it("sends no header that lets a proxy hold the stream back or keep it", async () => {
    const raw = await at.doors.ask("POST", path, { ...ask, stream: true })
    expect(raw.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
    expect(raw.headers.get("cache-control")).toBe("no-store")
    expect(raw.headers.get("x-accel-buffering")).toBe("no")
  })
})
