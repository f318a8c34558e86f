/** `POST /v1/chat/completions`: read, admitted, answered; streamed when the client asks for that. */
import { Authenticator } from "@parley/domain/Administration"
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import { Completions, type CompletionRequest } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import { Cause, Clock, Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { authenticateRequest, requireScope } from "../auth/authenticateRequest.ts"
import { CurrentRequestId } from "../auth/CurrentRequest.ts"
import { errorOf, toldError } from "../errorOf.ts"
import * as PushResponse from "../server/PushResponse.ts"
import { chatCompletion } from "./chatCompletion.ts"
import type { ChatRequest } from "./ChatRequest.ts"
import { makeChunkEncoder } from "./ChunkEncoder.ts"
import { openaiError, openaiErrorBody } from "./openaiError.ts"
import { readChatRequest } from "./readChatRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

/** Milliseconds of silence after which a comment tells the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, ParleyError>

export const answerChat = Effect.gen(function* () {
  const authenticator = yield* Authenticator
  const completions = yield* Completions

  return Effect.gen(function* () {
    const requestId = yield* CurrentRequestId
    const http = yield* HttpServerRequest.HttpServerRequest
    const caller = yield* authenticateRequest(authenticator, http.headers, requestId)
    yield* requireScope(caller, "completions")
    // What the body itself does wrong (too large, cut off) is answered by the server.
    const text = yield* Effect.orDie(http.text)
    const request = yield* readChatRequest(text)
    const createdAtSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
    const id = `chatcmpl-${requestId}`
    const asked = toModelRequest(request)
    return yield* request.stream === true
      ? streamed(completions, caller, asked, request, id, createdAtSeconds)
      : whole(completions, caller, asked, id, createdAtSeconds)
  }).pipe(Effect.catch((error: ParleyError) => Effect.succeed(openaiError(error))))
})

const whole = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  id: string,
  createdAtSeconds: number
): Answer =>
  Effect.map(Effect.provideService(completions.complete(asked), Caller, caller), (answer) =>
    HttpServerResponse.jsonUnsafe(chatCompletion(answer, id, createdAtSeconds))
  )

const streamed = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  request: ChatRequest,
  id: string,
  createdAtSeconds: number
): Answer => {
  const encoder = makeChunkEncoder({
    id,
    model: request.model,
    createdAtSeconds,
    includeUsage: request.stream_options?.include_usage === true
  })
  return PushResponse.make({
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no" },
    start: (writer) =>
      Effect.suspend(() => {
        const keepAlive = setInterval(() => writer.write(": keep-alive\n\n"), keepAliveMs)
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
              writer.write(encoder.end(answer.usage))
            }),
            Effect.catchCause((cause) => brokenOff(writer, cause)),
            Effect.onExit(() => Effect.sync(() => clearInterval(keepAlive)))
          )
      }),
    // What middleware did to the answer that was to be is not done to this one.
    onEarlyFailure: (cause) => HttpServerResponse.setHeader(openaiError(errorOf(cause)), "x-request-id", caller.requestId)
  })
}

/** Before the first byte the error is an answer of its own. After it, an error event: `[DONE]` never follows a broken answer. */
const brokenOff = (writer: PushResponse.PushWriter, cause: Cause.Cause<ParleyError>): Effect.Effect<void, ParleyError> =>
  Cause.hasInterrupts(cause)
    ? Effect.failCause(cause)
    : Effect.flatMap(toldError(cause), (error) => {
        if (!writer.begun) return Effect.fail(error)
        writer.write(`data: ${JSON.stringify(openaiErrorBody(error))}\n\n`)
        return Effect.void
      })
