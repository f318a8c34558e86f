/**
 * Which tool results are shown with which message. A program stores them in the message that follows the call; they are read where the tool was called,
 * and where that is not among the messages, in the message that holds them.
 */
import { useRef } from "react"
import type { ChatMessage, ToolResult } from "../../client/sdk.ts"

/** By the `key` of the message they are shown with. */
export type ToolResults = ReadonlyMap<string, ReadonlyArray<ToolResult>>

/** `messages` is one branch, oldest first. What did not change is the same array as in `before`. */
export const toolResultsOf = (messages: ReadonlyArray<ChatMessage>, before: ToolResults = new Map()): ToolResults => {
  const found = new Map<string, Array<ToolResult>>()
  // Ids are the provider's, and some give them out again with each answer: the last call counts, and its first result.
  const callers = new Map<string, string>()
  for (const { content, key } of messages) {
    for (const part of content) {
      if (part.type === "tool-call") callers.set(part.id, key)
      if (part.type !== "tool-result") continue
      const shownWith = callers.get(part.toolCallId) ?? key
      callers.delete(part.toolCallId)
      const others = found.get(shownWith)
      if (others === undefined) found.set(shownWith, [part])
      else others.push(part)
    }
  }
  const results = new Map<string, ReadonlyArray<ToolResult>>()
  for (const [key, list] of found) {
    const old = before.get(key)
    results.set(key, old?.length === list.length && old.every((part, index) => part === list[index]) ? old : list)
  }
  return results
}

const none: ReadonlyArray<ToolResult> = []

/** Of each message, as long as they are the same the same array: rows are rendered when theirs change. */
export const useToolResults = (messages: ReadonlyArray<ChatMessage>) => {
  const kept = useRef<ToolResults>(undefined)
  const results = toolResultsOf(messages, kept.current)
  kept.current = results
  return (message: ChatMessage): ReadonlyArray<ToolResult> => results.get(message.key) ?? none
}
