/** `POST /v1/messages`: read, admitted, answered; streamed when the client asks for that. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import type { Completions, CompletionRequest } from "@parley/domain/Completions"
import type { RequestId } from "@parley/domain/Ids"
import { Effect } from "effect"
import { completionRoute, type CompletionAnswer } from "../completionRoute.ts"
import { routeHeaders } from "../routeTold.ts"
import { streamedAnswer } from "../streamedAnswer.ts"
import { wholeAnswer } from "../wholeAnswer.ts"
import { anthropicError, anthropicErrorBody } from "./anthropicError.ts"
import { makeEventEncoder } from "./EventEncoder.ts"
import { message } from "./message.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"
import { readMessagesRequest } from "./readMessagesRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

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
  return streamedAnswer({
    caller,
    stream: (sink) =>
      Effect.flatMap(completions.estimateTokens(asked), (estimate) => {
        estimatedInputTokens = estimate
        return completions.stream(asked, sink)
      }),
    wire: {
      encode: encoder.encode,
      end: encoder.end,
      fail: (error) => `event: error\ndata: ${JSON.stringify(anthropicErrorBody(error, requestId))}\n\n`,
      keepAlive: encoder.ping
    },
    render: (error) => anthropicError(error, requestId),
    headers: idHeaders(caller)
  })
}
