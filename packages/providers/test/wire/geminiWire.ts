/** A server that speaks Gemini's API in OpenAI's words, and counts tokens in its own. */
import { openaiDialect } from "./openaiWire.ts"
import { startWire } from "./WireServer.ts"

export const startGeminiWire = startWire({
  ...openaiDialect,
  basePath: "/v1beta/openai",
  completionsPath: "/v1beta/openai/chat/completions",
  countPath: /^\/v1beta\/models\/[^/]+:countTokens$/,
  count: (totalTokens) => ({ totalTokens, promptTokensDetails: [{ modality: "TEXT", tokenCount: totalTokens }] })
})
