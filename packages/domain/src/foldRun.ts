/**
 * The fold of a run's events into its state: the same function makes the server's snapshots, the stored message and a client's view, so
 * that all of them end with the same bytes.
 *
 * `tool-call-delta` and `tool-result` change nothing here: a call becomes content when it is complete, and a result is a message of its own.
 */
import type { AssistantPart, ReasoningPart } from "./Content.ts"
import type { MessageId } from "./Ids.ts"
import type { RunEvent } from "./RunEvent.ts"
import type { RunState } from "./RunFrame.ts"

/** A run of which nothing has been said yet. */
export const initialRunState = (messageId: MessageId, model: string): RunState => ({
  messageId,
  model,
  content: [],
  usage: null,
  status: "running",
  terminal: null
})

/** One event more. After the terminal nothing changes any more. */
export const foldRun = (state: RunState, event: RunEvent): RunState => {
  if (state.terminal !== null) return state
  switch (event.type) {
    case "run-start":
      return initialRunState(event.messageId, event.model)
    case "text-delta":
      return event.text === "" ? state : { ...state, content: withText(state.content, event.text) }
    case "reasoning-delta":
      return { ...state, content: withReasoning(state.content, event.text, event.signature) }
    case "tool-call":
      return {
        ...state,
        content: [...state.content, { type: "tool-call", id: event.id, name: event.name, arguments: event.arguments }]
      }
    case "provider-switch":
      return { ...state, model: event.to, content: event.restart === true ? [] : state.content }
    case "usage":
      return { ...state, usage: event.usage }
    case "run-complete":
      return { ...state, status: "complete", terminal: event }
    case "run-cancel":
      return { ...state, status: "cancelled", terminal: event }
    case "run-fail":
      return { ...state, status: "failed", terminal: event }
    case "tool-call-delta":
    case "tool-result":
      return state
  }
}

export const foldRunEvents = (state: RunState, events: ReadonlyArray<RunEvent>): RunState => {
  let next = state
  for (const event of events) next = foldRun(next, event)
  return next
}

const replaceLast = (content: ReadonlyArray<AssistantPart>, part: AssistantPart): ReadonlyArray<AssistantPart> => {
  const next = content.slice()
  next[next.length - 1] = part
  return next
}

const withText = (content: ReadonlyArray<AssistantPart>, text: string): ReadonlyArray<AssistantPart> => {
  const last = content[content.length - 1]
  return last !== undefined && last.type === "text"
    ? replaceLast(content, { type: "text", text: last.text + text })
    : [...content, { type: "text", text }]
}

/** A signature closes its part: what follows is another thought. */
const withReasoning = (
  content: ReadonlyArray<AssistantPart>,
  text: string,
  signature: string | undefined
): ReadonlyArray<AssistantPart> => {
  if (text === "" && signature === undefined) return content
  const last = content[content.length - 1]
  const open: ReasoningPart | undefined =
    last !== undefined && last.type === "reasoning" && last.signature === undefined ? last : undefined
  const joined = (open?.text ?? "") + text
  const part: ReasoningPart =
    signature === undefined ? { type: "reasoning", text: joined } : { type: "reasoning", text: joined, signature }
  return open === undefined ? [...content, part] : replaceLast(content, part)
}
