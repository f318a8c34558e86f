/** `POST /v1/embeddings`, by the official `openai` client and by requests that cannot be served. */
import { ModelNotFound } from "@parley/domain/Errors"
import { ProviderRateLimited, ProviderUnreachable } from "@parley/domain/ProviderError"
import { noUsage } from "@parley/domain/Usage"
import { Effect, Schema } from "effect"
import OpenAI, { NotFoundError, RateLimitError } from "openai"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { EmbeddingList } from "../../src/openai/OpenaiGroup.ts"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { maxBodyBytes, startDoors, type Doors } from "../support/startDoors.ts"

const path = "/v1/embeddings"
const model = "llama/nomic-embed-text"
const tenth = Math.fround(0.1)

describe.each(engines)("embeddings, on %s", (engine) => {
  let doors: Doors
  let client: OpenAI
  beforeAll(async () => {
    doors = await startDoors(engine)
    client = new OpenAI({ baseURL: `${doors.url}/v1`, apiKey: doorKeys.member, maxRetries: 0 })
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.embeddings.reset())

  it("are read by the openai client as it is, which asks for base64, and with plain numbers", async () => {
    const expected = [
      [0, 5, tenth],
      [1, 2, tenth]
    ]
    for (const encoding of [undefined, "float"] as const) {
      const answer = await client.embeddings.create({
        model,
        input: ["Hello", "Hi"],
        ...(encoding === undefined ? {} : { encoding_format: encoding })
      })
      expect(answer.data.map(({ embedding }) => [...embedding])).toEqual(expected)
      expect(answer.data.map(({ index, object }) => [index, object])).toEqual([
        [0, "embedding"],
        [1, "embedding"]
      ])
      expect(answer.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 })
      expect(answer.model).toBe(`${model}-v1`)
    }
    expect(doors.embeddings.requests[0]).toEqual({ model, inputs: ["Hello", "Hi"] })
  })

  it("are in base64 the 32-bit floats, little-endian, and fit their description either way", async () => {
    const float = await doors.ask("POST", path, { model, input: "Hello" })
    const base64 = await doors.ask("POST", path, { model, input: "Hello", encoding_format: "base64" })
    expect(Schema.is(EmbeddingList)(float.body)).toBe(true)
    expect(Schema.is(EmbeddingList)(base64.body)).toBe(true)
    expect(base64.body).toMatchObject({ data: [{ embedding: "AAAAAAAAoEDNzMw9" }] })
    expect(float.headers.get("x-request-id")).toBe(doors.embeddings.callers[0]?.requestId)
  })

  it("tell who gave them, who did not, and what they cost", async () => {
    doors.embeddings.script = ({ inputs }) =>
      Effect.succeed({
        model: "m",
        vectors: inputs.map(() => Float32Array.of(1)),
        usage: { ...noUsage, inputTokens: 3, costNanoDollars: 6_000, isEstimated: true },
        attempts: [
          { target: "one/m", usage: noUsage, failure: "ProviderFailed" },
          { target: "two/m", usage: { ...noUsage, inputTokens: 3 } }
        ]
      })
    const { body, headers } = await doors.ask("POST", path, { model, input: "Hello" })
    expect(headers.get("x-parley-provider")).toBe("two/m")
    expect(headers.get("x-parley-fallback")).toBe("one/m; provider_failed")
    expect(body).toMatchObject({ usage: { prompt_tokens: 3, total_tokens: 3, cost: 0.000_006, is_estimated: true } })
    expect(Schema.is(EmbeddingList)(body)).toBe(true)
  })

  it("take a text, texts, the tokens of one, or those of several, and pass on what was asked beside them", async () => {
    const rows: ReadonlyArray<readonly [unknown, ReadonlyArray<unknown>]> = [
      ["Hello", ["Hello"]],
      [["Hello"], ["Hello"]],
      [[1, 2, 3], [[1, 2, 3]]],
      [
        [[1, 2], [3]],
        [[1, 2], [3]]
      ]
    ]
    for (const [input, inputs] of rows) {
      const { status } = await doors.ask("POST", path, { model, input, dimensions: 256, user: "u-1", unknown: true })
      expect(status).toBe(200)
      expect(doors.embeddings.requests.at(-1)).toEqual({ model, inputs, dimensions: 256, user: "u-1" })
    }
    await doors.ask("POST", path, { model, input: "Hello", dimensions: null, user: null, encoding_format: null })
    expect(doors.embeddings.requests.at(-1)).toEqual({ model, inputs: ["Hello"] })
  })

  const wrong: ReadonlyArray<readonly [claim: string, body: unknown, param: string | null]> = [
    ["no JSON", "{", null],
    ["null", "null", null],
    ["no model", { input: "x" }, "model"],
    ["no input", { model }, "input"],
    ["an empty text", { model, input: "" }, "input"],
    ["no texts", { model, input: [] }, "input"],
    ["an empty text among others", { model, input: ["x", ""] }, "input"],
    ["texts and tokens mixed", { model, input: ["x", 1] }, "input"],
    ["a token that is no number of one", { model, input: [1.5] }, "input"],
    ["more texts than the bound", { model, input: Array.from({ length: 2_049 }, () => "x") }, "input"],
    ["a text longer than the bound", { model, input: "x".repeat(100_001) }, "input"],
    ["no dimensions", { model, input: "x", dimensions: 0 }, "dimensions"],
    ["an encoding that nobody knows", { model, input: "x", encoding_format: "hex" }, "encoding_format"]
  ]
  it.each(wrong)("are refused in OpenAI's shape: %s", async (_claim, body, param) => {
    const { body: told, status } = await doors.ask("POST", path, body)
    expect(status).toBe(400)
    expect(told).toMatchObject({ error: { type: "invalid_request_error", code: "invalid_request" } })
    if (param !== null) expect(told).toMatchObject({ error: { param: expect.stringMatching(new RegExp(`^${param}`)) } })
    expect(doors.embeddings.requests).toEqual([])
  })

  it("are told each fault once, however many shapes their input might have had", async () => {
    const { body } = await doors.ask("POST", path, { model, input: [] })
    const told = JSON.stringify(body)
    expect(told.match(/length of at least 1/g)).toHaveLength(1)
  })

  it("are refused past the body's bound, without a key, without the scope, and by another method", async () => {
    expect((await doors.ask("POST", path, { model, input: "x".repeat(maxBodyBytes) })).status).toBe(413)
    expect((await doors.ask("POST", path, { model, input: "x" }, { authorization: "Bearer pk_wrong" })).status).toBe(401)
    expect((await doors.ask("POST", path, { model, input: "x" }, { authorization: `Bearer ${doorKeys.chat}` })).status).toBe(403)
    const get = await doors.ask("GET", path)
    expect(get.status).toBe(405)
    expect(get.headers.get("allow")).toBe("POST")
    expect(doors.embeddings.requests).toEqual([])
  })

  it("fail as their provider failed, in the errors of the client", async () => {
    const fields = { provider: "llama", model: "nomic-embed-text", message: "said the provider" }
    doors.embeddings.script = () => Effect.fail(new ModelNotFound({ model, message: "There is none" }))
    expect(await client.embeddings.create({ model, input: "x" }).catch((error: unknown) => error)).toBeInstanceOf(NotFoundError)
    doors.embeddings.script = () => Effect.fail(new ProviderRateLimited({ ...fields, retryAfterMs: 2_500 }))
    const limited = await client.embeddings.create({ model, input: "x" }).catch((error: unknown) => error)
    expect(limited).toBeInstanceOf(RateLimitError)
    doors.embeddings.script = () => Effect.fail(new ProviderUnreachable(fields))
    const { body, status } = await doors.ask("POST", path, { model, input: "x" })
    expect(status).toBe(502)
    expect(body).toMatchObject({ error: { code: "provider_unreachable" } })
  })
})
