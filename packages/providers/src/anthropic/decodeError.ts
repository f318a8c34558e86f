/** Anthropic's error object, in a body or as an event of a stream. */
import type { ErrorType } from "@anthropic-ai/sdk/resources/shared"
import { isObject, textOf } from "../call/foreign.ts"
import type { ForeignObject } from "../call/foreign.ts"
import type { WireError } from "../call/providerErrors.ts"

/** What the status would have been, had the stream not begun. */
const statuses: Record<ErrorType, number> = {
  invalid_request_error: 400,
  memory_precondition_failed_error: 400,
  memory_path_conflict_error: 409,
  conflict_error: 409,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529
}

const statusOfType = new Map<string, number>(Object.entries(statuses))

export const decodeError = (body: ForeignObject): WireError | undefined => {
  const error = body["error"]
  if (!isObject(error)) return undefined
  const type = textOf(error["type"])
  const status = statusOfType.get(type)
  return {
    message: textOf(error["message"]) || "The provider reported an error",
    ...(type === "" ? {} : { code: type }),
    ...(status === undefined ? {} : { status })
  }
}
