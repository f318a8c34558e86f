/** Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp. The same decoders, and a dialect. */
import type { ModelInfo } from "@parley/domain/ModelProvider"
import type { OpenaiState } from "../openai/decodeStream.ts"
import { encodeRequest } from "../openai/encodeRequest.ts"
import { openaiWire } from "../openai/openaiWire.ts"
import type { Wire } from "../wire/Wire.ts"

export const llamaWire: Wire<OpenaiState> = {
  ...openaiWire,
  id: "llama",
  idempotencyHeader: undefined,
  encodeRequest: encodeRequest({ maxTokens: "max_tokens" })
}

/** These servers live under `/v1`, which people leave out: an address without a path gets it. */
export const baseUrlOf = (given: string): string => {
  const trimmed = given.replace(/\/+$/, "")
  return new URL(trimmed).pathname === "/" ? `${trimmed}/v1` : trimmed
}

/** By name, since these servers do not say. */
export const llamaKindOf = (model: string): ModelInfo["kind"] => (/embed|bge-|e5-|minilm/i.test(model) ? "embedding" : "chat")
