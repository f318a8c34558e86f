/**
 * What a 400 (404, 422) says by its words where vendors do not say it by the status: that there is no such model, that the prompt is longer than
 * the model's window, that the key is wrong. By the code where there is one; else by how the message begins, never by what stands further on in
 * it, for providers repeat parts of the request there.
 */
import { contextExceededCode } from "@parley/domain/ProviderError"
import type { WireError } from "./providerErrors.ts"

export type Refusal = "model-not-found" | "context-exceeded" | "unauthorized"

const codes = new Map<string, Refusal>([
  ["model_not_found", "model-not-found"],
  ["invalid_model", "model-not-found"],
  [contextExceededCode, "context-exceeded"],
  // llama.cpp.
  ["exceed_context_size_error", "context-exceeded"],
  ["invalid_api_key", "unauthorized"],
  ["authentication_error", "unauthorized"]
])

const beginnings: ReadonlyArray<readonly [RegExp, Refusal]> = [
  // OpenAI, vLLM, DeepSeek ("Model Not Exist").
  [/^(?:the )?(?:requested )?model\b.{0,200}?\b(?:does not exist|not exist|not found)\b/i, "model-not-found"],
  // Mistral, Perplexity.
  [/^invalid model(?::|\s+['"`])/i, "model-not-found"],
  // OpenRouter.
  [/^\S{1,200} is not a valid model id\b/i, "model-not-found"],
  // Bedrock.
  [/^the provided model identifier is invalid/i, "model-not-found"],
  // OpenAI, vLLM, DeepSeek, xAI, OpenRouter.
  [/^this (?:model|endpoint)'s maximum (?:context|prompt) length\b/i, "context-exceeded"],
  // Anthropic.
  [/^(?:prompt is too long|input length and `max_tokens` exceed context limit)\b/i, "context-exceeded"],
  // Mistral.
  [/^prompt contains \d+ tokens\b.{0,100}?\btoo large for model\b/i, "context-exceeded"],
  // Gemini.
  [/^the input token count\b.{0,40}? exceeds the maximum number of tokens\b/i, "context-exceeded"],
  // Bedrock.
  [/^(?:the model returned the following errors: )?input is too long\b/i, "context-exceeded"],
  // xAI, Gemini.
  [/^(?:incorrect|invalid) api key\b/i, "unauthorized"],
  [/^api key (?:not valid|not found|expired)\b/i, "unauthorized"]
]

export const refusalOf = (status: number, { code = "", message }: WireError): Refusal | undefined =>
  status === 400 || status === 404 || status === 422
    ? (codes.get(code) ?? beginnings.find(([beginning]) => beginning.test(message))?.[1])
    : undefined
