/** A whole chat completion. */
import type {
  ChatCompletion,
  ChatCompletionMessage,
  ChatCompletionMessageFunctionToolCall
} from "openai/resources/chat/completions"
import type { AssistantPart } from "@parley/domain/Content"
import type { ModelAnswer } from "@parley/domain/ModelEvent"
import { noUsage } from "@parley/domain/Usage"
import { isObject, listOf, objectOf, textOf } from "../call/foreign.ts"
import type { Foreign, ForeignObject } from "../call/foreign.ts"
import { callIdOf, finishReasonOf, reasoningOf, usageOf } from "./decodeParts.ts"

export const decodeAnswer = (body: ForeignObject): ModelAnswer | undefined => {
  const completion: Foreign<ChatCompletion> = body
  const choice: Foreign<ChatCompletion.Choice> = objectOf(listOf(completion.choices)[0])
  if (!isObject(choice.message)) return undefined
  const message: Foreign<ChatCompletionMessage & { reasoning_content: string; reasoning: string }> = choice.message
  const responseId = textOf(completion.id)
  const content: Array<AssistantPart> = []
  const reasoning = reasoningOf(message)
  if (reasoning !== "") content.push({ type: "reasoning", text: reasoning })
  const refusal = textOf(message.refusal)
  const text = textOf(message.content) + refusal
  if (text !== "") content.push({ type: "text", text })
  listOf(message.tool_calls).forEach((value, index) => {
    const call: Foreign<ChatCompletionMessageFunctionToolCall> = objectOf(value)
    const called: Foreign<ChatCompletionMessageFunctionToolCall.Function> = objectOf(call.function)
    content.push({
      type: "tool-call",
      id: callIdOf(textOf(call.id), responseId, index),
      name: textOf(called.name),
      arguments: textOf(called.arguments)
    })
  })
  return {
    model: textOf(completion.model),
    responseId,
    content,
    finishReason: finishReasonOf(choice.finish_reason, refusal !== ""),
    usage: usageOf(completion.usage) ?? noUsage
  }
}
