/** Writes an answer to uWebSockets, by the rules that keep it from corrupting or aborting. */
import { Cause, Effect, Stream } from "effect"
import { causeResponse } from "effect/http/HttpServerError"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { Readable } from "node:stream"
import { faultInHead } from "./faultInHead.ts"
import { PushChannel, runPush } from "./PushChannel.ts"
import { pushBodyOf } from "./PushResponse.ts"
import type { PushBody } from "./PushResponse.ts"
import { UwsPushTransport } from "./UwsPushTransport.ts"
import { UwsServerRequest } from "./UwsServerRequest.ts"
import type { UwsExchange } from "./UwsExchange.ts"
import { endWith, endWithoutBody } from "./writeUwsHead.ts"

/** What `HttpEffect.toHandled` asks of an engine. Gives back the response that middleware should see, if it is another. */
export const respondOverUws = (
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<unknown, unknown> => {
  if (!(request instanceof UwsServerRequest)) return Effect.die(new Error("Not a request of this server"))
  return writeUwsResponse(request.source, response)
}

export const writeUwsResponse = (
  exchange: UwsExchange,
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<unknown, unknown> => {
  if (exchange.upgraded !== undefined) return Effect.succeed(exchange.upgraded)
  if (exchange.over) return cancelBody(response)
  const fault = faultInHead(response)
  if (fault !== undefined) {
    return Effect.andThen(
      cancelBody(response),
      Effect.suspend(() => {
        endWith(exchange, internalServerError, undefined)
        return Effect.logError(fault)
      })
    )
  }
  if (exchange.method === "HEAD" || HttpServerResponse.omitsBody(response)) {
    endWithoutBody(exchange, response)
    return cancelBody(response)
  }
  const { body } = response
  switch (body._tag) {
    case "Empty": {
      endWith(exchange, response, undefined)
      return Effect.void
    }
    case "Uint8Array": {
      endWith(exchange, response, body.text ?? body.body)
      return Effect.void
    }
    case "Stream":
      return writeStream(exchange, response, body.stream)
    case "FormData": {
      const encoded = new Response(body.formData)
      return writeReadable(exchange, withContentType(response, encoded.headers.get("content-type")), encoded.body)
    }
    case "Raw":
      return writeRaw(exchange, response, body.body)
  }
}

const writeRaw = (
  exchange: UwsExchange,
  response: HttpServerResponse.HttpServerResponse,
  body: unknown
): Effect.Effect<unknown, unknown> => {
  const push = pushBodyOf(response)
  if (push !== undefined) return writePush(exchange, response, push)
  if (body === null || body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    endWith(exchange, response, body ?? undefined)
    return Effect.void
  }
  if (body instanceof ArrayBuffer) {
    endWith(exchange, response, new Uint8Array(body))
    return Effect.void
  }
  if (body instanceof Readable || body instanceof ReadableStream) return writeReadable(exchange, response, body)
  if (body instanceof Blob) return writeReadable(exchange, response, body.stream())
  if (body instanceof Response) return writeReadable(exchange, response, body.body)
  return writeUwsResponse(exchange, internalServerError).pipe(
    Effect.andThen(Effect.logError("A response body of a kind that cannot be sent"))
  )
}

const writePush = (
  exchange: UwsExchange,
  response: HttpServerResponse.HttpServerResponse,
  body: PushBody
): Effect.Effect<unknown, unknown> =>
  Effect.matchCauseEffect(
    runPush(body, (interrupt) => {
      const transport = new UwsPushTransport(exchange, response)
      const channel = new PushChannel(transport, body.maxBufferedBytes, interrupt)
      transport.connect(channel)
      return { channel, transport }
    }),
    {
      onSuccess: (early) =>
        early === undefined ? Effect.void : Effect.as(writeUwsResponse(exchange, early.response), early.response),
      onFailure: (cause) =>
        Cause.hasInterrupts(cause) ? Effect.failCause(cause) : Effect.logError("A pushed answer was cut off", cause)
    }
  )

/** Pulls the stream as fast as the client takes it. A stream that fails cuts the connection: it must not look complete. */
const writeStream = (
  exchange: UwsExchange,
  response: HttpServerResponse.HttpServerResponse,
  stream: Stream.Stream<Uint8Array, unknown>
): Effect.Effect<unknown, unknown> => {
  const transport = new UwsPushTransport(exchange, response)
  const channel = new PushChannel(transport, Number.POSITIVE_INFINITY, () => {})
  transport.connect(channel)
  return stream.pipe(
    Stream.runForEachArray((chunks) => {
      let accepted = true
      for (const chunk of chunks) accepted = channel.write(chunk)
      return accepted || channel.closed
        ? Effect.void
        : Effect.callback<void>((resume) => channel.onDrain(() => resume(Effect.void)))
    }),
    Effect.interruptible,
    Effect.matchCauseEffect({
      onSuccess: () => {
        channel.end()
        return Effect.callback<void>((resume) => channel.onFinished(() => resume(Effect.void)))
      },
      onFailure: (cause) => {
        const { begun } = channel
        channel.abort()
        if (Cause.hasInterruptsOnly(cause)) {
          transport.destroy()
          return Effect.failCause(cause)
        }
        if (!begun) {
          return Effect.flatMap(causeResponse(cause), ([response]) =>
            Effect.andThen(writeUwsResponse(exchange, response), Effect.logError("A response stream failed", cause))
          )
        }
        transport.destroy()
        return Effect.logError("A response stream failed", cause)
      }
    })
  )
}

const writeReadable = (
  exchange: UwsExchange,
  response: HttpServerResponse.HttpServerResponse,
  readable: Readable | ReadableStream<Uint8Array> | null
): Effect.Effect<unknown, unknown> => {
  if (readable === null) {
    endWith(exchange, response, undefined)
    return Effect.void
  }
  return writeStream(
    exchange,
    response,
    Stream.fromAsyncIterable<Uint8Array, unknown>(readable, (cause) => cause)
  )
}

const withContentType = (
  response: HttpServerResponse.HttpServerResponse,
  contentType: string | null
): HttpServerResponse.HttpServerResponse =>
  contentType === null ? response : HttpServerResponse.setHeader(response, "content-type", contentType)

/** A body that nobody will read may hold a file open. */
const cancelBody = (response: HttpServerResponse.HttpServerResponse): Effect.Effect<void> => {
  const body = response.body._tag === "Raw" ? response.body.body : undefined
  return body instanceof Readable ? Effect.sync(() => void body.destroy()) : Effect.void
}

const internalServerError = HttpServerResponse.empty({ status: 500 })
