/**
 * The buffer between a pushed answer's writer and an engine's connection. What is written in one turn of the event loop leaves in that turn, joined
 * into chunks; a connection that takes no more is asked again when it says so.
 */
import { Effect } from "effect"
import type { Cause } from "effect"
import { causeResponse, ClientAbort } from "effect/http/HttpServerError"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { PushBody, PushWriter } from "./PushResponse.ts"

/**
 * What leaves in one write. uWebSockets 20.51 loses what does not fit into its cork buffer of 16 KB when the kernel takes no more, so a chunk, with the
 * head before the first, and its frame, must fit.
 */
export const pushChunkBytes = 15_360
/** The first one has the head before it. */
export const firstPushChunkBytes = 8_192
/** `write` says false from here on. */
const highWaterBytes = 65_536
/** Texts are joined up to this, so that few writes take them: a joined text is copied whenever a part of it leaves. */
const maxJoinedBytes = 65_536
/** Who looks at `bufferedBytes` itself may hold back long before that: past this, it is called when the buffer has emptied. */
const drainNoticeBytes = 8_192

export interface PushTransport {
  /** At most `firstPushChunkBytes` with the head before them, then at most `pushChunkBytes`. False: no more until `PushChannel.resume`. */
  readonly write: (chunk: string | Uint8Array) => boolean
  /** The last chunk, if any, and the end. */
  readonly end: (chunk: string | Uint8Array | undefined) => void
  /** Cuts the connection, so that what was sent cannot look complete. */
  readonly destroy: () => void
  /** Bytes that the transport itself holds back. */
  readonly pendingBytes: () => number
}

export class PushChannel implements PushWriter {
  closed = false
  begun = false
  readonly #transport: PushTransport
  readonly #maxBufferedBytes: number
  readonly #onOverflow: () => void
  #queue: Array<string | Uint8Array> = []
  /** The bytes of each chunk in the queue: to count those of a long text takes as long as to copy it. */
  #sizes: Array<number> = []
  #bufferedBytes = 0
  #chunkBytes = firstPushChunkBytes
  #blocked = false
  #ending = false
  #scheduled = false
  #owesDrain = false
  #drainCallback: (() => void) | undefined
  #finishedCallback: (() => void) | undefined

  constructor(transport: PushTransport, maxBufferedBytes: number, onOverflow: () => void) {
    this.#transport = transport
    this.#maxBufferedBytes = maxBufferedBytes
    this.#onOverflow = onOverflow
  }

  // PushWriter

  readonly write = (chunk: string | Uint8Array): boolean => {
    if (this.closed) return false
    const bytes = typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.byteLength
    if (bytes === 0) return true
    this.begun = true
    this.#append(chunk, bytes)
    this.#bufferedBytes += bytes
    this.#schedule()
    if (this.#bufferedBytes > drainNoticeBytes) this.#owesDrain = true
    if (this.#bufferedBytes <= highWaterBytes) return true
    if (this.bufferedBytes() > this.#maxBufferedBytes) {
      this.abort()
      this.#transport.destroy()
      queueMicrotask(this.#onOverflow)
      return false
    }
    return false
  }

  readonly end = (): void => {
    if (this.closed) return
    this.closed = true
    this.begun = true
    this.#ending = true
    this.#schedule()
  }

  readonly bufferedBytes = (): number => this.#bufferedBytes + (this.#blocked ? this.#transport.pendingBytes() : 0)

  readonly onDrain = (callback: () => void): void => {
    this.#drainCallback = callback
  }

  // The engine's side

  /** The connection takes more. */
  resume(): void {
    this.#blocked = false
    this.flush()
  }

  /** The connection is gone: what waits is dropped. */
  abort(): void {
    this.closed = true
    this.#ending = false
    this.#owesDrain = false
    this.#queue = []
    this.#sizes = []
    this.#bufferedBytes = 0
    this.#finish()
  }

  /** Called back once all has been handed to the transport, or dropped. */
  onFinished(callback: () => void): void {
    if (this.closed && !this.#ending) callback()
    else this.#finishedCallback = callback
  }

  flush(): void {
    this.#scheduled = false
    for (let head = this.#queue[0]; head !== undefined && !this.#blocked; head = this.#queue[0]) {
      const chunk = this.#take(head)
      if (this.#ending && this.#queue.length === 0) return this.#endWith(chunk)
      this.#blocked = !this.#transport.write(chunk)
      if (this.#blocked) this.#owesDrain = true
    }
    if (this.#blocked || this.#queue.length > 0) return
    if (this.#ending) return this.#endWith(undefined)
    if (this.#owesDrain) {
      this.#owesDrain = false
      this.#drainCallback?.()
    }
  }

  #endWith(chunk: string | Uint8Array | undefined): void {
    this.#ending = false
    this.#bufferedBytes = 0
    this.#transport.end(chunk)
    this.#finish()
  }

  #finish(): void {
    const callback = this.#finishedCallback
    this.#finishedCallback = undefined
    callback?.()
  }

  #append(chunk: string | Uint8Array, bytes: number): void {
    const last = this.#queue.length - 1
    const tail = this.#queue[last]
    const joinedBytes = (this.#sizes[last] ?? 0) + bytes
    if (typeof chunk === "string" && typeof tail === "string" && joinedBytes <= maxJoinedBytes) {
      this.#queue[last] = tail + chunk
      this.#sizes[last] = joinedBytes
    } else {
      this.#queue.push(chunk)
      this.#sizes.push(bytes)
    }
  }

  /** The next chunk; of what is larger than a chunk may be, a part. */
  #take(chunk: string | Uint8Array): string | Uint8Array {
    const bytes = this.#sizes[0] ?? 0
    const limit = this.#chunkBytes
    this.#chunkBytes = pushChunkBytes
    if (bytes <= limit) {
      this.#queue.shift()
      this.#sizes.shift()
      this.#bufferedBytes -= bytes
      return chunk
    }
    this.#sizes[0] = bytes - limit
    this.#bufferedBytes -= limit
    // As many bytes as characters: ASCII, of which any part is whole.
    if (typeof chunk === "string" && chunk.length === bytes) {
      this.#queue[0] = chunk.slice(limit)
      return chunk.slice(0, limit)
    }
    const whole = typeof chunk === "string" ? Buffer.from(chunk) : chunk
    this.#queue[0] = whole.subarray(limit)
    return whole.subarray(0, limit)
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked) return
    this.#scheduled = true
    if (dirty.push(this) === 1) setImmediate(flushDirty)
  }
}

/** Channels that were written to in this turn of the event loop. */
let dirty: Array<PushChannel> = []

const flushDirty = (): void => {
  const channels = dirty
  dirty = []
  for (const channel of channels) channel.flush()
}

/** What the engine is to send instead, when the start failed before anything was written. */
export interface EarlyFailure {
  readonly response: HttpServerResponse
}

/**
 * Runs a pushed answer on the current fiber until its last byte is handed over. Fails with the cause of `start`; what an engine has to do
 * about it is done by then.
 */
export const runPush = (
  body: PushBody,
  connect: (abort: () => void) => { readonly channel: PushChannel; readonly transport: PushTransport }
): Effect.Effect<EarlyFailure | undefined, unknown> =>
  Effect.withFiber((fiber) => {
    const { channel, transport } = connect(() => fiber.interruptUnsafe(fiber.id, ClientAbort.annotation))
    return Effect.matchCauseEffect(Effect.interruptible(body.start(channel)), {
      onSuccess: () => {
        channel.end()
        return Effect.callback<undefined>((resume) => channel.onFinished(() => resume(Effect.succeed(undefined))))
      },
      onFailure: (cause) => failed(body, channel, transport, cause)
    })
  })

const failed = (
  body: PushBody,
  channel: PushChannel,
  transport: PushTransport,
  cause: Cause.Cause<unknown>
): Effect.Effect<EarlyFailure | undefined, unknown> => {
  if (channel.begun || channel.closed) {
    channel.abort()
    transport.destroy()
    return Effect.failCause(cause)
  }
  channel.abort()
  if (body.onEarlyFailure !== undefined) return Effect.succeed({ response: body.onEarlyFailure(cause) })
  return Effect.map(causeResponse(cause), ([response]) => ({ response }))
}
