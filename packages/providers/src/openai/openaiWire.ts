/** OpenAI's chat completions. */
import type { Wire } from "../wire/Wire.ts"
import { decodeAnswer } from "./decodeAnswer.ts"
import { decodeError } from "./decodeError.ts"
import { decodeStream } from "./decodeStream.ts"
import type { OpenaiState } from "./decodeStream.ts"
import { encodeRequest } from "./encodeRequest.ts"

export const defaultBaseUrl = "https://api.openai.com/v1"

export const openaiWire: Wire<OpenaiState> = {
  id: "openai",
  completionsPath: "/chat/completions",
  headers: (apiKey) => [
    "content-type",
    "application/json",
    ...(apiKey === undefined ? [] : ["authorization", `Bearer ${apiKey}`])
  ],
  idempotencyHeader: "idempotency-key",
  encodeRequest: encodeRequest({ maxTokens: "max_completion_tokens" }),
  decodeAnswer,
  decodeStream,
  decodeError
}

/** Without a slash at the end, however it was given. */
export const baseUrlOf = (given: string | undefined): string => (given ?? defaultBaseUrl).replace(/\/+$/, "")
