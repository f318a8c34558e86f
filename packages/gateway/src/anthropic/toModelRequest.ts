/** From Anthropic's shape to ours. */
import type { CompletionRequest } from "@parley/domain/Completions"
import { redactedPrefix, type AssistantPart, type CacheFor, type UserPart } from "@parley/domain/Content"
import type { ModelMessage, ModelParameters, ReasoningEffort, ToolChoice } from "@parley/domain/ModelRequest"
import { given } from "../given.ts"
import type { InputMessage, MessagesRequest } from "./MessagesRequest.ts"

export const toModelRequest = (request: MessagesRequest): CompletionRequest => ({
  model: request.model,
  messages: withLastKept([...systemMessages(request.system), ...request.messages.map(message)], request.cache_control),
  parameters: parameters(request)
})

const textPart = (text: string) => ({ type: "text", text }) as const

type CacheControl = MessagesRequest["cache_control"]

const cacheForOf = (control: CacheControl): { readonly cacheFor?: CacheFor } =>
  control === undefined || control === null ? {} : { cacheFor: control.ttl ?? "5m" }

const textBlock = ({ cache_control, text }: Block<"system">) => ({ ...textPart(text), ...cacheForOf(cache_control) })

const withLastKept = (messages: ReadonlyArray<ModelMessage>, control: CacheControl): ReadonlyArray<ModelMessage> => {
  const last = messages.at(-1)
  if (control === undefined || control === null || last === undefined || last.role === "tool") return messages
  const content = last.content.map((part, n) => (n === last.content.length - 1 ? { ...part, ...cacheForOf(control) } : part))
  // The same parts with one key more, which the compiler does not see of a union.
  return [...messages.slice(0, -1), { ...last, content } as ModelMessage]
}

const systemMessages = (system: MessagesRequest["system"]): ReadonlyArray<ModelMessage> => {
  if (system === undefined || system === null || system.length === 0) return []
  return [{ role: "system", content: typeof system === "string" ? [textPart(system)] : system.map(textBlock) }]
}

const message = (from: InputMessage): ModelMessage => {
  switch (from.role) {
    case "system":
      return {
        role: "system",
        content: typeof from.content === "string" ? [textPart(from.content)] : from.content.map(textBlock)
      }
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
      return textBlock(block)
    case "image": {
      const { source } = block
      const url = source.type === "url" ? source.url : `data:${source.media_type};base64,${source.data}`
      return { type: "image", url, ...cacheForOf(block.cache_control) }
    }
    case "tool_result": {
      const content = block.content ?? ""
      return {
        type: "tool-result",
        toolCallId: block.tool_use_id,
        content: typeof content === "string" ? content : content.map((part) => part.text).join(""),
        ...given("isError", block.is_error),
        ...cacheForOf(block.cache_control)
      }
    }
  }
}

const assistantPart = (block: Block<"assistant">): AssistantPart => {
  switch (block.type) {
    case "text":
      return textBlock(block)
    case "thinking":
      return { type: "reasoning", text: block.thinking, ...(block.signature ? { signature: block.signature } : {}) }
    case "redacted_thinking":
      return { type: "reasoning", text: "", signature: `${redactedPrefix}${block.data}` }
    case "tool_use":
      return {
        type: "tool-call",
        id: block.id,
        name: block.name,
        arguments: JSON.stringify(block.input),
        ...cacheForOf(block.cache_control)
      }
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
      request.tools?.map(({ cache_control, description, input_schema, name, strict }) => ({
        name,
        ...given("description", description),
        parameters: input_schema,
        ...given("strict", strict),
        ...cacheForOf(cache_control)
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
