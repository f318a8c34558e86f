/** `POST /v1/chat/completions`: read, admitted, answered; streamed when the client asks for that. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import type { Completions, CompletionRequest } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import { Cause, Effect } from "effect"
import { completionRoute, type CompletionAnswer } from "../completionRoute.ts"
import { countedPush } from "../countedPush.ts"
import { toldError } from "../errorOf.ts"
import { routeHeaders, RouteTold } from "../routeTold.ts"
import type { PushWriter } from "../server/PushResponse.ts"
import { wholeAnswer } from "../wholeAnswer.ts"
import { chatCompletion } from "./chatCompletion.ts"
import type { ChatRequest } from "./ChatRequest.ts"
import { makeChunkEncoder } from "./ChunkEncoder.ts"
import { openaiError, openaiErrorBody } from "./openaiError.ts"
import { readChatRequest } from "./readChatRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

/** Milliseconds of silence after which a comment tells the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

export const answerChat = completionRoute({
  read: readChatRequest,
  answer: (completions, caller, request, askedAtSeconds) => {
    const asked = toModelRequest(request)
    const id = `chatcmpl-${caller.requestId}`
    return request.stream === true
      ? streamed(completions, caller, asked, request, id, askedAtSeconds)
      : whole(completions, caller, asked, id, askedAtSeconds)
  },
  fault: openaiError
})

const whole = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  id: string,
  createdAtSeconds: number
): CompletionAnswer =>
  Effect.map(Effect.provideService(completions.complete(asked), Caller, caller), (answer) =>
    wholeAnswer(chatCompletion({ ...answer, model: asked.model }, id, createdAtSeconds), {
      "x-request-id": caller.requestId,
      ...routeHeaders(answer)
    })
  )

const streamed = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  request: ChatRequest,
  id: string,
  createdAtSeconds: number
): CompletionAnswer => {
  const encoder = makeChunkEncoder({
    id,
    model: request.model,
    createdAtSeconds,
    includeUsage: request.stream_options?.include_usage === true
  })
  const told = new RouteTold()
  return countedPush({
    requestId: caller.requestId,
    render: openaiError,
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no", "x-request-id": caller.requestId },
    lateHeaders: () => told.headers(),
    start: (writer) =>
      Effect.suspend(() => {
        const keepAlive = setInterval(() => writer.write(": keep-alive\n\n"), keepAliveMs)
        return completions
          .stream(asked, (events, control) => {
            told.see(events, control)
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
