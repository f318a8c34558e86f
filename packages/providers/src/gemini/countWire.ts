/**
 * How Gemini counts the tokens of a prompt, for nothing: `countTokens` of its own API, which stands beside the one in OpenAI's words that it is
 * otherwise asked by.
 */
import { Effect } from "effect"
import type { ImagePart, ToolResultPart } from "@parley/domain/Content"
import type { ModelRequest, ToolDefinition } from "@parley/domain/ModelRequest"
import { countOf, parseObject } from "../call/foreign.ts"
import { turnsOf } from "../call/turnsOf.ts"
import type { SaidPart } from "../call/turnsOf.ts"
import type { CountWire } from "../tokens/TokenCounter.ts"
import type { Target } from "../wire/Wire.ts"

type Part = Readonly<Record<string, unknown>>

/** Undefined where the address is not that of Gemini's API in OpenAI's words: its own is then not known. */
export const countWire = ({ apiKey, baseUrl, headers: configured = {} }: Target): CountWire | undefined => {
  const own = /^(.*)\/openai$/.exec(baseUrl)?.[1]
  if (own === undefined) return undefined
  const named = {
    "content-type": "application/json",
    ...(apiKey === undefined ? {} : { "x-goog-api-key": apiKey }),
    ...configured
  }
  const headers = Object.entries(named).flat()
  return {
    baseUrl: own,
    call: (request) => {
      const model = `models/${request.model.replace(/^models\//, "")}`
      const body = JSON.stringify({ generateContentRequest: { model, ...encodeCount(request) } })
      return Effect.succeed({ path: `/${model}:countTokens`, headers, body })
    },
    decode: ({ totalTokens }) => countOf(totalTokens)
  }
}

export const encodeCount = ({ messages, parameters: { tools = [] } }: ModelRequest): Part => {
  const system = messages.flatMap((message) => (message.role === "system" ? message.content.map(({ text }) => ({ text })) : []))
  const names = new Map<string, string>()
  for (const { content } of messages) for (const part of content) if (part.type === "tool-call") names.set(part.id, part.name)
  const turns = turnsOf<Part>(messages, { result: resultOf(names), said: partsOf })
  return {
    contents: turns.map(({ content, role }) => ({ role: role === "assistant" ? "model" : role, parts: content })),
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    ...(tools.length === 0 ? {} : { tools: [{ functionDeclarations: tools.map(declarationOf) }] })
  }
}

const partsOf = (part: SaidPart): ReadonlyArray<Part> => {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ text: part.text }]
    case "image":
      return [imageOf(part)]
    case "reasoning":
      return []
    case "tool-call":
      return [{ functionCall: { name: part.name, args: parseObject(part.arguments) ?? {} } }]
  }
}

/** A picture by address is fetched by the provider when it answers, and not to count. */
const imageOf = ({ url }: ImagePart): Part => {
  const inline = /^data:(image\/[a-z+.-]+);base64,/.exec(url.slice(0, 64))
  return inline === null
    ? { text: `[picture: ${url}]` }
    : { inlineData: { mimeType: inline[1], data: url.slice(inline[0].length) } }
}

/** A result names the function and not its call. */
const resultOf =
  (names: ReadonlyMap<string, string>) =>
  ({ content, toolCallId }: ToolResultPart): Part => ({
    functionResponse: { name: names.get(toolCallId) ?? toolCallId, response: parseObject(content) ?? { result: content } }
  })

const declarationOf = ({ description, name, parameters }: ToolDefinition): Part => ({
  name,
  ...(description === undefined ? {} : { description }),
  ...(parameters === undefined ? {} : { parametersJsonSchema: parameters })
})
