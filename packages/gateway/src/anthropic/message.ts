/** A whole answer in Anthropic's shape. */
import { redactedPrefix, type AssistantPart } from "@parley/domain/Content"
import type { FinishReason, ModelAnswer } from "@parley/domain/ModelEvent"
import type { Usage } from "@parley/domain/Usage"
import { costFields } from "../openai/chatCompletion.ts"

const stopReasons = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  refusal: "refusal"
} as const satisfies Record<FinishReason, string>

export const stopReasonOf = (reason: FinishReason, stopSequence: string | undefined) =>
  reason === "stop" && stopSequence !== undefined ? "stop_sequence" : stopReasons[reason]

/** Anthropic's input tokens leave out what came from the cache or went into it. */
export const usageOf = (usage: Usage) => ({
  input_tokens: Math.max(0, usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteTokens),
  cache_creation_input_tokens: usage.cacheWriteTokens,
  cache_read_input_tokens: usage.cachedInputTokens,
  output_tokens: usage.outputTokens,
  output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  server_tool_use: null,
  ...costFields(usage)
})

/** What is the same in a whole answer and in the first event of a streamed one. */
export const messageHead = (id: string, model: string) => ({
  id,
  type: "message" as const,
  role: "assistant" as const,
  model,
  container: null,
  diagnostics: null,
  stop_details: null
})

export interface MessageOptions {
  readonly id: string
  /** Which of the caller's the model stopped at, where its provider tells. */
  readonly stopSequence: string | undefined
  readonly hidesThinking: boolean
}

export const message = (answer: ModelAnswer, { hidesThinking, id, stopSequence }: MessageOptions) => ({
  ...messageHead(id, answer.model),
  content: answer.content.flatMap((part) => blocks(part, hidesThinking)),
  stop_reason: stopReasonOf(answer.finishReason, stopSequence),
  stop_sequence: stopSequence ?? null,
  usage: usageOf(answer.usage)
})

export const textBlock = (text: string) => ({ type: "text" as const, text, citations: null })
export const thinkingBlock = (thinking: string, signature: string) => ({ type: "thinking" as const, thinking, signature })
export const redactedBlock = (signature: string) => ({
  type: "redacted_thinking" as const,
  data: signature.slice(redactedPrefix.length)
})
export const toolUseBlock = (id: string, name: string, input: object) => ({
  type: "tool_use" as const,
  id,
  name,
  input,
  caller: { type: "direct" as const }
})

type Block = ReturnType<typeof textBlock | typeof thinkingBlock | typeof redactedBlock | typeof toolUseBlock>

const blocks = (part: AssistantPart, hidesThinking: boolean): ReadonlyArray<Block> => {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [textBlock(part.text)]
    case "reasoning": {
      const { signature = "", text } = part
      const shown = hidesThinking ? "" : text
      if (!signature.startsWith(redactedPrefix)) return shown === "" && signature === "" ? [] : [thinkingBlock(shown, signature)]
      // What was shown before what is hidden was not signed.
      return [...(shown === "" ? [] : [thinkingBlock(shown, "")]), redactedBlock(signature)]
    }
    case "tool-call":
      return [toolUseBlock(part.id, part.name, inputOf(part.arguments))]
  }
}

/** Anthropic's shape has room for objects only; arguments that a model wrote badly are told as they are, under a name of ours. */
const inputOf = (text: string): object => {
  if (text.trim() === "") return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value
  } catch {
    // Told below.
  }
  return { invalid_json: text }
}
