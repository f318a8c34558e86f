/** Errors on `/v1/messages`, as Anthropic's clients read them. */
import type { ParleyError } from "@parley/domain/Errors"
import { traitsOf } from "@parley/domain/ErrorTraits"
import type { RequestId } from "@parley/domain/Ids"
import { isContextExceeded } from "@parley/domain/ProviderError"
import type { Usage } from "@parley/domain/Usage"
import { HttpServerResponse } from "effect/http"
import { mayRetry, usageInVain } from "../openai/openaiError.ts"
import { retryAfterHeaders } from "../retryAfter.ts"
import { usageOf } from "./message.ts"

interface Kind {
  /** Anthropic's, which is not always the one that the other doors answer with. */
  readonly status: number
  readonly type: string
}

const badRequest = (status: number): Kind => ({ status, type: "invalid_request_error" })

/** By the status that the other doors answer with. */
const kinds = new Map<number, Kind>([
  [400, badRequest(400)],
  [401, { status: 401, type: "authentication_error" }],
  [403, { status: 403, type: "permission_error" }],
  [404, { status: 404, type: "not_found_error" }],
  [405, badRequest(405)],
  [409, badRequest(409)],
  [413, { status: 413, type: "request_too_large" }],
  [415, badRequest(415)],
  [429, { status: 429, type: "rate_limit_error" }],
  [502, { status: 500, type: "api_error" }],
  [503, { status: 529, type: "overloaded_error" }],
  [504, { status: 504, type: "timeout_error" }]
])
const otherwise: Kind = { status: 500, type: "api_error" }

export const anthropicKindOf = (status: number): Kind => kinds.get(status) ?? otherwise

/** `code` is Parley's own, where the clients look for such, and so is what was used in vain. */
export const anthropicBody = (status: number, message: string, code: string, requestId: string, usage?: Usage) => ({
  type: "error" as const,
  error: {
    type: anthropicKindOf(status).type,
    message,
    details: { error_code: code, ...(usage === undefined ? {} : { usage: usageOf(usage) }) }
  },
  request_id: requestId
})

export const anthropicErrorBody = (error: ParleyError, requestId: RequestId) => {
  const { code, status } = traitsOf(error)
  return anthropicBody(status, messageOf(error), code, requestId, usageInVain(error))
}

/** By these words Anthropic's clients know that they have to shorten the prompt: there is no code for it. */
const messageOf = (error: ParleyError): string => {
  if (error._tag === "ContextTooLong") {
    return `prompt is too long: ${error.inputTokens} tokens > ${error.contextTokens} maximum. ${error.message}`
  }
  return isContextExceeded(error) && !/prompt is too long/i.test(error.message)
    ? `prompt is too long: ${error.message}`
    : error.message
}

export const anthropicError = (error: ParleyError, requestId: RequestId): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(anthropicErrorBody(error, requestId), {
    status: anthropicKindOf(traitsOf(error).status).status,
    headers: {
      "request-id": requestId,
      ...retryAfterHeaders(error),
      ...(mayRetry(error) ? {} : { "x-should-retry": "false" })
    }
  })
