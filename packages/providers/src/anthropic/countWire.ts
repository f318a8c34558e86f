/** How Anthropic counts the tokens of a prompt, for nothing: `POST /v1/messages/count_tokens`. */
import { Effect } from "effect"
import type { MessageCountTokensParams, MessageTokensCount } from "@anthropic-ai/sdk/resources/messages"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { countOf } from "../call/foreign.ts"
import type { Foreign } from "../call/foreign.ts"
import type { CountWire } from "../tokens/TokenCounter.ts"
import type { Target, Wire } from "../wire/Wire.ts"
import { encodeRequest } from "./encodeRequest.ts"

export const countWire = (wire: Pick<Wire<never>, "headers">, { apiKey, baseUrl }: Target): CountWire => {
  const headers = wire.headers(apiKey)
  return {
    baseUrl,
    call: (request) =>
      Effect.sync(() => ({ path: "/v1/messages/count_tokens", headers, body: JSON.stringify(encodeCount(request)) })),
    decode: ({ input_tokens }: Foreign<MessageTokensCount>) => countOf(input_tokens)
  }
}

/** What the question takes of a request. */
const encodeCount = (request: ModelRequest): MessageCountTokensParams => {
  const { messages, model, output_config, system, thinking, tool_choice, tools } = encodeRequest(request, false)
  return {
    model,
    messages,
    ...(system === undefined ? {} : { system }),
    ...(tools === undefined ? {} : { tools }),
    ...(tool_choice === undefined ? {} : { tool_choice }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(output_config === undefined ? {} : { output_config })
  }
}
