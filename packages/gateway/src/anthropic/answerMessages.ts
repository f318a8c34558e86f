/** `POST /v1/messages`: read, admitted, answered; streamed when the client asks for that. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import type { Completions, CompletionRequest } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import type { RequestId } from "@parley/domain/Ids"
import { Cause, Effect } from "effect"
import { completionRoute, type CompletionAnswer } from "../completionRoute.ts"
import { countedPush } from "../countedPush.ts"
import { toldError } from "../errorOf.ts"
import { routeHeaders, RouteTold } from "../routeTold.ts"
import type { PushWriter } from "../server/PushResponse.ts"
import { wholeAnswer } from "../wholeAnswer.ts"
import { anthropicError, anthropicErrorBody } from "./anthropicError.ts"
import { makeEventEncoder } from "./EventEncoder.ts"
import { message } from "./message.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"
import { readMessagesRequest } from "./readMessagesRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

/** Milliseconds of silence after which a ping tells the client, and the proxies between, that the answer is still coming. */
export const keepAliveMs = 15_000

export const answerMessages = completionRoute({
  read: readMessagesRequest,
  answer: (completions, caller, request) => {
    const asked = toModelRequest(request)
    return request.stream === true ? streamed(completions, caller, asked, request) : whole(completions, caller, asked, request)
  },
  fault: anthropicError
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
): CompletionAnswer => {
  let stopSequence: string | undefined
  // Only a stream's finish tells at which sequence the model stopped.
  const answered =
    asked.parameters.stop === undefined || asked.parameters.stop.length === 0
      ? completions.complete(asked)
      : completions.stream(asked, (events) => {
          for (const event of events) if (event.type === "finish") stopSequence = event.stopSequence
        })
  return Effect.map(Effect.provideService(answered, Caller, caller), (answer) =>
    wholeAnswer(
      message(
        { ...answer, model: asked.model },
        { id: idOf(caller.requestId), stopSequence, hidesThinking: hidesThinking(request) }
      ),
      { ...idHeaders(caller), ...routeHeaders(answer) }
    )
  )
}

const streamed = (
  completions: Completions["Service"],
  caller: CallerInfo,
  asked: CompletionRequest,
  request: MessagesRequest
): CompletionAnswer => {
  const { requestId } = caller
  let estimatedInputTokens = () => 0
  const encoder = makeEventEncoder({
    id: idOf(requestId),
    model: request.model,
    hidesThinking: hidesThinking(request),
    estimatedInputTokens: () => estimatedInputTokens()
  })
  const told = new RouteTold()
  return countedPush({
    requestId,
    render: (error) => anthropicError(error, requestId),
    contentType: "text/event-stream; charset=utf-8",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no", ...idHeaders(caller) },
    lateHeaders: () => told.headers(),
    start: (writer) =>
      Effect.suspend(() => {
        const keepAlive = setInterval(() => writer.write(encoder.ping()), keepAliveMs)
        const streaming = completions.stream(asked, (events, control) => {
          told.see(events, control)
          const text = encoder.encode(events)
          if (text === "" || writer.write(text)) return
          control.pause()
          writer.onDrain(control.resume)
        })
        return Effect.flatMap(completions.estimateTokens(asked), (estimate) => {
          estimatedInputTokens = estimate
          return streaming
        }).pipe(
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
