/** Errors on `/v1`, as OpenAI's clients read them. */
import { InvalidRequest, type ParleyError } from "@parley/domain/Errors"
import { traitsOf } from "@parley/domain/ErrorTraits"
import { isContextExceeded } from "@parley/domain/ProviderError"
import { HttpServerResponse } from "effect/http"
import { retryAfterHeaders } from "../retryAfter.ts"

export const openaiErrorBody = (error: ParleyError) => {
  const { code, openaiType } = traitsOf(error)
  return {
    error: {
      message: error.message,
      type: openaiType,
      param: paramOf(error),
      code
    }
  }
}

/** OpenAI's shape has room for one. */
const paramOf = (error: ParleyError): string | null => {
  if (isContextExceeded(error)) return "messages"
  switch (error._tag) {
    case "InvalidRequest":
      return error.issues[0]?.path || null
    case "ContextTooLong":
      return "messages"
    case "ModelUnsuited":
    case "ModelNotFound":
    case "ProviderModelNotFound":
      return "model"
    default:
      return null
  }
}

export const openaiError = (error: ParleyError): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(openaiErrorBody(error), {
    status: traitsOf(error).status,
    headers: {
      ...retryAfterHeaders(error),
      ...(mayRetry(error) ? {} : { "x-should-retry": "false" })
    }
  })

/** OpenAI's clients retry by themselves what is 5xx. They have no id to do it under: where the work may have happened, it would be paid twice. */
export const mayRetry = (error: ParleyError): boolean =>
  traitsOf(error).retry === "later" || ("workMayHaveHappened" in error && !error.workMayHaveHappened)

/** Names every fault in the message, since OpenAI's shape has room for one parameter only. */
export const invalidRequest = (issues: ReadonlyArray<{ readonly path: string; readonly message: string }>): InvalidRequest =>
  new InvalidRequest({
    message: issues.map(({ message, path }) => (path === "" ? message : `${path}: ${message}`)).join("; "),
    issues
  })
