/** From OpenAI's Responses shape to ours. */
import type { CompletionRequest } from "@parley/domain/Completions"
import type { AssistantPart, ReasoningPart, ToolResultPart, UserPart } from "@parley/domain/Content"
import type { ModelMessage, ModelParameters } from "@parley/domain/ModelRequest"
import { given } from "../given.ts"
import { responseFormat, toolDefinition } from "../openai/toolsAndFormats.ts"
import type { InputItem, ResponsesRequest } from "./ResponsesRequest.ts"

export const toModelRequest = (request: ResponsesRequest): CompletionRequest => ({
  model: request.model,
  messages: [
    ...(request.instructions ? [{ role: "system" as const, content: [textPart(request.instructions)] }] : []),
    ...(typeof request.input === "string"
      ? [{ role: "user" as const, content: [textPart(request.input)] }]
      : messages(request.input))
  ],
  parameters: parameters(request)
})

const textPart = (text: string) => ({ type: "text", text }) as const

/** What the model said comes as several items, which are one message to us; so are the results of the calls that follow it. */
const messages = (items: ReadonlyArray<InputItem>): ReadonlyArray<ModelMessage> => {
  const all: Array<ModelMessage> = []
  let said: Array<AssistantPart> | undefined
  let results: Array<ToolResultPart> | undefined
  for (const item of items) {
    const parts = assistantParts(item)
    if (parts !== undefined) {
      if (said === undefined) all.push({ role: "assistant", content: (said = []) })
      said.push(...parts)
      results = undefined
      continue
    }
    said = undefined
    if (item.type === "function_call_output") {
      if (results === undefined) all.push({ role: "tool", content: (results = []) })
      results.push(toolResult(item))
      continue
    }
    results = undefined
    all.push(...told(item))
  }
  return all
}

/** Undefined when the model did not say it. */
const assistantParts = (item: InputItem): ReadonlyArray<AssistantPart> | undefined => {
  switch (item.type) {
    case "function_call":
      return [{ type: "tool-call", id: item.call_id, name: item.name, arguments: item.arguments }]
    case "reasoning":
      return [reasoning(item)]
    case "function_call_output":
      return undefined
    case "message":
      if (item.role !== "assistant") return undefined
      return typeof item.content === "string"
        ? [textPart(item.content)]
        : item.content.map((part) => textPart(part.type === "refusal" ? part.refusal : part.text))
  }
}

const reasoning = (item: Extract<InputItem, { type: "reasoning" }>): ReasoningPart => {
  const shown = item.content !== undefined && item.content !== null && item.content.length > 0 ? item.content : item.summary
  return {
    type: "reasoning",
    text: shown.map((part) => part.text).join(""),
    ...(item.encrypted_content ? { signature: item.encrypted_content } : {})
  }
}

const toolResult = (item: Extract<InputItem, { type: "function_call_output" }>): ToolResultPart => ({
  type: "tool-result",
  toolCallId: item.call_id,
  content: typeof item.output === "string" ? item.output : item.output.map((part) => part.text).join("")
})

const told = (item: InputItem): ReadonlyArray<ModelMessage> => {
  if (item.type !== "message" || item.role === "assistant") return []
  if (item.role === "user") {
    return [{ role: "user", content: typeof item.content === "string" ? [textPart(item.content)] : item.content.map(userPart) }]
  }
  const { content } = item
  return [
    {
      role: "system",
      content: typeof content === "string" ? [textPart(content)] : content.map((part) => textPart(part.text))
    }
  ]
}

type Part = Exclude<Extract<InputItem, { role: "user" }>["content"], string>[number]

const userPart = (part: Part): UserPart =>
  part.type === "input_text" ? textPart(part.text) : { type: "image", url: part.image_url, ...given("detail", part.detail) }

const parameters = (request: ResponsesRequest): ModelParameters => {
  const choice = request.tool_choice
  return {
    ...given("temperature", request.temperature),
    ...given("topP", request.top_p),
    ...given("maxOutputTokens", request.max_output_tokens),
    ...given("reasoningEffort", request.reasoning?.effort),
    ...given("responseFormat", responseFormat(request.text?.format)),
    ...given("tools", request.tools?.map(toolDefinition)),
    ...given("toolChoice", typeof choice === "object" && choice !== null ? { name: choice.name } : choice),
    ...given("parallelToolCalls", request.parallel_tool_calls),
    ...given("user", request.user ?? request.safety_identifier)
  }
}
