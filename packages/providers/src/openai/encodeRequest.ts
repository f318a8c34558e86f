/** Our request in the words of OpenAI's chat completions. */
import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsBase,
  ChatCompletionMessageParam,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption
} from "openai/resources/chat/completions"
import { textOf } from "@parley/domain/Content"
import type { AssistantPart, ToolResultPart, UserPart } from "@parley/domain/Content"
import type { ModelMessage, ModelParameters, ModelRequest } from "@parley/domain/ModelRequest"

/** What compatible servers call differently. */
export interface OpenaiDialect {
  readonly maxTokens: "max_completion_tokens" | "max_tokens"
}

export const encodeRequest =
  (dialect: OpenaiDialect) =>
  (request: ModelRequest, streaming: boolean): ChatCompletionCreateParamsBase => ({
    model: request.model,
    messages: messagesOf(request.messages),
    ...encodeParameters(dialect, request.parameters),
    ...(streaming ? { stream: true, stream_options: { include_usage: true } } : {})
  })

const messagesOf = (messages: ReadonlyArray<ModelMessage>): Array<ChatCompletionMessageParam> => {
  const encoded: Array<ChatCompletionMessageParam> = []
  for (const message of messages) {
    switch (message.role) {
      case "system":
        encoded.push({ role: "system", content: textOf(message.content) })
        break
      case "user":
        pushUser(encoded, message.content)
        break
      case "assistant":
        encoded.push(assistantMessage(message.content))
        break
      case "tool":
        for (const part of message.content) encoded.push(toolMessage(part))
        break
    }
  }
  return encoded
}

/** Results of tools are messages of their own here, and must come right after the call. */
const pushUser = (messages: Array<ChatCompletionMessageParam>, parts: ReadonlyArray<UserPart>): void => {
  const content: Array<ChatCompletionContentPart> = []
  for (const part of parts) {
    switch (part.type) {
      case "text":
        content.push({ type: "text", text: part.text })
        break
      case "image":
        content.push({
          type: "image_url",
          image_url: { url: part.url, ...(part.detail === undefined ? {} : { detail: part.detail }) }
        })
        break
      case "tool-result":
        messages.push(toolMessage(part))
        break
    }
  }
  const only = content.length === 1 ? content[0] : undefined
  if (content.length > 0) messages.push({ role: "user", content: only?.type === "text" ? only.text : content })
}

/** Reasoning is left out: this wire has no place for it. */
const assistantMessage = (parts: ReadonlyArray<AssistantPart>): ChatCompletionMessageParam => {
  const text = textOf(parts)
  const calls = parts.flatMap((part) =>
    part.type === "tool-call"
      ? [{ type: "function" as const, id: part.id, function: { name: part.name, arguments: part.arguments } }]
      : []
  )
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(calls.length === 0 ? {} : { tool_calls: calls })
  }
}

const toolMessage = (part: ToolResultPart): ChatCompletionMessageParam => ({
  role: "tool",
  tool_call_id: part.toolCallId,
  content: part.content
})

const encodeParameters = (dialect: OpenaiDialect, parameters: ModelParameters): Partial<ChatCompletionCreateParamsBase> => {
  const body: Partial<ChatCompletionCreateParamsBase> = {}
  if (parameters.temperature !== undefined) body.temperature = parameters.temperature
  if (parameters.topP !== undefined) body.top_p = parameters.topP
  if (parameters.maxOutputTokens !== undefined) body[dialect.maxTokens] = parameters.maxOutputTokens
  if (parameters.stop !== undefined && parameters.stop.length > 0) body.stop = [...parameters.stop]
  if (parameters.seed !== undefined) body.seed = parameters.seed
  if (parameters.frequencyPenalty !== undefined) body.frequency_penalty = parameters.frequencyPenalty
  if (parameters.presencePenalty !== undefined) body.presence_penalty = parameters.presencePenalty
  if (parameters.reasoningEffort !== undefined) body.reasoning_effort = parameters.reasoningEffort
  if (parameters.responseFormat !== undefined) body.response_format = responseFormatOf(parameters.responseFormat)
  if (parameters.tools !== undefined && parameters.tools.length > 0) {
    body.tools = parameters.tools.map(toolOf)
    if (parameters.toolChoice !== undefined) body.tool_choice = toolChoiceOf(parameters.toolChoice)
    if (parameters.parallelToolCalls !== undefined) body.parallel_tool_calls = parameters.parallelToolCalls
  }
  if (parameters.user !== undefined) body.user = parameters.user
  return body
}

const responseFormatOf = (
  format: NonNullable<ModelParameters["responseFormat"]>
): NonNullable<ChatCompletionCreateParamsBase["response_format"]> => {
  switch (format.type) {
    case "text":
      return { type: "text" }
    case "json":
      return { type: "json_object" }
    case "json-schema":
      return {
        type: "json_schema",
        json_schema: {
          name: format.name,
          schema: { ...format.schema },
          ...(format.strict === undefined ? {} : { strict: format.strict })
        }
      }
  }
}

const toolOf = (tool: NonNullable<ModelParameters["tools"]>[number]): ChatCompletionTool => ({
  type: "function",
  function: {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(tool.parameters === undefined ? {} : { parameters: { ...tool.parameters } }),
    ...(tool.strict === undefined ? {} : { strict: tool.strict })
  }
})

const toolChoiceOf = (choice: NonNullable<ModelParameters["toolChoice"]>): ChatCompletionToolChoiceOption =>
  typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } }
