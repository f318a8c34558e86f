/** What vendors say with a 400 and their own words, each as its API words it; and what only looks like it. */
import { assert, describe, it } from "@effect/vitest"
import { decodeError as decodeAnthropic } from "../src/anthropic/decodeError.ts"
import { decodeError as decodeBedrock } from "../src/bedrock/decodeParts.ts"
import { parseErrorObject } from "../src/call/foreign.ts"
import { errorOfEvent, errorOfStatus } from "../src/call/providerErrors.ts"
import { decodeError as decodeOpenai } from "../src/openai/decodeError.ts"

const called = { provider: "one", model: "m1" }
type Decode = typeof decodeOpenai

const errorOf = (status: number, body: unknown, decode: Decode) => {
  const object = parseErrorObject(JSON.stringify(body))
  return errorOfStatus(called, { status, headers: {} }, object === undefined ? undefined : decode(object), 0)
}

const openai = (status: number, message: string, more: object = {}) =>
  [status, { error: { message, type: "invalid_request_error", param: null, code: null, ...more } }, decodeOpenai] as const

describe("there is no such model", () => {
  it.each([
    ["OpenAI", ...openai(400, "The requested model 'm1' does not exist.", { code: "model_not_found" })],
    [
      "Mistral",
      400,
      { object: "error", message: "Invalid model: m1", type: "invalid_model", param: null, code: "1500" },
      decodeOpenai
    ],
    ["Mistral, wrapped", ...openai(400, "Invalid model: m1", { type: "invalid_model", code: "1500" })],
    ["OpenRouter", 400, { error: { message: "m1 is not a valid model ID", code: 400 } }, decodeOpenai],
    ["DeepSeek", ...openai(400, "Model Not Exist")],
    ["vLLM", 404, { object: "error", message: "The model `m1` does not exist.", type: "NotFoundError", code: 404 }, decodeOpenai],
    ["Bedrock", 400, { message: "The provided model identifier is invalid." }, decodeBedrock],
    ["Anthropic", 404, { type: "error", error: { type: "not_found_error", message: "model: m1" } }, decodeAnthropic]
  ] as const)("%s", (_vendor, status, body, decode) => {
    assert.deepInclude(errorOf(status, body, decode), { _tag: "ProviderModelNotFound", status })
  })
})

describe("the prompt is longer than the window", () => {
  it.each([
    ["OpenAI", ...openai(400, "Your input exceeds the context window.", { code: "context_length_exceeded" })],
    ["vLLM", 400, { object: "error", message: "This model's maximum context length is 8192 tokens. However, …" }, decodeOpenai],
    ["Mistral", ...openai(400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum")],
    [
      "Gemini",
      400,
      [
        {
          error: { code: 400, message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)." }
        }
      ],
      decodeOpenai
    ],
    [
      "llama.cpp",
      ...openai(400, "the request exceeds the available context size", { code: 400, type: "exceed_context_size_error" })
    ],
    ["Bedrock", 400, { message: "Input is too long for requested model." }, decodeBedrock],
    [
      "Anthropic",
      400,
      { type: "error", error: { type: "invalid_request_error", message: "prompt is too long: 200251 tokens > 200000 maximum" } },
      decodeAnthropic
    ]
  ] as const)("%s", (_vendor, status, body, decode) => {
    assert.deepInclude(errorOf(status, body, decode), { _tag: "ProviderRejected", status, code: "context_length_exceeded" })
  })
})

describe("the key is wrong, and its words are kept from the caller", () => {
  it.each([
    ["xAI", 400, { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***" }, decodeOpenai],
    [
      "Gemini",
      400,
      [{ error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } }],
      decodeOpenai
    ],
    ["llama.cpp", ...openai(401, "Invalid API Key", { code: 401, type: "authentication_error" })],
    ["a compatible one", ...openai(400, "No.", { code: "invalid_api_key" })]
  ] as const)("%s", (_vendor, status, body, decode) => {
    const error = errorOf(status, body, decode)
    assert.deepInclude(error, { _tag: "ProviderUnauthorized", status })
    assert.notInclude(error.message, "xa***")
  })
})

describe("the caller's own fault stays his", () => {
  it.each([
    ["a wrong parameter", ...openai(400, "Invalid value: 'max_tokens' must be positive", { code: "invalid_value" })],
    ["words of the request that are repeated", ...openai(400, "Invalid 'stop': \"Incorrect API key provided\" is not a list")],
    ["a tool's name that is no model's", ...openai(400, "Tool choice says that model m1 does not exist")],
    ["what the model cannot", ...openai(400, "The model m1 does not support images")],
    ["a body that is too large, whatever it says of tokens", ...openai(413, "prompt is too long: 9 tokens > 8 maximum")],
    [
      "a form that is wrong, as FastAPI says it",
      422,
      { detail: [{ type: "missing", loc: ["body", "messages"], msg: "Field required" }] },
      decodeOpenai
    ],
    [
      "a form that is wrong, as Mistral says it",
      422,
      { object: "error", message: { detail: [{ type: "missing", msg: "Field required" }] }, type: "invalid_request_error" },
      decodeOpenai
    ]
  ] as const)("%s", (_what, status, body, decode) => {
    const error = errorOf(status, body, decode)
    assert.deepInclude(error, { _tag: "ProviderRejected", status })
    assert.notStrictEqual(error.code, "context_length_exceeded")
    if (status === 422) assert.strictEqual(error.message, "Field required")
  })

  it("and what has no words of an API's is still the provider's failure", () => {
    assert.strictEqual(errorOf(400, { hello: "world" }, decodeOpenai)._tag, "ProviderFailed")
    assert.strictEqual(errorOf(404, { detail: "Not Found" }, decodeOpenai)._tag, "ProviderFailed")
    assert.strictEqual(errorOf(400, [1, 2], decodeOpenai)._tag, "ProviderFailed")
  })
})

it("an error in the middle of a stream says the same as one instead of it", () => {
  const error = decodeOpenai({ error: { message: "Invalid model: m1", type: "invalid_model", code: "1500" } })
  assert.strictEqual(error?.code, "invalid_model")
  const exceeded = decodeOpenai({
    error: { message: "Too long", type: "invalid_request_error", code: "context_length_exceeded" }
  })
  assert.deepInclude(errorOfEvent(called, {}, exceeded!, 0), { _tag: "ProviderRejected", code: "context_length_exceeded" })
})
