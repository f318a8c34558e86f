/** A whole message. */
import type { Message, RedactedThinkingBlock, TextBlock, ThinkingBlock, ToolUseBlock } from "@anthropic-ai/sdk/resources/messages"
import type { AssistantPart } from "@parley/domain/Content"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import { isObject, listOf, objectOf, textOf } from "../call/foreign.ts"
import type { Foreign, ForeignObject } from "../call/foreign.ts"
import { countsOf, finishReasonOf, noCounts, redactedPrefix, usageOf } from "./decodeParts.ts"

export const decodeAnswer = (body: ForeignObject): ModelAnswer | undefined => {
  const message: Foreign<Message> = body
  if (message.type !== "message" || !Array.isArray(message.content)) return undefined
  return {
    model: textOf(message.model),
    responseId: textOf(message.id),
    content: listOf(message.content).flatMap(partsOf),
    finishReason: finishReasonOf(message.stop_reason),
    usage: usageOf(countsOf(message.usage, noCounts))
  }
}

const partsOf = (value: unknown): Array<AssistantPart> => {
  const block: Foreign<TextBlock> & Foreign<ThinkingBlock> & Foreign<RedactedThinkingBlock> & Foreign<ToolUseBlock> =
    objectOf(value)
  switch (block.type) {
    case "text":
      return textOf(block.text) === "" ? [] : [{ type: "text", text: textOf(block.text) }]
    case "thinking":
      return [
        {
          type: "reasoning",
          text: textOf(block.thinking),
          ...(textOf(block.signature) === "" ? {} : { signature: textOf(block.signature) })
        }
      ]
    case "redacted_thinking":
      return [{ type: "reasoning", text: "", signature: `${redactedPrefix}${textOf(block.data)}` }]
    case "tool_use":
      return [
        {
          type: "tool-call",
          id: textOf(block.id),
          name: textOf(block.name),
          arguments: JSON.stringify(isObject(block.input) ? block.input : {})
        }
      ]
    default:
      return []
  }
}
