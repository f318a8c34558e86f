/** `POST /v1/responses`: read, admitted, answered; streamed when the client asks for that. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import type { Completions, CompletionRequest } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import { Cause, Effect } from "effect"
import { completionRoute, type CompletionAnswer } from "../completionRoute.ts"
import { countedPush } from "../countedPush.ts"
import { toldError } from "../errorOf.ts"
import { openaiError } from "../openai/openaiError.ts"
import { routeHeaders, RouteTold } from "../routeTold.ts"
import type { PushWriter } from "../server/PushResponse.ts"
import { wholeAnswer } from "../wholeAnswer.ts"
import { makeEventEncoder, type EventEncoder } from "./EventEncoder.ts"
import { makePacedWriter, type PacedWriter } from "./PacedWriter.ts"
import { readResponsesRequest } from "./readResponsesRequest.ts"
import { response, responseHead, type ResponseHead } from "./response.ts"
import { toModelRequest } from "./toModelRequest.ts"

/** Milliseconds of silence after which a comment tells the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

export const answerResponses = completionRoute({
  read: readResponsesRequest,
  answer: (completions, caller, request, askedAtSeconds) => {
    const asked = toModelRequest(request)
    const head = responseHead(request, caller.requestId, askedAtSeconds)
    return request.stream === true ? streamed(completions, caller, asked, head) : whole(completions, caller, asked, head)
  },
  fault: openaiError
})

const whole = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  head: ResponseHead
): CompletionAnswer =>
  Effect.map(Effect.provideService(completions.complete(asked), Caller, caller), (answer) =>
    wholeAnswer(response(head, caller.requestId, { ...answer, model: asked.model }), {
      "x-request-id": caller.requestId,
      ...routeHeaders(answer)
    })
  )

const streamed = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  head: ResponseHead
): CompletionAnswer => {
  const { requestId } = caller
  const encoder = makeEventEncoder({ requestId, model: asked.model, head })
  const told = new RouteTold()
  return countedPush({
    requestId,
    render: openaiError,
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no", "x-request-id": requestId },
    lateHeaders: () => told.headers(),
    start: (writer) =>
      Effect.suspend(() => {
        const paced = makePacedWriter(writer)
        const keepAlive = setInterval(() => paced.writeBetween(": keep-alive\n\n"), keepAliveMs)
        return completions
          .stream(asked, (events, control) => {
            told.see(events, control)
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
