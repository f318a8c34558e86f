/**
 * A provider on a socket of ours: an HTTP server that speaks a provider's wire and does what a test tells it. It records what
 * it received, and sees when a client goes away. One dialect per wire says how answers are worded.
 */
import { createServer } from "node:http"
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
import { Deferred, Effect } from "effect"
import type { Scope } from "effect"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { play, sendJson, type Held } from "./playScript.ts"

export interface WireToolCall {
  readonly id: string
  readonly name: string
  /** JSON text. */
  readonly arguments: string
}

export interface WireAnswer {
  readonly kind: "answer"
  readonly deltas: ReadonlyArray<string>
  readonly reasoning: string
  readonly toolCalls: ReadonlyArray<WireToolCall>
  readonly finish: FinishReason
  readonly usage: Usage
  readonly responseId: string
  readonly holdAfter?: number
  readonly cutAfter?: number
  readonly endAfter?: number
  readonly errorAfter?: number
  readonly garbageAfter?: number
  readonly usageInChunks?: boolean
  readonly paced?: () => Promise<unknown>
}

export type WireScript =
  | WireAnswer
  | { readonly kind: "error"; readonly status: number; readonly body: unknown; readonly headers: Record<string, string> }
  | { readonly kind: "hang" }
  | {
      readonly kind: "raw"
      readonly chunks: ReadonlyArray<Uint8Array | string>
      readonly status: number
      readonly headers: Record<string, string>
      readonly cut: boolean
    }

export interface AnswerOptions {
  readonly reasoning?: string
  readonly toolCalls?: ReadonlyArray<WireToolCall>
  /** "stop", or "tool-calls" when there are some. */
  readonly finish?: FinishReason
  readonly usage?: Partial<Usage>
  readonly responseId?: string
  /** Streaming: waits for `request.release()` after this many text deltas; a whole answer waits before it begins. */
  readonly holdAfter?: number
  /** Streaming: destroys the socket after this many text deltas; a whole answer is cut in its middle. */
  readonly cutAfter?: number
  /** Streaming: ends cleanly after this many text deltas, without the wire's terminal. */
  readonly endAfter?: number
  /** Streaming: sends the wire's error event after this many text deltas, and ends. */
  readonly errorAfter?: number
  /** Streaming: sends an event that is not JSON after this many text deltas, and ends; a whole answer is no JSON from its middle on. */
  readonly garbageAfter?: number
  /** Streaming: waits for this before each text delta. */
  readonly paced?: () => Promise<unknown>
  /** Streaming on OpenAI's wire: every chunk tells what was used by then, a token for each text delta. */
  readonly usageInChunks?: boolean
}

/** A string is streamed word by word, an array delta by delta. */
export const answer = (text: string | ReadonlyArray<string>, options: AnswerOptions = {}): WireAnswer => {
  const deltas = typeof text === "string" ? (text.match(/\s*\S+\s*/g) ?? []) : text
  const { finish, reasoning = "", responseId = "wire-answer-1", toolCalls = [], usage, ...rest } = options
  return {
    kind: "answer",
    deltas,
    reasoning,
    toolCalls,
    finish: finish ?? (toolCalls.length > 0 ? "tool-calls" : "stop"),
    usage: {
      inputTokens: 10,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: deltas.length + toolCalls.length,
      reasoningTokens: 0,
      ...usage
    },
    responseId,
    ...rest
  }
}

/** Without a body it is worded as the wire words that status; a string is sent as HTML. */
export const httpError = (status: number, body?: unknown, headers: Record<string, string> = {}): WireScript => ({
  kind: "error",
  status,
  body,
  headers
})

/** Takes the request and never answers. */
export const hang: WireScript = { kind: "hang" }

/** Bytes as they are, one write each; `cut` destroys the socket after the last. */
export const raw = (
  chunks: ReadonlyArray<Uint8Array | string>,
  options: { readonly status?: number; readonly headers?: Record<string, string>; readonly cut?: boolean } = {}
): WireScript => ({
  kind: "raw",
  chunks,
  status: options.status ?? 200,
  headers: options.headers ?? { "content-type": "text/event-stream; charset=utf-8" },
  cut: options.cut ?? false
})

export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  readonly model: string
  readonly streaming: boolean
  /** Succeeds when the client has closed before the answer was written in full. */
  readonly aborted: Effect.Effect<void>
  /** Succeeds when the answer has been written in full. */
  readonly completed: Effect.Effect<void>
  /** Lets a held answer go on. */
  readonly release: () => void
}

export interface WireServer {
  /** What to set as the provider's base URL. */
  readonly baseUrl: string
  /** One per completion call, in the order of arrival. */
  readonly enqueue: (...scripts: ReadonlyArray<WireScript>) => void
  /** As if it were new: nothing is queued, nothing was received. For tests that share one. */
  readonly forget: () => void
  /** What to do when nothing is queued. */
  readonly otherwise: (respond: (request: WireRequest) => WireScript) => void
  /** Completion calls received, in order. */
  readonly requests: ReadonlyArray<WireRequest>
  /** Waits until the n-th completion call, counted from 0, has arrived. */
  readonly received: (n: number) => Effect.Effect<WireRequest>
  /** How many connections were ever made. */
  readonly connections: () => number
  /** Waits until none is open. */
  readonly deserted: Effect.Effect<void>
  /** Breaks all connections, in the middle of whatever they were doing. */
  readonly dropConnections: Effect.Effect<void>
  readonly setModels: (ids: ReadonlyArray<string>) => void
  /** How often the models were asked for. */
  readonly modelsAsked: () => number
  /** What the next questions for models get instead of a list. */
  readonly failModels: (script: WireScript | undefined) => void
  /** How it counts the tokens of a prompt; until then it has no such question. */
  readonly counts: (count: Count) => void
  /** Questions for a count, in order. */
  readonly counted: ReadonlyArray<WireRequest>
}

export type Count = (request: WireRequest) => number | WireScript | Promise<number>

/** How one wire words what a script says. Frames are whole events of the stream. */
export interface WireDialect {
  readonly basePath: string
  readonly completionsPath: string | RegExp
  /** A path of it streams, and its first group is the model; else the body says both. */
  readonly streamPath?: RegExp
  readonly streamType?: string
  /** Where it counts tokens, and how it says the number. */
  readonly countPath?: string | RegExp
  readonly count?: (tokens: number) => object
  readonly defaultModels: ReadonlyArray<string>
  readonly models: (ids: ReadonlyArray<string>) => object
  readonly whole: (model: string, script: WireAnswer) => object
  readonly frames: (model: string, script: WireAnswer) => WireFrames
  readonly errorFrame: Frame
  /** An event of the wire's framing whose JSON is broken; that of server-sent events when absent. */
  readonly garbageFrame?: Frame
  readonly errorBody: (status: number) => object
}

export type Frame = Uint8Array | string

export interface WireFrames {
  readonly preamble: ReadonlyArray<Frame>
  /** One per text delta. */
  readonly deltas: ReadonlyArray<Frame>
  /** Calls, the reason, usage and the terminal. */
  readonly rest: ReadonlyArray<Frame>
}

export const startWire = Effect.fnUntraced(function* (dialect: WireDialect): Effect.fn.Return<WireServer, never, Scope.Scope> {
  const queue: Array<WireScript> = []
  const requests: Array<WireRequest> = []
  const waiting = new Map<number, Deferred.Deferred<WireRequest>>()
  const greet = () => answer("Hello from the wire.")
  let respond: (request: WireRequest) => WireScript = greet
  let models = dialect.defaultModels
  let modelsFailure: WireScript | undefined = undefined
  let modelsAsked = 0
  let count: Count | undefined
  const counted: Array<WireRequest> = []

  const arrival = (n: number): Deferred.Deferred<WireRequest> => {
    const known = waiting.get(n) ?? Deferred.makeUnsafe<WireRequest>()
    waiting.set(n, known)
    return known
  }

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (message.url ?? "").split("?")[0] ?? ""
    const body = await bodyOf(message)
    if (message.method === "GET" && path.endsWith("/models")) {
      modelsAsked++
      if (modelsFailure !== undefined)
        return play(dialect, modelsFailure, makeRequest(dialect, message, path, body, response), response)
      return sendJson(response, 200, dialect.models(models))
    }
    if (count !== undefined && isAt(path, dialect.countPath)) {
      const request = makeRequest(dialect, message, path, body, response)
      counted.push(request)
      const answered = await count(request)
      if (typeof answered !== "number") return play(dialect, answered, request, response)
      return sendJson(response, 200, dialect.count?.(answered) ?? {})
    }
    if (message.method !== "POST" || (!isAt(path, dialect.completionsPath) && !path.endsWith("/embeddings"))) {
      return sendJson(response, 404, dialect.errorBody(404))
    }
    const request = makeRequest(dialect, message, path, body, response)
    const script = queue.shift() ?? respond(request)
    requests.push(request)
    Deferred.doneUnsafe(arrival(requests.length - 1), Effect.succeed(request))
    return play(dialect, script, request, response)
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  let connections = 0
  let open = 0
  const watchers = new Set<() => void>()
  server.on("connection", (socket) => {
    connections++
    open++
    socket.once("close", () => {
      open--
      for (const watcher of watchers) watcher()
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    baseUrl: `http://127.0.0.1:${port}${dialect.basePath}`,
    enqueue: (...scripts) => void queue.push(...scripts),
    forget: () => {
      queue.length = 0
      requests.length = 0
      waiting.clear()
      respond = greet
    },
    otherwise: (next) => {
      respond = next
    },
    requests,
    received: (n) => Deferred.await(arrival(n)),
    connections: () => connections,
    deserted: Effect.callback<void>((resume) => {
      const look = () => {
        if (open === 0) resume(Effect.void)
      }
      watchers.add(look)
      look()
      return Effect.sync(() => watchers.delete(look))
    }),
    dropConnections: Effect.sync(() => server.closeAllConnections()),
    setModels: (ids) => {
      models = ids
    },
    modelsAsked: () => modelsAsked,
    failModels: (script) => {
      modelsFailure = script
    },
    counts: (next) => {
      count = next
    },
    counted
  }
})

const isAt = (path: string, at: string | RegExp | undefined): boolean =>
  typeof at === "string" ? path === at : at !== undefined && at.test(path)

const makeRequest = (
  dialect: WireDialect,
  message: IncomingMessage,
  path: string,
  body: unknown,
  response: ServerResponse
): Held => {
  const aborted = Deferred.makeUnsafe<void>()
  const completed = Deferred.makeUnsafe<void>()
  let ours = false
  response.on("finish", () => Deferred.doneUnsafe(completed, Effect.void))
  response.on("close", () => {
    if (!response.writableFinished && !ours) Deferred.doneUnsafe(aborted, Effect.void)
  })
  const released = Promise.withResolvers<void>()
  const fields = typeof body === "object" && body !== null ? body : {}
  const model: unknown = Reflect.get(fields, "model")
  const streamed = dialect.streamPath?.exec(path)
  return {
    method: message.method ?? "",
    path,
    headers: message.headers,
    body,
    model: typeof model === "string" ? model : decodeURIComponent(streamed?.[1] ?? ""),
    streaming: (streamed !== undefined && streamed !== null) || Reflect.get(fields, "stream") === true,
    aborted: Deferred.await(aborted),
    completed: Deferred.await(completed),
    release: released.resolve,
    released: released.promise,
    breaking: () => {
      ours = true
    }
  }
}

const bodyOf = async (message: IncomingMessage): Promise<unknown> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of message) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString("utf8")
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
