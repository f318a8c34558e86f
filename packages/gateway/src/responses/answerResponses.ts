/** `POST /v1/responses`: read, admitted, answered; streamed when the client asks for that. */
import { Caller, type CallerInfo } from "@parley/domain/Caller"
import type { Completions, CompletionRequest } from "@parley/domain/Completions"
import type { ParleyError } from "@parley/domain/Errors"
import { Effect } from "effect"
import { completionRoute, type CompletionAnswer } from "../completionRoute.ts"
import { openaiError } from "../openai/openaiError.ts"
import { routeHeaders } from "../routeTold.ts"
import { keepAliveComment, streamedAnswer } from "../streamedAnswer.ts"
import { wholeAnswer } from "../wholeAnswer.ts"
import { makeEventEncoder } from "./EventEncoder.ts"
import { readResponsesRequest } from "./readResponsesRequest.ts"
import { response, responseHead, usageOf, type ResponseHead } from "./response.ts"
import { toModelRequest } from "./toModelRequest.ts"

export const answerResponses = completionRoute({
  read: readResponsesRequest,
  answer: (completions, caller, request, askedAtSeconds) => {
    const asked = toModelRequest(request)
    const head = responseHead(request, caller.requestId, askedAtSeconds)
    return request.stream === true ? streamed(completions, caller, asked, head) : whole(completions, caller, asked, head)
  },
  fault: (error) => responsesError(error)
})

/** OpenAI's error, with what was used as this door tells usage. */
const responsesError = (error: ParleyError) => openaiError(error, usageOf)

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
  const encoder = makeEventEncoder({ requestId: caller.requestId, model: asked.model, head })
  return streamedAnswer({
    caller,
    stream: (sink) => completions.stream(asked, sink),
    wire: { ...encoder, keepAlive: () => keepAliveComment },
    render: responsesError
  })
}
