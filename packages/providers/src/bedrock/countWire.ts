/** How Bedrock counts the tokens of a prompt, for nothing: `CountTokens`, which it has for some of its models. */
import { Effect } from "effect"
import { countOf } from "../call/foreign.ts"
import type { CountWire } from "../tokens/TokenCounter.ts"
import type { BedrockTarget } from "./bedrockProvider.ts"
import { encodeRequest } from "./encodeRequest.ts"
import { signed } from "./signed.ts"

export const countWire = (target: BedrockTarget): CountWire => ({
  baseUrl: target.baseUrl,
  call: (request) => {
    const { inferenceConfig: _, ...converse } = encodeRequest(request)
    const path = `/model/${encodeURIComponent(modelOf(request.model))}/count-tokens`
    const body = JSON.stringify({ input: { converse } })
    return Effect.map(signed(target, path, body), (headers) => ({ path, headers, body }))
  },
  decode: ({ inputTokens }) => countOf(inputTokens)
})

/** It counts by the model and not by an inference profile, whose name is the model's behind that of a geography. */
const modelOf = (model: string): string => model.replace(/^(us-gov|us|eu|apac|au|jp|ca|sa|global)\.(?=[a-z0-9]+\.)/, "")
