/** Every error there is, as `/api` and `/v1` tell it. */
import { Problem } from "@parley/domain/api/Problem"
import { errorTraits } from "@parley/domain/ErrorTraits"
import { HttpServerResponse } from "effect/http"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { problemResponse } from "../../src/api/renderProblem.ts"
import { openaiError } from "../../src/openai/openaiError.ts"
import { contextExceeded, everyError } from "../support/everyError.ts"

const rows = Object.values(everyError)
const read = async (response: HttpServerResponse.HttpServerResponse) => {
  const web = HttpServerResponse.toWeb(response)
  const body: unknown = await web.json()
  return { status: web.status, headers: web.headers, body }
}

describe("problem details", () => {
  it.each(rows)("tell $_tag with its status, code and what to do", async (error) => {
    const { body, headers, status } = await read(problemResponse(error, "req-1"))
    const traits = errorTraits[error._tag]
    expect(status).toBe(traits.status)
    expect(headers.get("content-type")).toBe("application/problem+json")
    expect(Schema.decodeUnknownSync(Problem)(body)).toMatchObject({
      type: "about:blank",
      title: traits.title,
      status: traits.status,
      detail: error.message,
      code: traits.code,
      requestId: "req-1",
      retry: traits.retry
    })
    expect(headers.get("www-authenticate")).toBe(error._tag === "Unauthorized" ? "Bearer" : null)
  })

  it("name each fault, and the wait in whole seconds", async () => {
    expect((await read(problemResponse(everyError.InvalidRequest, "r"))).body).toMatchObject({
      issues: [{ path: "payload.content[0]", message: "expected a part" }]
    })
    const busy = await read(problemResponse(everyError.Busy, "r"))
    expect([busy.headers.get("retry-after"), busy.body]).toEqual(["1", expect.objectContaining({ retryAfterMs: 250 })])
    expect((await read(problemResponse(everyError.ProviderRateLimited, "r"))).headers.get("retry-after")).toBe("3")
    expect((await read(problemResponse(everyError.Conflict, "r"))).headers.get("retry-after")).toBe(null)
  })

  it("say that nothing was done when nothing can have been", async () => {
    const { Unavailable } = await import("@parley/domain/Errors")
    const away = new Unavailable({ message: "away", retryAfterMs: 1_500, workMayHaveHappened: false })
    expect((await read(problemResponse(away, "r"))).body).toMatchObject({ retry: "later" })
    expect((await read(openaiError(away))).headers.get("x-should-retry")).toBe(null)
    expect((await read(problemResponse(everyError.Unavailable, "r"))).body).toMatchObject({ retry: "same-id" })
  })
})

describe("OpenAI's error shape", () => {
  it.each(rows)("tells $_tag with its status, type and code", async (error) => {
    const { body, headers, status } = await read(openaiError(error))
    const { code, openaiType, retry, status: expected } = errorTraits[error._tag]
    expect(status).toBe(expected)
    expect(body).toEqual({
      error: {
        message: error.message,
        type: openaiType,
        param: expect.toSatisfy((param) => param === null || typeof param === "string"),
        code
      }
    })
    expect(headers.get("x-should-retry")).toBe(retry === "later" ? null : "false")
  })

  it("tells a prompt that its provider found too long by OpenAI's own code", async () => {
    const { body, status } = await read(openaiError(contextExceeded))
    const { message } = contextExceeded
    expect(status).toBe(400)
    const told = { message, type: "invalid_request_error", param: "messages", code: "context_length_exceeded" }
    expect(body).toEqual({ error: told })
    expect((await read(problemResponse(contextExceeded, "r"))).body).toMatchObject({
      code: "context_length_exceeded",
      status: 400
    })
  })

  it("names the parameter where there is one", async () => {
    expect((await read(openaiError(everyError.InvalidRequest))).body).toMatchObject({ error: { param: "payload.content[0]" } })
    expect((await read(openaiError(everyError.ModelNotFound))).body).toMatchObject({ error: { param: "model" } })
    expect((await read(openaiError(everyError.ProviderModelNotFound))).body).toMatchObject({ error: { param: "model" } })
    expect((await read(openaiError(everyError.Busy))).body).toMatchObject({ error: { param: null } })
  })
})
