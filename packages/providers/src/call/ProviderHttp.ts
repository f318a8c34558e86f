/**
 * One provider's connections: HTTP/1.1 only, one call per connection, so that an abort closes a socket and a slow reader holds back nobody else.
 * Nothing stands between the socket's reads and the decoder: no streams, no `fetch`.
 */
import { Effect, Exit } from "effect"
import type { Scope } from "effect"
import type { StreamControl } from "@parley/domain/ModelProvider"
import type { Connection, Exchange } from "../http1/Connection.ts"
import { ConnectionPool } from "../http1/ConnectionPool.ts"
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
  /** What one read of the socket brought. The bytes are gone when it returns. */
  readonly chunk: (bytes: Uint8Array, control: StreamControl) => Exit.Exit<A, E> | undefined
  readonly end: (control: StreamControl) => Exit.Exit<A, E>
}

export interface HttpCall {
  readonly path: string
  /** Flat pairs of name and value. */
  readonly headers: ReadonlyArray<string>
  readonly body: string
}

export interface ProviderHttp {
  /** `began` is told once an answer of the API's kind has begun: whatever becomes of it, it may be charged for. */
  readonly send: (call: HttpCall, began?: () => void) => Effect.Effect<Reply, CallFault>
  readonly stream: <A, E>(call: HttpCall, open: (head: Head) => BodyReader<A, E>) => Effect.Effect<A, E | CallFault | Refusal>
}

export const makeProviderHttp = Effect.fnUntraced(function* (
  baseUrl: string,
  limits: ProviderLimits
): Effect.fn.Return<ProviderHttp, never, Scope.Scope> {
  const url = new URL(baseUrl)
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => new ConnectionPool(url, limits.maxConcurrent, limits)),
    (pool) => Effect.sync(() => pool.close())
  )
  const headOf = requestHeads(url)
  const dispatch = <A, E>(call: HttpCall, handler: CallHandler<A, E>): void => {
    const head = headOf(call)
    if (typeof head !== "string") return handler.fail(head)
    const connection = pool.take()
    if (connection === undefined) return handler.fail(inUse)
    handler.connection = connection
    const bytes = Buffer.byteLength(call.body)
    connection.send(`${head}${bytes}\r\n\r\n${call.body}`, bytes === call.body.length ? "latin1" : "utf8", handler)
  }
  return {
    send: (call, began) =>
      Effect.callback((resume) => {
        const handler = new ReplyHandler(limits.maxAnswerBytes, began, (exit) => resume(exit))
        dispatch(call, handler)
        return Effect.sync(() => handler.cancel())
      }),
    stream: <A, E>(call: HttpCall, open: (head: Head) => BodyReader<A, E>) =>
      Effect.callback<A, E | CallFault | Refusal>((resume) => {
        // What the last read brought is on its way to the client before the caller does what follows an answer.
        const settle = (exit: Exit.Exit<A, E | Refusal | CallFault>) => queueMicrotask(() => resume(exit))
        const handler = new StreamHandler<A, E>(limits.maxAnswerBytes, open, settle)
        dispatch(call, handler)
        return Effect.sync(() => handler.cancel())
      })
  }
})

/** What precedes the length and the body. Calls of one kind share their headers, so the last text is kept. */
const requestHeads = (url: URL): ((call: HttpCall) => string | CallFault) => {
  const prefix = url.pathname === "/" ? "" : url.pathname.replace(/\/+$/, "")
  let lastPath: string | undefined
  let lastHeaders: ReadonlyArray<string> | undefined
  let last = ""
  return ({ headers, path }) => {
    if (path === lastPath && headers === lastHeaders) return last
    if (!isPath.test(path)) return unsendable
    let text = `POST ${prefix}${path} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] ?? ""
      const value = headers[i + 1] ?? ""
      if (!isHeaderName.test(name) || !isHeaderValue.test(value)) return unsendable
      text += `${name}: ${value}\r\n`
    }
    text += "content-length: "
    lastPath = path
    lastHeaders = headers
    return (last = text)
  }
}

const isHeaderName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const isPath = /^[!-~]*$/
const isHeaderValue = /^[\t\x20-\x7e]*$/

const unsendable: CallFault = {
  _tag: "CallFault",
  kind: "unreachable",
  message: "The provider's path, key or headers hold characters that HTTP cannot carry",
  code: "UNSENDABLE_HEADER"
}
const inUse: CallFault = {
  _tag: "CallFault",
  kind: "unreachable",
  message: "All connections to the provider are in use",
  code: "CONNECTIONS_IN_USE"
}

/** What both handlers share: the settling, once, and the abort that may come before the connection does. */
abstract class CallHandler<A, E> implements Exchange {
  connection: Connection | undefined = undefined
  protected settled = false
  protected answer: Head | undefined = undefined
  readonly #settle: (exit: Exit.Exit<A, E | CallFault>) => void
  readonly #maxBytes: number
  readonly #body: Array<Uint8Array> = []
  #bytes = 0

  /** For the caller, at any time: once the call is settled the connection is somebody else's. */
  readonly control: StreamControl = {
    pause: () => {
      if (!this.settled) this.connection?.pause(this)
    },
    resume: () => {
      if (!this.settled) this.connection?.resume(this)
    }
  }

  constructor(maxBytes: number, settle: (exit: Exit.Exit<A, E | CallFault>) => void) {
    this.#maxBytes = maxBytes
    this.#settle = settle
  }

  head(status: number, headers: Headers): void {
    if (this.settled) return
    this.answer = { status, headers }
    this.started(this.answer)
  }

  fail(fault: CallFault): void {
    this.finish(Exit.fail(fault))
  }

  cancel(): void {
    this.settled = true
    this.connection?.abort(this)
  }

  /** The rest of the answer, if there is more, is dropped. */
  protected finish(exit: Exit.Exit<A, E | CallFault>): void {
    if (this.settled) return
    this.settled = true
    this.connection?.drain(this)
    this.#settle(exit)
  }

  /** Ends the call and its connection. */
  protected abort(exit: Exit.Exit<A, E | CallFault>): void {
    this.connection?.abort(this)
    this.finish(exit)
  }

  /** The last of a body is used before the next read, so it needs no copy. */
  protected keep(bytes: Buffer, isLast: boolean): void {
    this.#bytes += bytes.length
    if (this.#bytes > this.#maxBytes) {
      const message = `The answer is larger than ${this.#maxBytes} bytes`
      this.abort(Exit.fail({ _tag: "CallFault", kind: "malformed", message }))
    } else {
      this.#body.push(isLast ? bytes : Buffer.from(bytes))
    }
  }

  protected kept(): string {
    const [first] = this.#body
    return first === undefined ? "" : (this.#body.length === 1 ? first : Buffer.concat(this.#body)).toString("utf8")
  }

  protected started(_head: Head): void {}
  abstract data(bytes: Buffer, isLast: boolean): void
  abstract end(): void
}

class ReplyHandler extends CallHandler<Reply, never> {
  readonly #began: (() => void) | undefined

  constructor(maxBytes: number, began: (() => void) | undefined, settle: (exit: Exit.Exit<Reply, CallFault>) => void) {
    super(maxBytes, settle)
    this.#began = began
  }

  protected override started(head: Head): void {
    if (isJson(head)) this.#began?.()
  }

  data(bytes: Buffer, isLast: boolean): void {
    if (!this.settled) this.keep(bytes, isLast)
  }

  end(): void {
    if (this.answer !== undefined) this.finish(Exit.succeed({ head: this.answer, text: this.kept() }))
  }
}

class StreamHandler<A, E> extends CallHandler<A, E | Refusal> {
  readonly #open: (head: Head) => BodyReader<A, E>
  #reader: BodyReader<A, E> | undefined = undefined

  constructor(
    maxBytes: number,
    open: (head: Head) => BodyReader<A, E>,
    settle: (exit: Exit.Exit<A, E | Refusal | CallFault>) => void
  ) {
    super(maxBytes, settle)
    this.#open = open
  }

  protected override started(head: Head): void {
    if (isEventStream(head)) this.#reader = this.#open(head)
  }

  data(bytes: Buffer, isLast: boolean): void {
    // After the terminal the rest of the body is read and dropped, so that the connection can be used again.
    if (this.settled) return
    if (this.#reader === undefined) return this.keep(bytes, isLast)
    try {
      const exit = this.#reader.chunk(bytes, this.control)
      if (exit === undefined) return
      if (Exit.isSuccess(exit)) this.finish(exit)
      else this.abort(exit)
    } catch (defect) {
      this.abort(Exit.die(defect))
    }
  }

  end(): void {
    if (this.settled || this.answer === undefined) return
    if (this.#reader === undefined) {
      return this.finish(Exit.fail({ _tag: "Refusal", head: this.answer, text: this.kept() }))
    }
    try {
      this.finish(this.#reader.end(this.control))
    } catch (defect) {
      this.finish(Exit.die(defect))
    }
  }
}

const isJson = (head: Head): boolean => {
  if (head.status >= 300) return false
  const type = headerOf(head.headers, "content-type")
  return type === "" || type.includes("json")
}

/** A server that names no type is believed. */
const isEventStream = (head: Head): boolean => {
  if (head.status >= 300) return false
  const type = headerOf(head.headers, "content-type")
  return type === "" || type.includes("text/event-stream") || type.includes("application/vnd.amazon.eventstream")
}
