/**
 * Our request in the words of Bedrock's Converse, which are the same for every model there. What it has no place for is left out: seed and
 * penalties, parallel calls, reasoning effort, and pictures by address, of which it is told the address instead.
 */
import type { ImagePart, ToolResultPart } from "@parley/domain/Content"
import { redactedPrefix } from "@parley/domain/Content"
import type { ModelParameters, ModelRequest } from "@parley/domain/ModelRequest"
import { samplingOf as claudeSamplingOf } from "../anthropic/samplingOf.ts"
import type { Sampling } from "../anthropic/samplingOf.ts"
import { parseObject } from "../call/foreign.ts"
import { turnsOf } from "../call/turnsOf.ts"
import type { SaidPart } from "../call/turnsOf.ts"
import { claudeOf } from "./claudeOf.ts"

type Block = Readonly<Record<string, unknown>>

/** Converse has no JSON mode. */
const jsonInstruction = "Answer with one JSON object and nothing else: no text around it, no code fence."

export interface ConverseRequest {
  readonly messages: ReadonlyArray<object>
  readonly system?: ReadonlyArray<Block>
  readonly inferenceConfig?: Block
  readonly toolConfig?: Block
}

export const encodeRequest = (request: ModelRequest): ConverseRequest => {
  const { parameters } = request
  const system = systemOf(request)
  const config = inferenceConfigOf(request)
  const tools = toolConfigOf(parameters)
  return {
    messages: turnsOf<Block>(request.messages, { result: toolResult, said: blocksOf }),
    ...(system.length === 0 ? {} : { system: system.map((text) => ({ text })) }),
    ...(Object.keys(config).length === 0 ? {} : { inferenceConfig: config }),
    ...(tools === undefined ? {} : { toolConfig: tools })
  }
}

const systemOf = ({ messages, parameters }: ModelRequest): ReadonlyArray<string> => {
  const texts = messages.flatMap((message) => (message.role === "system" ? message.content.map(({ text }) => text) : []))
  const format = parameters.responseFormat
  if (format?.type === "json") texts.push(jsonInstruction)
  if (format?.type === "json-schema") texts.push(`${jsonInstruction} Its JSON Schema: ${JSON.stringify(format.schema)}`)
  return texts.filter((text) => text !== "")
}

const blocksOf = (part: SaidPart): ReadonlyArray<Block> => {
  switch (part.type) {
    case "text":
      return part.text.trim() === "" ? [] : [{ text: part.text }]
    case "image":
      return [imageOf(part)]
    case "reasoning": {
      if (part.signature === undefined) return []
      return part.signature.startsWith(redactedPrefix)
        ? [{ reasoningContent: { redactedContent: part.signature.slice(redactedPrefix.length) } }]
        : [{ reasoningContent: { reasoningText: { text: part.text, signature: part.signature } } }]
    }
    case "tool-call":
      return [{ toolUse: { toolUseId: part.id, name: part.name, input: inputOf(part.arguments) } }]
  }
}

const imageOf = ({ url }: ImagePart): Block => {
  const inline = /^data:image\/(png|jpeg|gif|webp);base64,/.exec(url.slice(0, 40))
  return inline === null
    ? { text: `[picture: ${url}]` }
    : { image: { format: inline[1], source: { bytes: url.slice(inline[0].length) } } }
}

const inputOf = (text: string): object => (text.trim() === "" ? {} : (parseObject(text) ?? { invalid_json: text }))

const toolResult = ({ content, isError, toolCallId }: ToolResultPart): Block => ({
  toolResult: { toolUseId: toolCallId, content: [{ text: content }], ...(isError === true ? { status: "error" } : {}) }
})

const inferenceConfigOf = ({ model, parameters }: ModelRequest): Block => {
  const { maxOutputTokens, stop } = parameters
  return {
    ...(maxOutputTokens === undefined ? {} : { maxTokens: maxOutputTokens }),
    ...samplingOf(model, parameters),
    ...(stop === undefined || stop.length === 0 ? {} : { stopSequences: stop })
  }
}

/** Reasoning effort is not told here, so that no model thinks for it. */
const samplingOf = (model: string, { temperature, topP }: ModelParameters): Sampling => {
  const asked = {
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
    ...(topP === undefined ? {} : { topP })
  }
  const claude = claudeOf(model)
  return claude === undefined ? asked : claudeSamplingOf(claude, asked)
}

const toolConfigOf = ({ toolChoice, tools }: ModelParameters): Block | undefined => {
  if (tools === undefined || tools.length === 0 || toolChoice === "none") return undefined
  const choice =
    toolChoice === undefined || toolChoice === "auto"
      ? {}
      : { toolChoice: toolChoice === "required" ? { any: {} } : { tool: { name: toolChoice.name } } }
  return {
    tools: tools.map(({ description, name, parameters }) => ({
      toolSpec: {
        name,
        ...(description === undefined ? {} : { description }),
        inputSchema: { json: { ...parameters, type: "object" } }
      }
    })),
    ...choice
  }
}
