/**
 * A streaming answer that is fed by plain callbacks: what a model's tokens need, since a fiber, a queue or a stream per
 * token costs ten times the write itself. It is an ordinary `HttpServerResponse` for every middleware on its way out.
 *
 * Bounds: what waits for a slow client is limited; past the limit the connection is cut and `start` is interrupted, just
 * as when the client goes away.
 */
import { Effect } from "effect"
import type { Cause, Context } from "effect"
import type * as Headers from "effect/http/Headers"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** Bytes that may wait for a slow client before its connection is cut. */
export const defaultMaxBufferedBytes = 1_048_576

const eventStream = "text/event-stream"

export interface PushWriter {
  /** Appends. False: the client is behind; stop until `onDrain`. Ignored once closed. */
  readonly write: (chunk: string | Uint8Array) => boolean
  /** Ends the answer after what is buffered. Idempotent. */
  readonly end: () => void
  readonly bufferedBytes: () => number
  /** One slot, the last wins: called each time the buffer empties after a write gave false, or after it held more than a few kilobytes. */
  readonly onDrain: (callback: () => void) => void
  /** Ended, or the client went away. */
  readonly closed: boolean
  /** Something was written, so status and headers can no longer change. */
  readonly begun: boolean
}

export interface PushOptions<E, R> {
  readonly status?: number | undefined
  readonly headers?: Headers.Input | undefined
  /** `text/event-stream`, which is also marked as not to be stored. */
  readonly contentType?: string | undefined
  /**
   * Runs on the request's fiber. The answer ends when it succeeds. When it fails after the first write, the connection is cut,
   * for a broken answer must not look complete.
   */
  readonly start: (writer: PushWriter) => Effect.Effect<void, E, R>
  /** `start` failed before its first write: this answer goes out instead. Without it, the cause decides as for any handler. */
  readonly onEarlyFailure?: ((cause: Cause.Cause<E>) => HttpServerResponse.HttpServerResponse) | undefined
  readonly maxBufferedBytes?: number | undefined
  /** Further headers, asked for once, when the head goes out: with the first write, or the end. */
  readonly lateHeaders?: (() => Readonly<Record<string, string>>) | undefined
}

/** The body by which the engines know a pushed answer. */
export class PushBody {
  readonly start: (writer: PushWriter) => Effect.Effect<void, unknown>
  readonly onEarlyFailure: ((cause: Cause.Cause<unknown>) => HttpServerResponse.HttpServerResponse) | undefined
  readonly maxBufferedBytes: number
  readonly lateHeaders: (() => Readonly<Record<string, string>>) | undefined
  constructor(
    start: PushBody["start"],
    onEarlyFailure: PushBody["onEarlyFailure"],
    maxBufferedBytes: number,
    lateHeaders: PushBody["lateHeaders"]
  ) {
    this.start = start
    this.onEarlyFailure = onEarlyFailure
    this.maxBufferedBytes = maxBufferedBytes
    this.lateHeaders = lateHeaders
  }
}

/** The response with all the headers of its head, which goes out now. */
export const headOf = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
  const late = pushBodyOf(response)?.lateHeaders?.()
  return late === undefined ? response : HttpServerResponse.setHeaders(response, late)
}

export const pushBodyOf = (response: HttpServerResponse.HttpServerResponse): PushBody | undefined =>
  response.body._tag === "Raw" && response.body.body instanceof PushBody ? response.body.body : undefined

export const make = <E, R>(options: PushOptions<E, R>): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.contextWith((context: Context.Context<R>) => {
    const { contentType = eventStream, onEarlyFailure } = options
    const response = HttpServerResponse.raw(
      new PushBody(
        // All of the request's own: merged into what is there already, it would be copied for every stream.
        (writer) => Effect.setContext(options.start(writer), context),
        // The engine hands back only causes of `start` itself.
        onEarlyFailure as PushBody["onEarlyFailure"],
        options.maxBufferedBytes ?? defaultMaxBufferedBytes,
        options.lateHeaders
      ),
      {
        status: options.status ?? 200,
        contentType,
        headers: options.headers
      }
    )
    return Effect.succeed(
      contentType === eventStream && response.headers["cache-control"] === undefined
        ? HttpServerResponse.setHeader(response, "cache-control", "no-store")
        : response
    )
  })
