/**
 * Prices and context windows that vendors publish, by who serves a model: standard processing, US dollars for a million tokens. A model
 * whose figures could not be established is not here, and costs nobody an invented price: a configuration can name it. Whole vendors
 * are left out whose price a model's name does not tell: Azure (deployments are named by their owner), Bedrock (by region and
 * profile), OpenRouter (by the server that it picks).
 */
import type { ModelFacts } from "./ModelFacts.ts"
import { anthropicModels } from "./published/anthropicModels.ts"
import { deepseekModels } from "./published/deepseekModels.ts"
import { geminiModels } from "./published/geminiModels.ts"
import { groqModels } from "./published/groqModels.ts"
import { mistralModels } from "./published/mistralModels.ts"
import { openaiModels } from "./published/openaiModels.ts"
import { xaiModels } from "./published/xaiModels.ts"
import type { PublishedFacts, PublishedRows } from "./PublishedFacts.ts"
import type { VendorKind } from "./vendors.ts"

export const publishedModels: { readonly [Kind in VendorKind]?: PublishedRows } = {
  anthropic: anthropicModels,
  openai: openaiModels,
  gemini: geminiModels,
  mistral: mistralModels,
  groq: groqModels,
  xai: xaiModels,
  deepseek: deepseekModels
}

/** What is published of a model; a dated version or `-latest` is priced as the model that it is a version of, unless it has a row of its own. */
export const publishedFacts = (kind: VendorKind, model: string): PublishedFacts | undefined => {
  const rows = publishedModels[kind]
  if (rows === undefined) return undefined
  // Gemini lists its models as resources.
  const name = kind === "gemini" ? model.replace(/^models\//, "") : model
  const base = name.replace(/-(latest|\d{8}|\d{4}-\d{2}-\d{2})$/, "")
  const row = Object.hasOwn(rows, name) ? rows[name] : Object.hasOwn(rows, base) ? rows[base] : undefined
  // A row that does not say is of a model that answers.
  return row && { kind: "chat", ...row }
}

/**
 * A server of one's own has no price for a token, whatever it serves: that it costs nothing there is known, unlike a price that is not.
 * A configuration can say what its hours come to. Ollama's models `-cloud` run elsewhere, by subscription.
 */
export const ownServerFacts = (kind: VendorKind, address: string, model: string): ModelFacts => {
  if (kind !== "ollama" && kind !== "vllm") return {}
  const isElsewhere = /[-:]cloud$/.test(model) || /(^|\.)ollama\.com$/.test(URL.parse(address)?.hostname ?? "")
  return isElsewhere ? {} : { price: { input: 0, output: 0 } }
}
