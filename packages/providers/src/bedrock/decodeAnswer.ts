/** A whole answer. Bedrock does not repeat the model's name; it is the one that was asked. */
import type { AssistantPart } from "@parley/domain/Content"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import { isObject, listOf, objectOf, textOf } from "../call/foreign.ts"
import type { ForeignObject } from "../call/foreign.ts"
import { finishReasonOf, reasoningOf, usageOf } from "./decodeParts.ts"

export const decodeAnswer = (body: ForeignObject, model: string, responseId: string): ModelAnswer | undefined => {
  const message = objectOf(objectOf(body["output"])["message"])
  if (!Array.isArray(message["content"])) return undefined
  return {
    model,
    responseId,
    content: listOf(message["content"]).flatMap(partsOf),
    finishReason: finishReasonOf(body["stopReason"]),
    usage: usageOf(body["usage"])
  }
}

const partsOf = (value: unknown): ReadonlyArray<AssistantPart> => {
  const block = objectOf(value)
  if (typeof block["text"] === "string") return block["text"] === "" ? [] : [{ type: "text", text: block["text"] }]
  if (isObject(block["reasoningContent"])) return [{ type: "reasoning", ...reasoningOf(block["reasoningContent"]) }]
  if (!isObject(block["toolUse"])) return []
  const { input, name, toolUseId } = block["toolUse"]
  const call = JSON.stringify(isObject(input) ? input : {})
  return [{ type: "tool-call", id: textOf(toolUseId), name: textOf(name), arguments: call }]
}
