/** Anthropic's messages. */
import type { Wire } from "../wire/Wire.ts"
import { decodeAnswer } from "./decodeAnswer.ts"
import { decodeError } from "./decodeError.ts"
import { decodeStream } from "./decodeStream.ts"
import type { AnthropicState } from "./decodeStream.ts"
import { encodeRequest } from "./encodeRequest.ts"

export const defaultBaseUrl = "https://api.anthropic.com"

/** The version of the API whose shapes these files know. */
const apiVersion = "2023-06-01"

export const anthropicWire: Wire<AnthropicState> = {
  id: "anthropic",
  completionsPath: "/v1/messages",
  headers: (apiKey) => [
    "content-type",
    "application/json",
    "anthropic-version",
    apiVersion,
    ...(apiKey === undefined ? [] : ["x-api-key", apiKey])
  ],
  encodeRequest,
  decodeAnswer,
  decodeStream,
  decodeError
}

/** Without `/v1`, which the paths bring, and without a slash at the end. */
export const baseUrlOf = (given: string | undefined): string => (given ?? defaultBaseUrl).replace(/\/+$/, "").replace(/\/v1$/, "")
