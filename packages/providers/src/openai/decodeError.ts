/** OpenAI's error object, in a body or as an event of a stream. */
import type { ErrorObject } from "openai/resources/shared"
import { isObject, listOf, objectOf, textOf } from "../call/foreign.ts"
import type { Foreign, ForeignObject } from "../call/foreign.ts"
import type { WireError } from "../call/providerErrors.ts"

/** What the status would have been, had the stream not begun; anything else is the provider's own failure. */
const statusOfCode: { readonly [code: string]: number } = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  permission_error: 403,
  model_not_found: 404,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  tokens: 429,
  requests: 429
}

export const decodeError = (body: ForeignObject): WireError | undefined => {
  const value = body["error"]
  if (value === undefined || value === null) return unwrapped(body)
  // Ollama, xAI and some proxies: `{"error": "words"}`, with a code beside it or without.
  if (!isObject(value)) return errorOf(typeof value === "string" ? { message: value, code: body["code"] } : {})
  return errorOf(value)
}

/** Mistral and older servers of vLLM: the error is the body. Where its form is what is wrong, a list of `detail` says so. */
const unwrapped = (body: ForeignObject): WireError | undefined => {
  const details = listOf(body["detail"])
  if (body["object"] !== "error" && details.length === 0) return undefined
  const all = [...details, ...listOf(objectOf(body["message"])["detail"])]
  const message = all.map((detail) => textOf(objectOf(detail)["msg"])).join("; ")
  return errorOf(message === "" ? body : { ...body, message })
}

const errorOf = (error: Foreign<ErrorObject>): WireError => {
  const code = nameOf(error.code) || nameOf(error.type)
  const status = typeof error.code === "number" ? error.code : (statusOfCode[code] ?? statusOfCode[nameOf(error.type)])
  return {
    message: textOf(error.message) || "The provider reported an error",
    ...(code === "" ? {} : { code }),
    ...(status === undefined || status < 400 || status > 599 ? {} : { status })
  }
}

/** Mistral's codes are numbers in text, which say less than its types. */
const nameOf = (value: unknown): string => (/^\d+$/.test(textOf(value)) ? "" : textOf(value))
