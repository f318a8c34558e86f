/**
 * Whether a parsed body is a chat request of the commonest shape: messages of text, and nothing beside them but what is told here. What is one is
 * valid as it is, and the schema, which costs ten times as much, is not asked. What is none may be valid all the same: then the schema says so. A
 * property holds the two against each other.
 */
import { maxTextLength } from "@parley/domain/Content"
import { maxMessages } from "@parley/domain/ModelRequest"
import { bounds } from "./ChatRequest.ts"
import type { ChatRequest } from "./ChatRequest.ts"

export const isPlainChatRequest = (input: unknown): input is ChatRequest => {
  if (!isRecord(input) || input["model"] === undefined || input["messages"] === undefined) return false
  for (const key in input) if (!isPlainField(key, input[key])) return false
  return true
}

const isPlainField = (key: string, value: unknown): boolean => {
  switch (key) {
    case "model":
      return typeof value === "string" && value.length > 0 && value.length <= bounds.modelLength
    case "messages":
      return Array.isArray(value) && value.length > 0 && value.length <= maxMessages && value.every(isPlainMessage)
    case "stream":
      return typeof value === "boolean"
    case "temperature":
      return isWithin(bounds.temperature, value)
    case "top_p":
      return isWithin(bounds.topP, value)
    case "max_tokens":
    case "max_completion_tokens":
      return isWithin(bounds.tokens, value) && Number.isInteger(value)
    default:
      return false
  }
}

const isPlainMessage = (message: unknown): boolean => {
  if (!isRecord(message)) return false
  const { content, role } = message
  if (role !== "user" && role !== "assistant" && role !== "system" && role !== "developer") return false
  if (typeof content !== "string" || content.length > maxTextLength) return false
  for (const key in message) if (key !== "role" && key !== "content") return false
  return true
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isWithin = ({ maximum, minimum }: { readonly minimum: number; readonly maximum: number }, value: unknown): boolean =>
  typeof value === "number" && value >= minimum && value <= maximum
