/** Effect's view of a request that uWebSockets received. Everything is read when it is asked for. */
import { Cause, Effect, Option, Queue, Stream } from "effect"
import type { FileSystem, Path, Schema, Scope } from "effect"
import * as Cookies from "effect/http/Cookies"
import type * as Headers from "effect/http/Headers"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import { HttpServerError, RequestParseError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Multipart from "effect/http/Multipart"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import type { Socket } from "effect/socket/Socket"
import { upgradeUwsExchange } from "./UwsSocketBridge.ts"
import type { UwsBody } from "./UwsBody.ts"
import type { UwsExchange } from "./UwsExchange.ts"

interface Overrides {
  readonly url?: string | undefined
  readonly headers?: Headers.Headers | undefined
  readonly remoteAddress?: Option.Option<string> | undefined
  readonly peerAddress?: Option.Option<string> | undefined
  readonly protocol?: "http" | "https" | undefined
}

export class UwsServerRequest extends Inspectable.Class implements HttpServerRequest.HttpServerRequest {
  readonly [HttpServerRequest.TypeId]: typeof HttpServerRequest.TypeId = HttpServerRequest.TypeId
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  /** The exchange, for the adapter itself. */
  readonly source: UwsExchange
  readonly #overrides: Overrides | undefined
  #cookies: Readonly<Record<string, string>> | undefined
  #multipart:
    | Effect.Effect<Multipart.Persisted, Multipart.MultipartError, Scope.Scope | FileSystem.FileSystem | Path.Path>
    | undefined

  constructor(exchange: UwsExchange, overrides?: Overrides) {
    super()
    this.source = exchange
    this.#overrides = overrides
  }

  get method(): string {
    return this.source.method
  }

  get url(): string {
    return this.#overrides?.url ?? this.source.url
  }

  get originalUrl(): string {
    const { headers, url } = this.source
    return headers["host"] === undefined || url[0] !== "/" ? url : `http://${headers["host"]}${url}`
  }

  get headers(): Headers.Headers {
    return this.#overrides?.headers ?? this.source.headers
  }

  get cookies(): Readonly<Record<string, string>> {
    return (this.#cookies ??= Cookies.parseHeader(this.headers["cookie"] ?? ""))
  }

  get remoteAddress(): Option.Option<string> {
    return this.#overrides?.remoteAddress ?? Option.fromUndefinedOr(this.source.remoteAddress)
  }

  get peerAddress(): Option.Option<string> {
    return this.#overrides?.peerAddress ?? this.remoteAddress
  }

  get protocol(): "http" | "https" | undefined {
    return this.#overrides?.protocol
  }

  modify(options: Overrides): UwsServerRequest {
    return new UwsServerRequest(this.source, {
      url: options.url ?? this.#overrides?.url,
      headers: options.headers ?? this.#overrides?.headers,
      remoteAddress: "remoteAddress" in options ? options.remoteAddress : this.#overrides?.remoteAddress,
      peerAddress: options.peerAddress ?? this.#overrides?.peerAddress,
      protocol: options.protocol ?? this.#overrides?.protocol
    })
  }

  get text(): Effect.Effect<string, HttpServerError> {
    return this.#read((body) => body.text(), "")
  }

  get json(): Effect.Effect<Schema.Json, HttpServerError> {
    return Effect.flatMapEager(this.text, (text) => {
      try {
        const json: Schema.Json = text === "" ? null : JSON.parse(text)
        return Effect.succeed(json)
      } catch (cause) {
        return Effect.fail(this.#parseError(cause))
      }
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpServerError> {
    // A leading question mark is data here, and URLSearchParams would drop it.
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text.replace(/^\?/, "%3F"))))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpServerError> {
    return this.#read((body) => new Uint8Array(body.bytes()).buffer, new ArrayBuffer(0))
  }

  get stream(): Stream.Stream<Uint8Array, HttpServerError> {
    const { body } = this.source
    if (body === undefined) return Stream.empty
    return Stream.callback<Uint8Array, HttpServerError>((queue) =>
      Effect.withFiber((fiber) => {
        const limitBytes = fiber.getRef(HttpIncomingMessage.MaxBodySize)
        let bytes = 0
        return Effect.acquireRelease(
          Effect.sync(() =>
            // The queue holds no more than the body's own bound.
            body.listen((chunk) => {
              if (chunk === undefined) {
                const failure = this.#failure(body)
                if (failure === undefined) Queue.endUnsafe(queue)
                else Queue.failCauseUnsafe(queue, Cause.fail(failure))
              } else if (limitBytes !== undefined && (bytes += chunk.byteLength) > Number(limitBytes)) {
                Queue.failCauseUnsafe(queue, Cause.fail(this.#tooLarge()))
              } else Queue.offerUnsafe(queue, chunk)
            })
          ),
          (stop) => Effect.sync(stop)
        )
      })
    )
  }

  get multipart(): Effect.Effect<Multipart.Persisted, Multipart.MultipartError, Scope.Scope | FileSystem.FileSystem | Path.Path> {
    return (this.#multipart ??= Effect.runSync(Effect.cached(Multipart.toPersisted(this.multipartStream))))
  }

  get multipartStream(): Stream.Stream<Multipart.Part, Multipart.MultipartError> {
    return Stream.pipeThroughChannel(
      Stream.mapError(this.stream, (cause) => Multipart.MultipartError.fromReason("InternalError", cause)),
      Multipart.makeChannel(this.headers)
    )
  }

  get upgrade(): Effect.Effect<Socket, HttpServerError> {
    return this.upgradeWith({})
  }

  upgradeWith(options: { readonly headers?: Headers.Input | undefined }): Effect.Effect<Socket, HttpServerError> {
    return Effect.mapError(
      upgradeUwsExchange(this.source, options.headers),
      (description) => new HttpServerError({ reason: new RequestParseError({ request: this, description }) })
    )
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "HttpServerRequest",
      method: this.method,
      url: UrlParams.redactUrl(this.originalUrl)
    })
  }

  /** At once when the body is here already, which it is for small ones. */
  #read<A>(read: (body: UwsBody) => A, none: A): Effect.Effect<A, HttpServerError> {
    const { body } = this.source
    if (body === undefined) return Effect.succeed(none)
    return Effect.withFiber((fiber) => {
      const limitBytes = fiber.getRef(HttpIncomingMessage.MaxBodySize)
      const finish = (): Effect.Effect<A, HttpServerError> => {
        const failure = this.#failure(body)
        if (failure !== undefined) return Effect.fail(failure)
        if (limitBytes !== undefined && body.bytesReceived > Number(limitBytes)) return Effect.fail(this.#tooLarge())
        return Effect.succeed(read(body))
      }
      if (body.state !== "receiving") return finish()
      return Effect.callback((resume) =>
        Effect.sync(
          body.listen((chunk) => {
            if (chunk === undefined) resume(Effect.suspend(finish))
          })
        )
      )
    })
  }

  #failure(body: UwsBody): HttpServerError | undefined {
    if (body.state === "too-large") return this.#tooLarge()
    if (body.state === "aborted") return this.#parseError(new Error("The client went away before its body was complete"))
    return undefined
  }

  #tooLarge(): HttpServerError {
    return new HttpServerError({ reason: new RequestParseError({ request: this, reason: "BodyTooLarge" }) })
  }

  #parseError(cause: unknown): HttpServerError {
    return new HttpServerError({ reason: new RequestParseError({ request: this, reason: "Parse", cause }) })
  }
}
