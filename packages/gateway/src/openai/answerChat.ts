/** `POST /v1/chat/completions`: read, admitted, answered; streamed when the client asks for that. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import type { Completions, CompletionRequest } from "@parley/domain/Completions"
import { Effect } from "effect"
import { completionRoute, type CompletionAnswer } from "../completionRoute.ts"
import { routeHeaders } from "../routeTold.ts"
import { keepAliveComment, streamedAnswer } from "../streamedAnswer.ts"
import { wholeAnswer } from "../wholeAnswer.ts"
import { chatCompletion } from "./chatCompletion.ts"
import type { ChatRequest } from "./ChatRequest.ts"
import { makeChunkEncoder } from "./ChunkEncoder.ts"
import { openaiError, openaiErrorBody } from "./openaiError.ts"
import { readChatRequest } from "./readChatRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

export const answerChat = completionRoute({
  read: readChatRequest,
  answer: (completions, caller, request, askedAtSeconds) => {
    const asked = toModelRequest(request)
    const id = `chatcmpl-${caller.requestId}`
    return request.stream === true
      ? streamed(completions, caller, asked, request, id, askedAtSeconds)
      : whole(completions, caller, asked, id, askedAtSeconds)
  },
  fault: (error) => openaiError(error)
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
  const { encode, end } = makeChunkEncoder({
    id,
    model: request.model,
    createdAtSeconds,
    includeUsage: request.stream_options?.include_usage === true
  })
  return streamedAnswer({
    caller,
    stream: (sink) => completions.stream(asked, sink),
    wire: {
      encode,
      end: ({ usage }) => end(usage),
      fail: (error) => `data: ${JSON.stringify(openaiErrorBody(error))}\n\n`,
      keepAlive: () => keepAliveComment
    },
    render: openaiError
  })
}
