/** OpenAI's error object, in a body or as an event of a stream. */
import type { ErrorObject } from "openai/resources/shared"
import { isObject, textOf } from "../call/foreign.ts"
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
  if (value === undefined || value === null) return undefined
  // Ollama and some proxies: `{"error": "words"}`.
  if (!isObject(value)) return { message: typeof value === "string" ? value : "The provider reported an error" }
  const error: Foreign<ErrorObject> = value
  const code = textOf(error.code) || textOf(error.type)
  const status = typeof error.code === "number" ? error.code : (statusOfCode[code] ?? statusOfCode[textOf(error.type)])
  return {
    message: textOf(error.message) || "The provider reported an error",
    ...(code === "" ? {} : { code }),
    ...(status === undefined || status < 400 || status > 599 ? {} : { status })
  }
}
