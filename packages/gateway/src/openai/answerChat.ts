/** `POST /v1/chat/completions`: read, admitted, answered; streamed when the client asks for that. */
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
import type { PushWriter } from "../server/PushResponse.ts"
import { chatCompletion } from "./chatCompletion.ts"
import type { ChatRequest } from "./ChatRequest.ts"
import { makeChunkEncoder } from "./ChunkEncoder.ts"
import { openaiError, openaiErrorBody } from "./openaiError.ts"
import { readChatRequest } from "./readChatRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

/** Milliseconds of silence after which a comment tells the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, ParleyError, HttpServerRequest.HttpServerRequest>

/** The busiest route: what is known already is used at once (`…Eager`). */
export const answerChat = Effect.gen(function* () {
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
        Effect.flatMapEager(readChatRequest(text), (request): Answer => {
          const asked = toModelRequest(request)
          const id = `chatcmpl-${requestId}`
          return request.stream === true
            ? streamed(completions, caller, asked, request, id, createdAtSeconds)
            : whole(completions, caller, asked, id, createdAtSeconds)
        })
      )
    )
    return Effect.catch(answer, (error) =>
      // What the body itself does wrong (too large, cut off) is told by whoever tells all of HTTP's own faults.
      HttpServerError.isHttpServerError(error) ? Effect.die(error) : Effect.succeed(openaiError(error))
    )
  })
})

const whole = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  id: string,
  createdAtSeconds: number
): Answer =>
  Effect.map(Effect.provideService(completions.complete(asked), Caller, caller), (answer) =>
    HttpServerResponse.jsonUnsafe(chatCompletion({ ...answer, model: asked.model }, id, createdAtSeconds), {
      headers: { "x-request-id": caller.requestId }
    })
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
  return countedPush({
    requestId: caller.requestId,
    render: openaiError,
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no", "x-request-id": caller.requestId },
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
      })
  })
}

/** Before the first byte the error is an answer of its own. After it, an error event: `[DONE]` never follows a broken answer. */
const brokenOff = (writer: PushWriter, cause: Cause.Cause<ParleyError>): Effect.Effect<void, ParleyError> =>
  Cause.hasInterrupts(cause)
    ? Effect.failCause(cause)
    : Effect.flatMap(toldError(cause), (error) => {
        if (!writer.begun) return Effect.fail(error)
        writer.write(`data: ${JSON.stringify(openaiErrorBody(error))}\n\n`)
        return Effect.void
      })
