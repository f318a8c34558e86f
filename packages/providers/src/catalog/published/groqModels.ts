/** Open models as Groq serves them. What comes from its cache costs half, where it has one for the model. */
import { rowOf } from "../PublishedFacts.ts"
import type { PublishedRows } from "../PublishedFacts.ts"

const row = rowOf("https://console.groq.com/docs/models")

const window = 131_072
const kimi = { input: 1, cachedInput: 0.5, output: 3 }

export const groqModels: PublishedRows = {
  "openai/gpt-oss-120b": row(
    { input: 0.15, cachedInput: 0.075, output: 0.6 },
    { contextTokens: window, maxOutputTokens: 65_536 }
  ),
  "openai/gpt-oss-20b": row({ input: 0.075, cachedInput: 0.0375, output: 0.3 }, { contextTokens: window }),
  "llama-3.3-70b-versatile": row({ input: 0.59, output: 0.79 }, { contextTokens: window, maxOutputTokens: 32_768 }),
  "llama-3.1-8b-instant": row({ input: 0.05, output: 0.08 }, { contextTokens: window }),
  "meta-llama/llama-4-maverick-17b-128e-instruct": row(
    { input: 0.2, output: 0.6 },
    { contextTokens: window, maxOutputTokens: 8_192 }
  ),
  "meta-llama/llama-4-scout-17b-16e-instruct": row(
    { input: 0.11, output: 0.34 },
    { contextTokens: window, maxOutputTokens: 8_192 }
  ),
  "qwen/qwen3-32b": row({ input: 0.29, output: 0.59 }, { contextTokens: window }),
  "moonshotai/kimi-k2-instruct": row(kimi, { contextTokens: window, maxOutputTokens: 16_384 }),
  "moonshotai/kimi-k2-instruct-0905": row(kimi, { contextTokens: 262_144, maxOutputTokens: 16_384 }),
  "deepseek-r1-distill-llama-70b": row({ input: 0.75, output: 0.99 }, { contextTokens: window })
}
