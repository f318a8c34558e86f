/**
 * Our request in the words of Anthropic's messages. What this API has no place for is left out: seed and penalties, temperature and top_p
 * where the model takes them no more (the SDK's types have dropped both), reasoning that no Claude signed, and system messages in the middle of a
 * conversation, which join the others at its top.
 */
import type {
  CacheControlEphemeral,
  ContentBlockParam,
  ImageBlockParam,
  MessageCreateParamsBase,
  TextBlockParam,
  Tool,
  ToolChoice,
  ToolResultBlockParam
} from "@anthropic-ai/sdk/resources/messages"
import type { CacheFor, ImagePart, ToolResultPart } from "@parley/domain/Content"
import type { ModelParameters, ModelRequest } from "@parley/domain/ModelRequest"
import { parseObject } from "../call/foreign.ts"
import { turnsOf } from "../call/turnsOf.ts"
import type { SaidPart } from "../call/turnsOf.ts"
import { redactedPrefix } from "./decodeParts.ts"
import { samplingOf } from "./samplingOf.ts"

/** The API demands a bound; this is ours where the caller gave none, in tokens. */
export const defaultMaxOutputTokens = 4_096

/** The API has no JSON mode without a schema. */
export const jsonInstruction = "Answer with one JSON object and nothing else: no text around it, no code fence."

type Encoded = MessageCreateParamsBase & { readonly temperature?: number; readonly top_p?: number }

export const encodeRequest = (request: ModelRequest, streaming: boolean): Encoded => {
  const system = systemOf(request)
  return {
    model: request.model,
    max_tokens: request.parameters.maxOutputTokens ?? defaultMaxOutputTokens,
    messages: turnsOf<ContentBlockParam>(request.messages, { result: toolResult, said: blocksOf }),
    ...(system.length === 0 ? {} : { system }),
    ...encodeSampling(request),
    ...encodeParameters(request.parameters),
    ...(streaming ? { stream: true } : {})
  }
}

/** One text; blocks where one of them is to be kept. */
const systemOf = (request: ModelRequest): string | Array<TextBlockParam> => {
  const parts = request.messages.flatMap((message) => (message.role === "system" ? message.content : []))
  const said = parts.filter(({ text }) => text !== "")
  if (request.parameters.responseFormat?.type === "json") said.push({ type: "text", text: jsonInstruction })
  if (said.every(({ cacheFor }) => cacheFor === undefined)) return said.map(({ text }) => text).join("\n\n")
  return said.map(({ cacheFor, text }) => ({ type: "text", text, ...kept(cacheFor) }))
}

const kept = (cacheFor: CacheFor | undefined): { cache_control?: CacheControlEphemeral } =>
  cacheFor === undefined ? {} : { cache_control: { type: "ephemeral", ttl: cacheFor } }

const blocksOf = (part: SaidPart): Array<ContentBlockParam> => {
  switch (part.type) {
    case "text":
      // The API refuses empty texts.
      return part.text === "" ? [] : [{ type: "text", text: part.text, ...kept(part.cacheFor) }]
    case "image":
      return [{ type: "image", source: imageSource(part), ...kept(part.cacheFor) }]
    case "reasoning":
      if (part.signature === undefined) return []
      return part.signature.startsWith(redactedPrefix)
        ? [{ type: "redacted_thinking", data: part.signature.slice(redactedPrefix.length) }]
        : [{ type: "thinking", thinking: part.text, signature: part.signature }]
    case "tool-call":
      return [{ type: "tool_use", id: part.id, name: part.name, input: inputOf(part.arguments), ...kept(part.cacheFor) }]
  }
}

const imageSource = (part: ImagePart): ImageBlockParam["source"] => {
  const inline = /^data:(image\/(?:png|jpeg|gif|webp));base64,/.exec(part.url)
  if (inline === null) return { type: "url", url: part.url }
  const media = mediaTypes.find((type) => type === inline[1]) ?? "image/png"
  return { type: "base64", media_type: media, data: part.url.slice(inline[0].length) }
}

const mediaTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const

/** The API takes objects only; arguments that a model wrote badly go back as they were, so that it can see them. */
const inputOf = (text: string): { readonly [key: string]: unknown } =>
  text.trim() === "" ? {} : (parseObject(text) ?? { invalid_json: text })

const toolResult = (part: ToolResultPart): ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: part.toolCallId,
  content: part.content,
  ...(part.isError === true ? { is_error: true } : {}),
  ...kept(part.cacheFor)
})

const encodeSampling = ({ model, parameters }: ModelRequest): Pick<Encoded, "temperature" | "top_p"> => {
  const { topP, ...sampling } = samplingOf(model, parameters)
  return topP === undefined ? sampling : { ...sampling, top_p: topP }
}

const encodeParameters = (parameters: ModelParameters): Partial<MessageCreateParamsBase> => {
  const body: Partial<MessageCreateParamsBase> = {}
  // Stop sequences of white space only are refused by the API.
  const stops = parameters.stop?.filter((stop) => stop.trim() !== "") ?? []
  if (stops.length > 0) body.stop_sequences = stops
  if (parameters.tools !== undefined && parameters.tools.length > 0) {
    body.tools = parameters.tools.map(toolOf)
    const choice = toolChoiceOf(parameters)
    if (choice !== undefined) body.tool_choice = choice
  }
  if (parameters.user !== undefined) body.metadata = { user_id: parameters.user }
  const output = outputOf(parameters)
  if (output !== undefined) body.output_config = output
  if (parameters.reasoningEffort === "none") body.thinking = { type: "disabled" }
  else if (parameters.reasoningEffort !== undefined) body.thinking = { type: "adaptive", display: "summarized" }
  return body
}

const outputOf = (parameters: ModelParameters): MessageCreateParamsBase["output_config"] => {
  const format = parameters.responseFormat
  const effort = parameters.reasoningEffort
  const output = {
    ...(format?.type === "json-schema" ? { format: { type: "json_schema" as const, schema: { ...format.schema } } } : {}),
    ...(effort === undefined || effort === "none" ? {} : { effort: effort === "minimal" ? ("low" as const) : effort })
  }
  return Object.keys(output).length === 0 ? undefined : output
}

const toolOf = (tool: NonNullable<ModelParameters["tools"]>[number]): Tool => ({
  name: tool.name,
  ...(tool.description === undefined ? {} : { description: tool.description }),
  input_schema: { ...tool.parameters, type: "object" },
  ...(tool.strict === undefined ? {} : { strict: tool.strict }),
  ...kept(tool.cacheFor)
})

const toolChoiceOf = (parameters: ModelParameters): ToolChoice | undefined => {
  const choice = parameters.toolChoice
  const single = parameters.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {}
  if (choice === undefined) return parameters.parallelToolCalls === false ? { type: "auto", ...single } : undefined
  if (typeof choice === "object") return { type: "tool", name: choice.name, ...single }
  switch (choice) {
    case "none":
      return { type: "none" }
    case "required":
      return { type: "any", ...single }
    case "auto":
      return { type: "auto", ...single }
  }
}
