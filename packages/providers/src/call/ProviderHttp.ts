/**
 * One provider's connections: a tuned undici pool per target. It dispatches with handlers of its own: no web streams, no
 * `fetch`, no Readable between the parser and the decoder.
 */
import { Effect, Exit } from "effect"
import type { Scope } from "effect"
import { Pool } from "undici"
import type { Dispatcher } from "undici"
import type { StreamControl } from "@parley/domain/ModelProvider"
import type { ProviderLimits } from "../ProviderLimits.ts"
import type { CallFault } from "./providerErrors.ts"
import { headerOf } from "./retryAfter.ts"
import type { Headers } from "./retryAfter.ts"

export interface Head {
  readonly status: number
  readonly headers: Headers
}

/** A whole answer, whatever its status. */
export interface Reply {
  readonly head: Head
  readonly text: string
}

/** A stream was asked for and something else came: an error, or a page. */
export interface Refusal extends Reply {
  readonly _tag: "Refusal"
}

/** Reads a stream's body. Both answer an exit once there is nothing more to wait for, and are not called after it. */
export interface BodyReader<A, E> {
  readonly chunk: (bytes: Uint8Array, control: StreamControl) => Exit.Exit<A, E> | undefined
  readonly end: (control: StreamControl) => Exit.Exit<A, E>
  /** The connection broke: what was read before may still be delivered. */
  readonly flush: (control: StreamControl) => void
  /** Nothing may be delivered any more. */
  readonly close: () => void
}

export interface HttpCall {
  readonly path: string
  /** Flat pairs of name and value. */
  readonly headers: ReadonlyArray<string>
  readonly body: string
}

export interface ProviderHttp {
  readonly send: (call: HttpCall) => Effect.Effect<Reply, CallFault>
  readonly stream: <A, E>(
    call: HttpCall,
    open: (head: Head, fail: (exit: Exit.Exit<A, E>) => void) => BodyReader<A, E>
  ) => Effect.Effect<A, E | CallFault | Refusal>
}

export const makeProviderHttp = Effect.fnUntraced(function* (
  baseUrl: string,
  limits: ProviderLimits
): Effect.fn.Return<ProviderHttp, never, Scope.Scope> {
  const url = new URL(baseUrl)
  const prefix = url.pathname === "/" ? "" : url.pathname.replace(/\/+$/, "")
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => makePool(url.origin, limits)),
    (pool) => Effect.promise(() => pool.destroy())
  )
  const dispatch = (call: HttpCall, handler: Dispatcher.DispatchHandler) =>
    pool.dispatch(
      { method: "POST", path: prefix + call.path, headers: [...call.headers], body: call.body, idempotent: false },
      handler
    )
  return {
    send: (call) =>
      Effect.callback((resume) => {
        const handler = new ReplyHandler(limits.maxAnswerBytes, (exit) => resume(exit))
        dispatch(call, handler)
        return Effect.sync(() => handler.cancel())
      }),
    stream: <A, E>(call: HttpCall, open: (head: Head, fail: (exit: Exit.Exit<A, E>) => void) => BodyReader<A, E>) =>
      Effect.callback<A, E | CallFault | Refusal>((resume) => {
        const handler = new StreamHandler<A, E>(limits.maxAnswerBytes, open, (exit) => resume(exit))
        dispatch(call, handler)
        return Effect.sync(() => handler.cancel())
      })
  }
})

/** HTTP/1.1 only: one call per connection, so that an abort closes a socket and a slow reader holds back nobody else. */
const makePool = (origin: string, limits: ProviderLimits): Pool =>
  new Pool(origin, {
    connections: limits.maxConcurrent,
    pipelining: 1,
    allowH2: false,
    connectTimeout: limits.connectTimeoutMs,
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.chunkTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    keepAliveMaxTimeout: limits.keepAliveMs
  })

/**
 * What both handlers share: the settling, once, and the abort that may come before the connection does. undici calls them from
 * inside its parser, where only one may run at a time; so nothing of the caller's runs there but the sink, and what would
 * start the parser again waits for the microtask that follows.
 */
abstract class CallHandler<A, E> implements Dispatcher.DispatchHandler {
  protected settled = false
  protected head: Head | undefined = undefined
  readonly #settle: (exit: Exit.Exit<A, E | CallFault>) => void
  readonly #maxBytes: number
  readonly #body: Array<Uint8Array> = []
  #bytes = 0
  #controller: Dispatcher.DispatchController | undefined = undefined
  #paused = false

  /** For the caller, at any time: once the call is settled the connection is somebody else's. */
  readonly control: StreamControl = {
    pause: () => {
      if (this.settled) return
      this.#paused = true
      this.#controller?.pause()
    },
    resume: () => {
      this.#paused = false
      queueMicrotask(() => {
        if (!this.settled && !this.#paused) this.#controller?.resume()
      })
    }
  }

  constructor(maxBytes: number, settle: (exit: Exit.Exit<A, E | CallFault>) => void) {
    this.#maxBytes = maxBytes
    this.#settle = settle
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.settled) controller.abort(new Error("The call was interrupted"))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.settled) return
    this.head = { status, headers }
    this.started(this.head)
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.settled) this.finish(Exit.fail(faultOf(error, this.head !== undefined)))
  }

  cancel(): void {
    this.settled = true
    this.closed()
    this.#controller?.abort(new Error("The call was interrupted"))
  }

  protected finish(exit: Exit.Exit<A, E | CallFault>): void {
    if (this.settled) return
    this.settled = true
    this.closed()
    queueMicrotask(() => {
      // A caller that paused at the last moment must not keep the connection from its end.
      if (this.#paused) this.#controller?.resume()
      this.#settle(exit)
    })
  }

  /** Ends the call and its connection. */
  protected abort(exit: Exit.Exit<A, E | CallFault>): void {
    this.finish(exit)
    this.#controller?.abort(new Error("The answer is of no use"))
  }

  protected keep(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxBytes) {
      const message = `The answer is larger than ${this.#maxBytes} bytes`
      this.abort(Exit.fail({ _tag: "CallFault", kind: "malformed", message }))
    } else {
      this.#body.push(chunk)
    }
  }

  protected kept(): string {
    return Buffer.concat(this.#body).toString("utf8")
  }

  protected started(_head: Head): void {}
  protected closed(): void {}
  abstract onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void
  abstract onResponseEnd(): void
}

class ReplyHandler extends CallHandler<Reply, never> {
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (!this.settled) this.keep(chunk)
  }

  onResponseEnd(): void {
    if (this.head !== undefined) this.finish(Exit.succeed({ head: this.head, text: this.kept() }))
  }
}

class StreamHandler<A, E> extends CallHandler<A, E | Refusal> {
  readonly #open: (head: Head, fail: (exit: Exit.Exit<A, E>) => void) => BodyReader<A, E>
  #reader: BodyReader<A, E> | undefined = undefined

  constructor(
    maxBytes: number,
    open: (head: Head, fail: (exit: Exit.Exit<A, E>) => void) => BodyReader<A, E>,
    settle: (exit: Exit.Exit<A, E | Refusal | CallFault>) => void
  ) {
    super(maxBytes, settle)
    this.#open = open
  }

  protected override started(head: Head): void {
    if (isEventStream(head)) this.#reader = this.#open(head, (exit) => this.abort(exit))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // After the terminal the rest of the body is read and dropped, so that the connection can be used again.
    if (this.settled) return
    if (this.#reader === undefined) return this.keep(chunk)
    try {
      const exit = this.#reader.chunk(chunk, this.control)
      if (exit === undefined) return
      if (Exit.isSuccess(exit)) this.finish(exit)
      else this.abort(exit)
    } catch (defect) {
      this.abort(Exit.die(defect))
    }
  }

  onResponseEnd(): void {
    if (this.settled || this.head === undefined) return
    if (this.#reader === undefined) {
      return this.finish(Exit.fail({ _tag: "Refusal", head: this.head, text: this.kept() }))
    }
    try {
      this.finish(this.#reader.end(this.control))
    } catch (defect) {
      this.finish(Exit.die(defect))
    }
  }

  override onResponseError(controller: Dispatcher.DispatchController | undefined, error: Error): void {
    try {
      if (!this.settled) this.#reader?.flush(this.control)
    } catch (defect) {
      this.finish(Exit.die(defect))
    }
    super.onResponseError(controller, error)
  }

  protected override closed(): void {
    this.#reader?.close()
  }
}

/** A server that names no type is believed. */
const isEventStream = (head: Head): boolean => {
  if (head.status >= 300) return false
  const type = headerOf(head.headers, "content-type")
  return type === "" || type.includes("text/event-stream")
}

const faultOf = (error: Error & { readonly code?: unknown }, begun: boolean): CallFault => {
  const code = typeof error.code === "string" ? error.code : error.name
  const fault = (kind: CallFault["kind"], message: string): CallFault => ({ _tag: "CallFault", kind, message, code })
  switch (code) {
    case "UND_ERR_HEADERS_TIMEOUT":
      return fault("timeout", "The provider sent no headers in time")
    case "UND_ERR_BODY_TIMEOUT":
      return fault("timeout", "The provider sent nothing more in time")
    case "UND_ERR_CONNECT_TIMEOUT":
      return fault("unreachable", "No connection to the provider in time")
    case "UND_ERR_HEADERS_OVERFLOW":
      return fault("malformed", "The provider's headers are too large")
  }
  if (code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE")
    return fault("malformed", `The provider does not speak HTTP (${code})`)
  if (begun) return fault("truncated", `The connection broke in the middle of the answer (${code})`)
  return fault("unreachable", `The provider cannot be reached (${code})`)
}
