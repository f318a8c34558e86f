/** From Anthropic's shape to ours. */
import type { CompletionRequest } from "@parley/domain/Completions"
import { redactedPrefix, type AssistantPart, type UserPart } from "@parley/domain/Content"
import type { ModelMessage, ModelParameters, ReasoningEffort, ToolChoice } from "@parley/domain/ModelRequest"
import { given } from "../given.ts"
import type { InputMessage, MessagesRequest } from "./MessagesRequest.ts"

export const toModelRequest = (request: MessagesRequest): CompletionRequest => ({
  model: request.model,
  messages: [...systemMessages(request.system), ...request.messages.map(message)],
  parameters: parameters(request)
})

const textPart = (text: string) => ({ type: "text", text }) as const

const systemMessages = (system: MessagesRequest["system"]): ReadonlyArray<ModelMessage> => {
  if (system === undefined || system === null || system.length === 0) return []
  return [{ role: "system", content: typeof system === "string" ? [textPart(system)] : system }]
}

const message = (from: InputMessage): ModelMessage => {
  switch (from.role) {
    case "system":
      return { role: "system", content: typeof from.content === "string" ? [textPart(from.content)] : from.content }
    case "user":
      return { role: "user", content: typeof from.content === "string" ? [textPart(from.content)] : from.content.map(userPart) }
    case "assistant":
      return {
        role: "assistant",
        content: typeof from.content === "string" ? [textPart(from.content)] : from.content.map(assistantPart)
      }
  }
}

type Block<Role extends InputMessage["role"]> = Exclude<Extract<InputMessage, { role: Role }>["content"], string>[number]

const userPart = (block: Block<"user">): UserPart => {
  switch (block.type) {
    case "text":
      return block
    case "image": {
      const { source } = block
      return { type: "image", url: source.type === "url" ? source.url : `data:${source.media_type};base64,${source.data}` }
    }
    case "tool_result": {
      const content = block.content ?? ""
      return {
        type: "tool-result",
        toolCallId: block.tool_use_id,
        content: typeof content === "string" ? content : content.map((part) => part.text).join(""),
        ...given("isError", block.is_error)
      }
    }
  }
}

const assistantPart = (block: Block<"assistant">): AssistantPart => {
  switch (block.type) {
    case "text":
      return block
    case "thinking":
      return { type: "reasoning", text: block.thinking, ...(block.signature ? { signature: block.signature } : {}) }
    case "redacted_thinking":
      return { type: "reasoning", text: "", signature: `${redactedPrefix}${block.data}` }
    case "tool_use":
      return { type: "tool-call", id: block.id, name: block.name, arguments: JSON.stringify(block.input) }
  }
}

const parameters = (request: MessagesRequest): ModelParameters => {
  const choice = request.tool_choice ?? undefined
  const format = request.output_config?.format
  return {
    maxOutputTokens: request.max_tokens,
    ...given("temperature", request.temperature),
    ...given("topP", request.top_p),
    ...given("stop", request.stop_sequences),
    ...given("reasoningEffort", reasoningEffort(request)),
    // Anthropic's clients name no schema, and theirs are always binding.
    ...(format ? { responseFormat: { type: "json-schema", name: "answer", schema: format.schema, strict: true } } : {}),
    ...given(
      "tools",
      request.tools?.map(({ description, input_schema, name, strict }) => ({
        name,
        ...given("description", description),
        parameters: input_schema,
        ...given("strict", strict)
      }))
    ),
    ...given("toolChoice", toolChoice(choice)),
    ...(choice !== undefined && choice.type !== "none" && choice.disable_parallel_tool_use === true
      ? { parallelToolCalls: false }
      : {}),
    ...given("user", request.metadata?.user_id)
  }
}

const toolChoice = (choice: NonNullable<MessagesRequest["tool_choice"]> | undefined): ToolChoice | undefined => {
  switch (choice?.type) {
    case undefined:
      return undefined
    case "any":
      return "required"
    case "tool":
      return { name: choice.name }
    default:
      return choice?.type
  }
}

/** Models are asked for an effort, not for a number of tokens: the largest budget, in tokens, that still means each. */
const budgets: ReadonlyArray<readonly [largest: number, effort: ReasoningEffort]> = [
  [4_096, "low"],
  [16_384, "medium"]
]

const reasoningEffort = ({ output_config, thinking }: MessagesRequest): ReasoningEffort | undefined => {
  const effort = output_config?.effort ?? undefined
  switch (thinking?.type) {
    case undefined:
      return effort
    case "disabled":
      return "none"
    case "adaptive":
      return effort ?? "high"
    case "enabled": {
      const { budget_tokens } = thinking
      return effort ?? budgets.find(([largest]) => budget_tokens <= largest)?.[1] ?? "high"
    }
  }
}
