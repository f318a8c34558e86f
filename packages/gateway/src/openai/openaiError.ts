/** Errors on `/v1`, as OpenAI's clients read them. */
import { InvalidRequest, type ParleyError } from "@parley/domain/Errors"
import { traitsOf } from "@parley/domain/ErrorTraits"
import { isContextExceeded } from "@parley/domain/ProviderError"
import type { Usage } from "@parley/domain/Usage"
import { HttpServerResponse } from "effect/http"
import { retryAfterHeaders } from "../retryAfter.ts"
import { usageOf } from "./chatCompletion.ts"

/** `usage` is not OpenAI's: what was used in vain, in the door's own shape. It is within `error`, all of which their clients hand on. */
export const openaiErrorBody = (error: ParleyError, shapeOf: (usage: Usage) => object = usageOf) => {
  const { code, openaiType } = traitsOf(error)
  const usage = usageInVain(error)
  return {
    error: {
      message: error.message,
      type: openaiType,
      param: paramOf(error),
      code,
      ...(usage === undefined ? {} : { usage: shapeOf(usage) })
    }
  }
}

/** What the calls used that were made for an answer which failed. */
export const usageInVain = (error: ParleyError): Usage | undefined => ("usage" in error ? error.usage : undefined)

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

export const openaiError = (error: ParleyError, shapeOf?: (usage: Usage) => object): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(openaiErrorBody(error, shapeOf), {
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
