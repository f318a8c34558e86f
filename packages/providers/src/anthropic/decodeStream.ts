/** Anthropic's stream of message events, as a pure step. Its terminal is `message_stop` after a stop reason. */
import type {
  Message,
  RawContentBlockDeltaEvent,
  RawContentBlockStartEvent,
  RawMessageDeltaEvent,
  RawMessageStreamEvent,
  RedactedThinkingBlock,
  TextBlock,
  ThinkingBlock,
  ToolUseBlock
} from "@anthropic-ai/sdk/resources/messages"
import type { InputJSONDelta, SignatureDelta, TextDelta, ThinkingDelta } from "@anthropic-ai/sdk/resources/messages"
import type { FinishReason, ModelEvent } from "@parley/domain/ModelEvent"
import { isObject, objectOf, parseObject, textOf } from "../call/foreign.ts"
import type { Foreign, ForeignObject } from "../call/foreign.ts"
import type { SseEvent } from "../call/Sse.ts"
import type { Step, StreamDecoder } from "../wire/Wire.ts"
import { decodeError } from "./decodeError.ts"
import { countsOf, finishReasonOf, noCounts, redactedPrefix, usageOf } from "./decodeParts.ts"
import type { AnthropicCounts } from "./decodeParts.ts"

export interface AnthropicState {
  readonly model: string
  readonly responseId: string
  /** Calls whose block has begun, in that order, which is their index for us. */
  readonly calls: ReadonlyArray<Call>
  readonly finish: FinishReason | undefined
  readonly stopSequence: string | undefined
  readonly counts: AnthropicCounts
}

interface Call {
  readonly block: number
  readonly id: string
  readonly name: string
  readonly arguments: string
  /** The block's own input, which counts when no delta follows. */
  readonly input: string
}

const start: AnthropicState = {
  model: "",
  responseId: "",
  calls: [],
  finish: undefined,
  stopSequence: undefined,
  counts: noCounts
}

const step = (state: AnthropicState, event: SseEvent): Step<AnthropicState> => {
  const body = parseObject(event.data)
  if (body === undefined) return { status: "failed", error: { message: "The provider's stream holds something other than JSON" } }
  const type = textOf(body["type"])
  if (type === "error") {
    return { status: "failed", error: decodeError(body) ?? { message: "The provider reported an error" } }
  }
  if (type === "message_stop") return state.finish === undefined ? { status: "truncated" } : finished(state)
  return (steps.get(type) ?? unchanged)(state, body)
}

/** Nothing but `message_stop` ends this wire. */
const end = (): Step<AnthropicState> => ({ status: "truncated" })

export const decodeStream: StreamDecoder<AnthropicState> = {
  start,
  step,
  end,
  textKey: '"text":"',
  identity: (state) => ({ model: state.model, responseId: state.responseId })
}

type StepOf = (state: AnthropicState, body: ForeignObject) => Step<AnthropicState>

const none: ReadonlyArray<ModelEvent> = []

/** Pings, and events that are newer than this. */
const unchanged: StepOf = (state) => ({ status: "more", state, events: none })

/** Usage is told from the start on: what an answer that is cut off read from its cache, nobody else can tell. */
const messageStart: StepOf = (state, body) => {
  const message: Foreign<Message> = objectOf(body["message"])
  const counts = countsOf(message.usage, state.counts)
  return {
    status: "more",
    state: { ...state, model: textOf(message.model), responseId: textOf(message.id), counts },
    events: [{ type: "usage", usage: usageOf(counts) }]
  }
}

const blockStart: StepOf = (state, body) => {
  const event: Foreign<RawContentBlockStartEvent> = body
  const block: Foreign<TextBlock> & Foreign<ThinkingBlock> & Foreign<RedactedThinkingBlock> & Foreign<ToolUseBlock> = objectOf(
    event.content_block
  )
  switch (block.type) {
    case "text":
      return text(state, block.text)
    case "thinking":
      return reasoning(state, block.thinking)
    case "redacted_thinking":
      return signed(state, `${redactedPrefix}${textOf(block.data)}`)
    case "tool_use": {
      const id = textOf(block.id)
      const name = textOf(block.name)
      const call = { block: blockOf(event.index), id, name, arguments: "", input: inputOf(block.input) }
      return {
        status: "more",
        state: { ...state, calls: [...state.calls, call] },
        events: [{ type: "tool-call-delta", index: state.calls.length, id, name, arguments: "" }]
      }
    }
    default:
      return unchanged(state, body)
  }
}

const blockDelta: StepOf = (state, body) => {
  const event: Foreign<RawContentBlockDeltaEvent> = body
  const delta: Foreign<TextDelta> & Foreign<ThinkingDelta> & Foreign<SignatureDelta> & Foreign<InputJSONDelta> = objectOf(
    event.delta
  )
  switch (delta.type) {
    case "text_delta":
      return text(state, delta.text)
    case "thinking_delta":
      return reasoning(state, delta.thinking)
    case "signature_delta":
      return signed(state, textOf(delta.signature))
    case "input_json_delta":
      return argumentsDelta(state, blockOf(event.index), textOf(delta.partial_json))
    default:
      return unchanged(state, body)
  }
}

const blockStop: StepOf = (state, body) => {
  const block = blockOf(body["index"])
  const index = state.calls.findIndex((call) => call.block === block)
  const call = state.calls[index]
  if (call === undefined) return unchanged(state, body)
  const written = call.arguments === "" ? call.input : call.arguments
  return {
    status: "more",
    state,
    events: [{ type: "tool-call", index, id: call.id, name: call.name, arguments: written }]
  }
}

const messageDelta: StepOf = (state, body) => {
  const event: Foreign<RawMessageDeltaEvent> = body
  const delta: Foreign<RawMessageDeltaEvent.Delta> = objectOf(event.delta)
  const counts = countsOf(event.usage, state.counts)
  return {
    status: "more",
    state: {
      ...state,
      counts,
      finish: typeof delta.stop_reason === "string" ? finishReasonOf(delta.stop_reason) : state.finish,
      stopSequence: typeof delta.stop_sequence === "string" ? delta.stop_sequence : state.stopSequence
    },
    events: [{ type: "usage", usage: usageOf(counts) }]
  }
}

const steps = new Map<string, StepOf>(
  Object.entries({
    message_start: messageStart,
    content_block_start: blockStart,
    content_block_delta: blockDelta,
    content_block_stop: blockStop,
    message_delta: messageDelta
  } satisfies Record<Exclude<RawMessageStreamEvent["type"], "message_stop">, StepOf>)
)

const finished = (state: AnthropicState): Step<AnthropicState> => ({
  status: "done",
  state,
  events: [
    {
      type: "finish",
      reason: state.finish ?? "stop",
      ...(state.stopSequence === undefined ? {} : { stopSequence: state.stopSequence })
    }
  ]
})

const text = (state: AnthropicState, value: unknown): Step<AnthropicState> => {
  const piece = textOf(value)
  return { status: "more", state, events: piece === "" ? none : [{ type: "text-delta", text: piece }] }
}

const reasoning = (state: AnthropicState, value: unknown): Step<AnthropicState> => {
  const piece = textOf(value)
  return { status: "more", state, events: piece === "" ? none : [{ type: "reasoning-delta", text: piece }] }
}

const signed = (state: AnthropicState, signature: string): Step<AnthropicState> => ({
  status: "more",
  state,
  events: [{ type: "reasoning-delta", text: "", signature }]
})

const argumentsDelta = (state: AnthropicState, block: number, piece: string): Step<AnthropicState> => {
  const index = state.calls.findIndex((call) => call.block === block)
  const call = state.calls[index]
  if (call === undefined || piece === "") return { status: "more", state, events: none }
  return {
    status: "more",
    state: { ...state, calls: state.calls.with(index, { ...call, arguments: call.arguments + piece }) },
    events: [{ type: "tool-call-delta", index, arguments: piece }]
  }
}

const blockOf = (index: unknown): number => (typeof index === "number" ? index : -1)

const inputOf = (input: unknown): string => (isObject(input) ? JSON.stringify(input) : "{}")
