/** A streamed answer, event by event. */
import type { FinishReason, ModelEvent } from "@parley/domain/ModelEvent"
import { countOf, isObject, objectOf, parseObject, textOf } from "../call/foreign.ts"
import type { ForeignObject } from "../call/foreign.ts"
import type { SseEvent } from "../call/Sse.ts"
import type { Step } from "../wire/Wire.ts"
import { decodeError, exceptionStatuses, finishReasonOf, reasoningOf, usageOf } from "./decodeParts.ts"
import { corrupt } from "./EventStreamFrames.ts"

export interface BedrockState {
  /** Calls of tools, in the order in which they began; each has its block's number. */
  readonly calls: ReadonlyArray<{
    readonly block: number
    readonly id: string
    readonly name: string
    readonly arguments: string
  }>
  readonly finish: FinishReason | undefined
}

export const start: BedrockState = { calls: [], finish: undefined }

export const step = (state: BedrockState, { data, event }: SseEvent): Step<BedrockState> => {
  if (event === corrupt) return { status: "failed", error: { message: data } }
  const body = parseObject(data)
  if (event.startsWith("exception:")) return failed(event.slice("exception:".length), body)
  if (body === undefined) return { status: "failed", error: { message: "The provider's stream holds something other than JSON" } }
  switch (event) {
    case "contentBlockStart":
      return blockStart(state, body)
    case "contentBlockDelta":
      return blockDelta(state, body)
    case "contentBlockStop":
      return blockStop(state, body)
    case "messageStop":
      return more({ ...state, finish: finishReasonOf(body["stopReason"]) }, [])
    case "metadata":
      return state.finish === undefined ? { status: "truncated" } : finished(state, state.finish, body["usage"])
    default:
      return more(state, [])
  }
}

/** After `messageStop` only the usage is missing. */
export const end = (state: BedrockState): Step<BedrockState> =>
  state.finish === undefined
    ? { status: "truncated" }
    : { status: "done", state, events: [{ type: "finish", reason: state.finish }] }

const more = (state: BedrockState, events: ReadonlyArray<ModelEvent>): Step<BedrockState> => ({ status: "more", state, events })

const finished = (state: BedrockState, reason: FinishReason, usage: unknown): Step<BedrockState> => ({
  status: "done",
  state,
  events: [
    { type: "finish", reason },
    { type: "usage", usage: usageOf(usage) }
  ]
})

const failed = (type: string, body: ForeignObject | undefined): Step<BedrockState> => {
  const status = exceptionStatuses.get(type)
  const { message } = (body === undefined ? undefined : decodeError(body)) ?? { message: `The provider failed: ${type}` }
  return { status: "failed", error: { message, code: type, ...(status === undefined ? {} : { status }) } }
}

const blockStart = (state: BedrockState, body: ForeignObject): Step<BedrockState> => {
  const use = objectOf(body["start"])["toolUse"]
  if (!isObject(use)) return more(state, [])
  const call = {
    block: countOf(body["contentBlockIndex"]),
    id: textOf(use["toolUseId"]),
    name: textOf(use["name"]),
    arguments: ""
  }
  const index = state.calls.length
  const events: ReadonlyArray<ModelEvent> = [{ type: "tool-call-delta", index, id: call.id, name: call.name, arguments: "" }]
  return more({ ...state, calls: [...state.calls, call] }, events)
}

const blockDelta = (state: BedrockState, body: ForeignObject): Step<BedrockState> => {
  const delta = objectOf(body["delta"])
  if (typeof delta["text"] === "string") return more(state, [{ type: "text-delta", text: delta["text"] }])
  if (isObject(delta["reasoningContent"])) {
    return more(state, [{ type: "reasoning-delta", ...reasoningOf(delta["reasoningContent"]) }])
  }
  const index = indexOf(state, body)
  const call = state.calls[index]
  if (call === undefined || !isObject(delta["toolUse"])) return more(state, [])
  const text = textOf(delta["toolUse"]["input"])
  const calls = state.calls.with(index, { ...call, arguments: call.arguments + text })
  return more({ ...state, calls }, [{ type: "tool-call-delta", index, arguments: text }])
}

const blockStop = (state: BedrockState, body: ForeignObject): Step<BedrockState> => {
  const index = indexOf(state, body)
  const call = state.calls[index]
  if (call === undefined) return more(state, [])
  const text = call.arguments === "" ? "{}" : call.arguments
  return more(state, [{ type: "tool-call", index, id: call.id, name: call.name, arguments: text }])
}

const indexOf = (state: BedrockState, body: ForeignObject): number => {
  const block = countOf(body["contentBlockIndex"])
  return state.calls.findIndex((call) => call.block === block)
}
