/** OpenAI's stream of chat completion chunks, as a pure step. Its terminal is `[DONE]` after a finish reason. */
import type { ChatCompletionChunk } from "openai/resources/chat/completions"
import type { FinishReason, ModelEvent } from "@parley/domain/ModelEvent"
import { listOf, objectOf, parseObject, textOf } from "../call/foreign.ts"
import type { Foreign } from "../call/foreign.ts"
import type { SseEvent } from "../call/Sse.ts"
import type { Step, StreamDecoder } from "../wire/Wire.ts"
import { decodeError } from "./decodeError.ts"
import { callIdOf, finishReasonOf, reasoningOf, usageOf } from "./decodeParts.ts"

export interface OpenaiState {
  readonly model: string
  readonly responseId: string
  /** In the order in which they began, which is their index for us. */
  readonly calls: ReadonlyArray<Call>
  readonly refused: boolean
  readonly finish: FinishReason | undefined
}

interface Call {
  readonly wireIndex: number
  readonly id: string
  readonly name: string
  readonly arguments: string
}

const start: OpenaiState = {
  model: "",
  responseId: "",
  calls: [],
  refused: false,
  finish: undefined
}

const step = (state: OpenaiState, event: SseEvent): Step<OpenaiState> => {
  if (event.data === "[DONE]") return end(state)
  const body = parseObject(event.data)
  if (body === undefined) return { status: "failed", error: { message: "The provider's stream holds something other than JSON" } }
  const error = decodeError(body)
  if (error !== undefined) return { status: "failed", error }
  const chunk: Foreign<ChatCompletionChunk> = body
  let next = state.responseId === "" ? identified(state, chunk) : state
  const usage = usageOf(chunk.usage)
  // Told when it comes: some servers tell it with every chunk, and an answer that breaks off is accounted by the last of them.
  const told: ReadonlyArray<ModelEvent> = usage === undefined ? none : [{ type: "usage", usage }]
  const first = listOf(chunk.choices)[0]
  if (first === undefined) return { status: "more", state: next, events: told }
  const choice: Foreign<ChatCompletionChunk.Choice> = objectOf(first)
  const events: Array<ModelEvent> = []
  next = decodeDelta(next, objectOf(choice.delta), events)
  if (typeof choice.finish_reason === "string" && next.finish === undefined) {
    next = { ...next, finish: finishReasonOf(choice.finish_reason, next.refused) }
    next.calls.forEach((call, index) =>
      events.push({ type: "tool-call", index, id: call.id, name: call.name, arguments: call.arguments })
    )
  }
  return { status: "more", state: next, events: usage === undefined ? events : [...events, ...told] }
}

/** A server that ends its body after the finish reason, without `[DONE]`, has said all it had to say. */
const end = (state: OpenaiState): Step<OpenaiState> => {
  if (state.finish === undefined) return { status: "truncated" }
  return { status: "done", state, events: [{ type: "finish", reason: state.finish }] }
}

export const decodeStream: StreamDecoder<OpenaiState> = {
  start,
  step,
  end,
  textKey: '"content":"',
  identity: (state) => ({ model: state.model, responseId: state.responseId })
}

const none: ReadonlyArray<ModelEvent> = []

const identified = (state: OpenaiState, chunk: Foreign<ChatCompletionChunk>): OpenaiState => ({
  ...state,
  model: textOf(chunk.model),
  responseId: textOf(chunk.id)
})

type Delta = Foreign<ChatCompletionChunk.Choice.Delta & { reasoning_content: string; reasoning: string }>

const decodeDelta = (state: OpenaiState, delta: Delta, events: Array<ModelEvent>): OpenaiState => {
  let next = state
  const reasoning = reasoningOf(delta)
  if (reasoning !== "") events.push({ type: "reasoning-delta", text: reasoning })
  const text = textOf(delta.content)
  if (text !== "") events.push({ type: "text-delta", text })
  const refusal = textOf(delta.refusal)
  if (refusal !== "") {
    events.push({ type: "text-delta", text: refusal })
    next = { ...next, refused: true }
  }
  for (const part of listOf(delta.tool_calls)) next = decodeCall(next, objectOf(part), events)
  return next
}

const decodeCall = (
  state: OpenaiState,
  part: Foreign<ChatCompletionChunk.Choice.Delta.ToolCall>,
  events: Array<ModelEvent>
): OpenaiState => {
  const called: Foreign<ChatCompletionChunk.Choice.Delta.ToolCall.Function> = objectOf(part.function)
  const id = textOf(part.id)
  const name = textOf(called.name)
  const piece = textOf(called.arguments)
  const wireIndex = typeof part.index === "number" ? part.index : 0
  const index = state.calls.findLastIndex((call) => call.wireIndex === wireIndex)
  const known = state.calls[index]
  // Some servers number every call 0: another id with a name is another call.
  if (known === undefined || (id !== "" && name !== "" && id !== known.id)) {
    const call = { wireIndex, id: callIdOf(id, state.responseId, state.calls.length), name, arguments: piece }
    events.push({ type: "tool-call-delta", index: state.calls.length, id: call.id, name, arguments: piece })
    return { ...state, calls: [...state.calls, call] }
  }
  events.push({ type: "tool-call-delta", index, arguments: piece })
  return { ...state, calls: state.calls.with(index, { ...known, arguments: known.arguments + piece }) }
}
