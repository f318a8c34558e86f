/** One request and its answer: the key, the time limit, problem details as typed errors. It never repeats a request by itself. */
import type { ClientOptions } from "../ClientOptions.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import type { Retry } from "../ParleyApiError.ts"
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import type { Platform } from "../Platform.ts"
import { arrayOf, isRecord, number, text } from "../wire/guard.ts"
import type { Guard } from "../wire/guard.ts"
import { issue } from "../wire/frames.ts"

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE"

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** It goes on though the page that asks goes away, as far as the browser can (`fetch`'s own `keepalive`): for small requests. */
  readonly keepalive?: boolean | undefined
}

export interface HttpCallerOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly apiKey: ClientOptions["apiKey"]
  readonly platform: Platform
  readonly timeoutMs: number
  readonly uploadStallMs: number
}

export interface HttpRequest {
  readonly method: Method
  /** Under the base, its query included. */
  readonly path: string
  /** Sent as JSON; nothing when absent. */
  readonly json?: unknown
  /** Sent as they are, instead of JSON. */
  readonly bytes?: Blob | undefined
  readonly signal?: AbortSignal | undefined
  readonly keepalive?: boolean | undefined
}

/** A line that is slower, 64 kbit/s, is none: an upload has the time of an answer, and what it takes at that rate. */
const leastUploadBytesPerMs = 8

export class HttpCaller {
  readonly #options: HttpCallerOptions

  constructor(options: HttpCallerOptions) {
    this.#options = options
  }

  /** The present key; undefined when the session cookie counts. */
  async key(): Promise<string | undefined> {
    const { apiKey } = this.#options
    return typeof apiKey === "function" ? apiKey() : apiKey
  }

  /** Calls the endpoint at `path`, whose `:names` are taken from the input; the rest of it is the query or the body. */
  async call<T>(method: Method, path: string, guard: Guard<T>, input: object, { keepalive, signal }: CallOptions): Promise<T> {
    const rest = new Map<string, unknown>(Object.entries(input))
    const filled = path.replace(/:(\w+)/g, (_, name: string) => {
      const value = rest.get(name)
      rest.delete(name)
      return encodeURIComponent(String(value))
    })
    const isQuery = method === "GET" || method === "DELETE"
    const answer = await this.request({
      method,
      path: isQuery ? filled + queryOf(rest) : filled,
      ...(isQuery ? {} : { json: Object.fromEntries(rest) }),
      signal,
      keepalive
    })
    if (guard(answer)) return answer
    throw new ParleyConnectionError("unreadable", `the answer to ${method} ${path} is not what this version of the client knows`)
  }

  /** The answer's JSON, undefined when it has none. Rejects with `ParleyApiError`, `ParleyConnectionError`, or the signal's own reason. */
  async request(request: HttpRequest): Promise<unknown> {
    const { baseUrl, platform } = this.#options
    const { bytes, json, keepalive = false, signal } = request
    const timeoutMs = this.#options.timeoutMs + (bytes?.size ?? 0) / leastUploadBytesPerMs
    const key = await this.key()
    throwIfAborted(signal)
    const abort = new AbortController()
    const stop = () => abort.abort(signal?.reason)
    signal?.addEventListener("abort", stop)
    let late = ""
    const giveUpAfter = (delayMs: number, what: string) =>
      platform.after(delayMs, () => {
        late = `${request.method} ${request.path} ${what} within ${delayMs} ms`
        abort.abort()
      })
    const answered = giveUpAfter(timeoutMs, "was not answered")
    try {
      const init: RequestInit = {
        method: request.method,
        headers: {
          accept: "application/json",
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...contentOf(request)
        },
        // Of nothing that is nothing.
        body: bytes ?? JSON.stringify(json),
        credentials: key === undefined ? "include" : "omit",
        keepalive,
        signal: abort.signal
      }
      const url = baseUrl + request.path
      // What tells how much has gone out cannot leave out cookies.
      const isWatched = bytes !== undefined && key === undefined
      const response = await (isWatched ? this.#upload(url, init, bytes.size, giveUpAfter) : platform.fetch(url, init))
      const body = await response.text()
      if (!response.ok) throw problemOf(response, body)
      return body === "" ? undefined : read(body)
    } catch (error) {
      if (error instanceof ParleyApiError || error instanceof ParleyConnectionError) throw error
      throwIfAborted(signal)
      throw new ParleyConnectionError(
        "unreachable",
        abort.signal.aborted ? late : `${request.method} ${request.path} did not reach ${baseUrl || "the server"}`,
        { workMayHaveHappened: request.method !== "GET", cause: error }
      )
    } finally {
      answered()
      signal?.removeEventListener("abort", stop)
    }
  }

  /** Not for as long as its size would allow where it is known that nothing goes out; once all is out the answer has its own time. */
  async #upload(url: string, init: RequestInit, bytes: number, giveUpAfter: GiveUpAfter): Promise<Response> {
    const { platform, timeoutMs, uploadStallMs } = this.#options
    if (platform.send === undefined) return platform.fetch(url, init)
    let stop = giveUpAfter(uploadStallMs, "sent nothing")
    try {
      return await platform.send(url, init, (sent) => {
        stop()
        stop = sent < bytes ? giveUpAfter(uploadStallMs, "sent no more") : giveUpAfter(timeoutMs, "was not answered")
      })
    } finally {
      stop()
    }
  }
}

type GiveUpAfter = (delayMs: number, what: string) => () => void

/** React Native's signals have neither the method of that name nor a reason. */
const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) throw signal.reason ?? Object.assign(new Error("the call was given up"), { name: "AbortError" })
}

const contentOf = ({ bytes, json }: HttpRequest): Record<string, string> =>
  bytes !== undefined
    ? { "content-type": "application/octet-stream" }
    : json === undefined
      ? {}
      : { "content-type": "application/json" }

const queryOf = (fields: ReadonlyMap<string, unknown>): string => {
  const pairs: Array<string> = []
  for (const [name, value] of fields) {
    if (value !== undefined) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

const read = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new ParleyConnectionError("unreadable", "the answer is not JSON; is this the address of a Parley server?", { cause })
  }
}

/** Problem details; anything else (a proxy's page) becomes an error of the same kind by its status. */
const problemOf = (response: Response, body: string): ParleyApiError => {
  const { headers, status } = response
  const problem = parsed(body)
  const told: Readonly<Record<string, unknown>> = isRecord(problem) && text(problem["code"]) ? problem : {}
  const { code, detail, issues, requestId, retry, retryAfterMs } = told
  const seconds = Number(headers.get("retry-after"))
  const isLater = status === 429 || status === 503
  return new ParleyApiError({
    status,
    code: text(code) ? code : `http_${status}`,
    message: text(detail) ? detail : `the server answered ${status}`,
    retry: isRetry(retry) ? retry : isLater ? "later" : status >= 500 ? "same-id" : "never",
    retryAfterMs: number(retryAfterMs) ? retryAfterMs : seconds > 0 ? seconds * 1_000 : undefined,
    issues: arrayOf(issue)(issues) ? issues : [],
    requestId: text(requestId) ? requestId : (headers.get("x-request-id") ?? "")
  })
}

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const isRetry = (value: unknown): value is Retry => value === "never" || value === "later" || value === "same-id"
