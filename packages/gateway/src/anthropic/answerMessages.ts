/** `POST /v1/messages`: read, admitted, answered; streamed when the client asks for that. */
import { Authenticator } from "@parley/domain/Administration"
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import { Completions, type CompletionRequest } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import type { RequestId } from "@parley/domain/Ids"
import { Cause, Context, Effect } from "effect"
import { HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { authenticateRequest, requireScope } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { countedPush } from "../countedPush.ts"
import { toldError } from "../errorOf.ts"
import type { PushWriter } from "../server/PushResponse.ts"
import { anthropicError, anthropicErrorBody } from "./anthropicError.ts"
import { makeEventEncoder } from "./EventEncoder.ts"
import { message } from "./message.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"
import { readMessagesRequest } from "./readMessagesRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

/** Milliseconds of silence after which a ping tells the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, ParleyError, HttpServerRequest.HttpServerRequest>

export const answerMessages = Effect.gen(function* () {
  const authenticator = yield* Authenticator
  const completions = yield* Completions

  return Effect.withFiber<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>((fiber) => {
    const http = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
    const requestId = fiber.getRef(CurrentRequestId)
    const admitted = Effect.flatMapEager(authenticateRequest(authenticator, http.headers, requestId), (caller) =>
      requireScope(caller, "completions")
    )
    const answer = Effect.flatMapEager(admitted, (caller) =>
      Effect.flatMapEager(http.text, (text) =>
        Effect.flatMapEager(readMessagesRequest(text), (request): Answer => {
          const asked = toModelRequest(request)
          return request.stream === true
            ? streamed(completions, caller, asked, request)
            : whole(completions, caller, asked, request)
        })
      )
    )
    return Effect.catch(answer, (error) =>
      // What the body itself does wrong (too large, cut off) is told by whoever tells all of HTTP's own faults.
      HttpServerError.isHttpServerError(error) ? Effect.die(error) : Effect.succeed(anthropicError(error, requestId))
    )
  })
})

const idOf = (requestId: RequestId) => `msg_${requestId}`

const hidesThinking = ({ thinking }: MessagesRequest): boolean =>
  thinking !== undefined && thinking !== null && thinking.type !== "disabled" && thinking.display === "omitted"

/** Clients look for the id under one name, Parley tells it under the other. */
const idHeaders = ({ requestId }: CallerInfo) => ({ "request-id": requestId, "x-request-id": requestId })

const whole = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  request: MessagesRequest
): Answer => {
  let stopSequence: string | undefined
  // Only a stream's finish tells at which sequence the model stopped.
  const answered =
    asked.parameters.stop === undefined || asked.parameters.stop.length === 0
      ? completions.complete(asked)
      : completions.stream(asked, (events) => {
          for (const event of events) if (event.type === "finish") stopSequence = event.stopSequence
        })
  return Effect.map(Effect.provideService(answered, Caller, caller), (answer) =>
    HttpServerResponse.jsonUnsafe(
      message(answer, { id: idOf(caller.requestId), stopSequence, hidesThinking: hidesThinking(request) }),
      { headers: idHeaders(caller) }
    )
  )
}

const streamed = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  request: MessagesRequest
): Answer => {
  const { requestId } = caller
  const encoder = makeEventEncoder({ id: idOf(requestId), model: request.model, hidesThinking: hidesThinking(request) })
  return countedPush({
    requestId,
    render: (error) => anthropicError(error, requestId),
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no", ...idHeaders(caller) },
    start: (writer) =>
      Effect.suspend(() => {
        const keepAlive = setInterval(() => writer.write(encoder.ping()), keepAliveMs)
        return completions
          .stream(asked, (events, control) => {
            const text = encoder.encode(events)
            if (text === "" || writer.write(text)) return
            control.pause()
            writer.onDrain(control.resume)
          })
          .pipe(
            Effect.provideService(Caller, caller),
            Effect.map((answer) => {
              writer.write(encoder.end(answer))
            }),
            Effect.catchCause((cause) => brokenOff(writer, cause, requestId)),
            Effect.onExit(() => Effect.sync(() => clearInterval(keepAlive)))
          )
      })
  })
}

/** Before the first byte the error is an answer of its own. After it, an error event: `message_stop` never follows a broken answer. */
const brokenOff = (writer: PushWriter, cause: Cause.Cause<ParleyError>, requestId: RequestId): Effect.Effect<void, ParleyError> =>
  Cause.hasInterrupts(cause)
    ? Effect.failCause(cause)
    : Effect.flatMap(toldError(cause), (error) => {
        if (!writer.begun) return Effect.fail(error)
        writer.write(`event: error\ndata: ${JSON.stringify(anthropicErrorBody(error, requestId))}\n\n`)
        return Effect.void
      })
