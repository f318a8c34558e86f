/** `POST /v1/responses`: read, admitted, answered; streamed when the client asks for that. */
import { Authenticator } from "@parley/domain/Administration"
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import { Completions, type CompletionRequest } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import { Cause, Clock, Context, Effect } from "effect"
import { HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { authenticateRequest, requireScope } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { countedPush } from "../countedPush.ts"
import { toldError } from "../errorOf.ts"
import { openaiError } from "../openai/openaiError.ts"
import type { PushWriter } from "../server/PushResponse.ts"
import { makeEventEncoder, type EventEncoder } from "./EventEncoder.ts"
import { makePacedWriter, type PacedWriter } from "./PacedWriter.ts"
import { readResponsesRequest } from "./readResponsesRequest.ts"
import { response, responseHead, type ResponseHead } from "./response.ts"
import { toModelRequest } from "./toModelRequest.ts"

/** Milliseconds of silence after which a comment tells the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, ParleyError, HttpServerRequest.HttpServerRequest>

export const answerResponses = Effect.gen(function* () {
  const authenticator = yield* Authenticator
  const completions = yield* Completions

  return Effect.withFiber<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>((fiber) => {
    const http = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
    const requestId = fiber.getRef(CurrentRequestId)
    const createdAtSeconds = Math.floor(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe() / 1_000)
    const admitted = Effect.flatMapEager(authenticateRequest(authenticator, http.headers, requestId), (caller) =>
      requireScope(caller, "completions")
    )
    const answer = Effect.flatMapEager(admitted, (caller) =>
      Effect.flatMapEager(http.text, (text) =>
        Effect.flatMapEager(readResponsesRequest(text), (request): Answer => {
          const asked = toModelRequest(request)
          const head = responseHead(request, requestId, createdAtSeconds)
          return request.stream === true ? streamed(completions, caller, asked, head) : whole(completions, caller, asked, head)
        })
      )
    )
    return Effect.catch(answer, (error) =>
      // What the body itself does wrong (too large, cut off) is told by whoever tells all of HTTP's own faults.
      HttpServerError.isHttpServerError(error) ? Effect.die(error) : Effect.succeed(openaiError(error))
    )
  })
})

const whole = (completions: Completions["Service"], caller: CallerInfo, asked: CompletionRequest, head: ResponseHead): Answer =>
  Effect.map(Effect.provideService(completions.complete(asked), Caller, caller), (answer) =>
    HttpServerResponse.jsonUnsafe(response(head, caller.requestId, answer), { headers: { "x-request-id": caller.requestId } })
  )

const streamed = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  head: ResponseHead
): Answer => {
  const { requestId } = caller
  const encoder = makeEventEncoder({ requestId, model: asked.model, head })
  return countedPush({
    requestId,
    render: openaiError,
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no", "x-request-id": requestId },
    start: (writer) =>
      Effect.suspend(() => {
        const paced = makePacedWriter(writer)
        const keepAlive = setInterval(() => paced.writeBetween(": keep-alive\n\n"), keepAliveMs)
        return completions
          .stream(asked, (events, control) => {
            const text = encoder.encode(events)
            if (text === "" || paced.write(text)) return
            control.pause()
            paced.onDrain(control.resume)
          })
          .pipe(
            Effect.provideService(Caller, caller),
            Effect.flatMap((answer) => {
              paced.write(encoder.end(answer))
              return paced.flushed
            }),
            Effect.catchCause((cause) => brokenOff(writer, paced, cause, encoder)),
            Effect.onExit(() => Effect.sync(() => clearInterval(keepAlive)))
          )
      })
  })
}

/** Before the first byte the error is an answer of its own. After it, events: `response.completed` never follows a broken answer. */
const brokenOff = (
  writer: PushWriter,
  paced: PacedWriter,
  cause: Cause.Cause<ParleyError>,
  encoder: EventEncoder
): Effect.Effect<void, ParleyError> =>
  Cause.hasInterrupts(cause)
    ? Effect.failCause(cause)
    : Effect.flatMap(toldError(cause), (error) => {
        if (!writer.begun) return Effect.fail(error)
        paced.write(encoder.fail(error))
        return paced.flushed
      })
