/** From OpenAI's shape to ours. */
import type { CompletionRequest } from "@parley/domain/Completions"
import type { AssistantPart, UserPart } from "@parley/domain/Content"
import type { ModelMessage, ModelParameters } from "@parley/domain/ModelRequest"
import { given } from "../given.ts"
import type { ChatMessage, ChatRequest } from "./ChatRequest.ts"
import { responseFormat, toolDefinition } from "./toolsAndFormats.ts"

export const toModelRequest = (request: ChatRequest): CompletionRequest => ({
  model: request.model,
  messages: request.messages.map(message),
  parameters: parameters(request)
})

const textPart = (text: string) => ({ type: "text", text }) as const

const message = (from: ChatMessage): ModelMessage => {
  switch (from.role) {
    case "system":
    case "developer":
      return { role: "system", content: typeof from.content === "string" ? [textPart(from.content)] : from.content }
    case "user":
      return { role: "user", content: typeof from.content === "string" ? [textPart(from.content)] : from.content.map(userPart) }
    case "assistant":
      return { role: "assistant", content: assistantParts(from) }
    case "tool":
      return {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: from.tool_call_id,
            content: typeof from.content === "string" ? from.content : from.content.map((part) => part.text).join("")
          }
        ]
      }
  }
}

type Part = Exclude<Extract<ChatMessage, { role: "user" }>["content"], string>[number]

const userPart = (part: Part): UserPart =>
  part.type === "text"
    ? part
    : {
        type: "image",
        url: part.image_url.url,
        ...given("detail", part.image_url.detail)
      }

const assistantParts = (from: Extract<ChatMessage, { role: "assistant" }>): ReadonlyArray<AssistantPart> => {
  const parts: Array<AssistantPart> = []
  if (from.reasoning_content) parts.push({ type: "reasoning", text: from.reasoning_content })
  if (typeof from.content === "string") {
    if (from.content !== "") parts.push(textPart(from.content))
  } else {
    for (const part of from.content ?? []) parts.push(part.type === "text" ? part : textPart(part.refusal))
  }
  if (from.refusal) parts.push(textPart(from.refusal))
  for (const call of from.tool_calls ?? []) {
    parts.push({ type: "tool-call", id: call.id, name: call.function.name, arguments: call.function.arguments })
  }
  return parts
}

const parameters = (request: ChatRequest): ModelParameters => {
  const maxOutputTokens = request.max_completion_tokens ?? request.max_tokens
  const choice = request.tool_choice
  const format = request.response_format
  return {
    ...given("temperature", request.temperature),
    ...given("topP", request.top_p),
    ...given("frequencyPenalty", request.frequency_penalty),
    ...given("presencePenalty", request.presence_penalty),
    ...given("seed", request.seed),
    ...given("maxOutputTokens", maxOutputTokens),
    ...given("stop", typeof request.stop === "string" ? [request.stop] : request.stop),
    ...given("reasoningEffort", request.reasoning_effort),
    ...given(
      "responseFormat",
      responseFormat(format?.type === "json_schema" ? { type: format.type, ...format.json_schema } : format)
    ),
    ...given(
      "tools",
      request.tools?.map((tool) => toolDefinition(tool.function))
    ),
    ...given("toolChoice", typeof choice === "object" && choice !== null ? { name: choice.function.name } : choice),
    ...given("parallelToolCalls", request.parallel_tool_calls),
    ...given("user", request.user)
  }
}
