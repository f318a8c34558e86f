/** Answers to what no handler has answered (no such route, a wrong method, a body that cannot be read, a defect), each in the shape of its door. */
import { problemContentType, type Problem } from "@parley/domain/api/Problem"
import { errorTraits, type ErrorTraits } from "@parley/domain/ErrorTraits"
import { makeRequestId, RequestId } from "@parley/domain/Ids"
import { Schema } from "effect"
import { anthropicBody } from "./anthropic/anthropicError.ts"
import type { FaultBody, RenderFault } from "./server/ServerFault.ts"

export interface Fault {
  readonly status: number
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** With 413. */
  readonly limitBytes?: number | undefined
}

/** For what the engine itself refuses, before any middleware has seen the request. */
export const renderFault: RenderFault = (fault) => {
  const given = fault.headers["x-request-id"]
  const requestId = isRequestId(given) ? given : makeRequestId(Date.now())
  const body = faultBody(fault, requestId)
  return body === undefined ? undefined : { ...body, requestId }
}

const isRequestId = Schema.is(RequestId)

/** Undefined for a status that is no fault of these; its answer stays as it is. */
export const faultBody = (fault: Fault, requestId: string): FaultBody | undefined => {
  const row = rowOf(fault.status)
  if (row === undefined) return undefined
  const detail = row.detail(fault)
  if (isAnthropicDoor(fault.url)) {
    return { contentType: "application/json", body: JSON.stringify(anthropicBody(fault.status, detail, row.code, requestId)) }
  }
  if (isOpenaiDoor(fault.url)) {
    return {
      contentType: "application/json",
      body: JSON.stringify({ error: { message: detail, type: row.openaiType, param: null, code: row.code } })
    }
  }
  const { code, retry, title } = row
  const problem: Problem = { type: "about:blank", title, status: fault.status, detail, code, requestId, retry }
  return { contentType: problemContentType, body: JSON.stringify(problem) }
}

const isAnthropicDoor = (url: string): boolean => /^\/v1\/messages(?:[/?#]|$)/.test(url)

export const isOpenaiDoor = (url: string): boolean => url.startsWith("/v1/") || url === "/v1" || url.startsWith("/v1?")

interface Row extends ErrorTraits {
  readonly detail: (fault: Fault) => string
}

const rowOf = (status: number): Row | undefined => rows.get(status)

const row = (traits: ErrorTraits, detail: Row["detail"]): readonly [number, Row] => [traits.status, { ...traits, detail }]

/** Faults of HTTP itself, which no command of Parley's ever answers with. */
const ofHttp = (code: string, status: number, title: string): ErrorTraits => ({
  code,
  status,
  title,
  openaiType: "invalid_request_error",
  retry: "never"
})

const rows = new Map<number, Row>([
  row(errorTraits.InvalidRequest, () => "The request cannot be read."),
  row(errorTraits.NotFound, ({ method, url }) => `There is no ${method} ${pathOf(url)}; /docs lists what there is.`),
  row(
    ofHttp("method_not_allowed", 405, "Method not allowed"),
    ({ method, url }) => `${pathOf(url)} has no ${method}; \`Allow\` says what it has.`
  ),
  row(errorTraits.PayloadTooLarge, ({ limitBytes }) =>
    limitBytes === undefined ? "The body is too large." : `The body may have at most ${limitBytes} bytes.`
  ),
  row(ofHttp("unsupported_media_type", 415, "Unsupported media type"), () => "Send the body as `application/json`."),
  row(ofHttp("upgrade_required", 426, "Upgrade required"), ({ url }) => `${pathOf(url)} is a WebSocket; ask for an upgrade.`),
  row(errorTraits.InternalError, () => "Parley failed; the log has the cause under this request's id."),
  row(errorTraits.Unavailable, () => "Parley cannot answer now.")
])

const pathOf = (url: string): string => url.replace(/[?#].*$/s, "").slice(0, maxPathLength)
/** Characters of a path that an answer repeats. */
const maxPathLength = 256
