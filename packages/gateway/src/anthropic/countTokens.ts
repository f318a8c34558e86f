/** `POST /v1/messages/count_tokens`: the body of `/v1/messages` without the bound on the answer. No answer is asked of the provider. */
import { Caller } from "@parley/domain/Caller"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { completionRoute } from "../completionRoute.ts"
import { makeReadJsonBody } from "../readJsonBody.ts"
import { anthropicError } from "./anthropicError.ts"
import { CountTokensRequest } from "./MessagesRequest.ts"
import { toModelRequest } from "./toModelRequest.ts"

const read = makeReadJsonBody(CountTokensRequest)

export const countTokens = completionRoute<typeof CountTokensRequest.Type>({
  read,
  answer: (completions, caller, request) =>
    Effect.map(
      Effect.provideService(completions.countTokens(toModelRequest({ ...request, max_tokens: 1 })), Caller, caller),
      ({ inputTokens, isEstimated }) =>
        HttpServerResponse.jsonUnsafe(
          { input_tokens: inputTokens, ...(isEstimated ? { is_estimated: true } : {}) },
          { headers: { "request-id": caller.requestId, "x-request-id": caller.requestId } }
        )
    ),
  fault: anthropicError
})
