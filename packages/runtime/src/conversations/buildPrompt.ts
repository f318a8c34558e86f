/** What is asked of a model: the path to the answer, in the words of `ModelRequest`. */
import type { AssistantPart, ToolResultPart, UserPart } from "@parley/domain/Content"
import { textOf } from "@parley/domain/Content"
import type { Message } from "@parley/domain/Message"
import type { ModelMessage, ModelParameters } from "@parley/domain/ModelRequest"
import type { RunState } from "@parley/domain/RunFrame"
import * as continuation from "@parley/providers/routing/continuation"

/** `path` is from the root to the message that is answered. Failed answers without content say nothing and are left out. */
export const buildPrompt = (systemPrompt: string | null, path: ReadonlyArray<Message>): ReadonlyArray<ModelMessage> => {
  const answeredCalls = new Set<string>()
  for (const message of path) {
    for (const part of message.content) if (part.type === "tool-result") answeredCalls.add(part.toolCallId)
  }
  const prompt: Array<ModelMessage> = []
  if (systemPrompt !== null && systemPrompt !== "") {
    prompt.push({ role: "system", content: [{ type: "text", text: systemPrompt }] })
  }
  for (const message of path) {
    if (message.role === "assistant") pushAssistant(prompt, message, answeredCalls)
    else if (message.role === "user") pushUser(prompt, message)
    else prompt.push({ role: "system", content: message.content.filter((part) => part.type === "text") })
  }
  return prompt
}

/** Whether a partial answer can be gone on with; else it is asked for again from its beginning. */
export const isContinuable = ({ content }: RunState, parameters: ModelParameters): boolean =>
  continuation.isContinuable({ text: textOf(content), hasCalls: content.some((part) => part.type === "tool-call") }, parameters)

/** What a partial answer has said, as whoever goes on with it wants to know it. */
export const saidIn = ({ content }: RunState) => ({
  text: textOf(content),
  reasoning: content.map((part) => (part.type === "reasoning" ? part.text : "")).join("")
})

/** As long as what a model is shown that goes on with it. */
export const withSaid = (prompt: ReadonlyArray<ModelMessage>, { text }: { readonly text: string }): ReadonlyArray<ModelMessage> =>
  continuation.continuePrompt(prompt, text)

/** A provider refuses a call that nobody answered, and an empty message. */
const pushAssistant = (prompt: Array<ModelMessage>, message: Message, answeredCalls: ReadonlySet<string>): void => {
  const content: Array<AssistantPart> = []
  for (const part of message.content) {
    if (part.type === "image" || part.type === "file" || part.type === "tool-result") continue
    if (part.type === "tool-call" && !answeredCalls.has(part.id)) continue
    if (part.type === "text" && part.text === "") continue
    content.push(part)
  }
  if (content.some((part) => part.type !== "reasoning")) prompt.push({ role: "assistant", content })
}

const pushUser = (prompt: Array<ModelMessage>, message: Message): void => {
  const results: Array<ToolResultPart> = []
  const content: Array<UserPart> = []
  for (const part of message.content) {
    if (part.type === "tool-result") results.push(part)
    else if (part.type === "text" || part.type === "image") content.push(part)
  }
  if (results.length > 0) prompt.push({ role: "tool", content: results })
  if (content.length > 0) prompt.push({ role: "user", content })
}
