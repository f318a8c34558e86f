/**
 * A streamed answer as the events of OpenAI's Responses, in text. What is the same in all deltas of an item is encoded once; only what the model
 * wrote goes through `JSON.stringify`. The events tell every item twice, in pieces and whole, so what was told is kept until the end.
 */
import type { ParleyError } from "@parley/domain/Errors"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import { openaiErrorBody } from "../openai/openaiError.ts"
import { switchComment } from "../switchComment.ts"
import {
  begunResponse,
  callItem,
  endedResponse,
  failedResponse,
  lastStatusOf,
  messageItem,
  outputText,
  reasoningItem,
  summaryText,
  type ItemStatus,
  type OutputItem,
  type ResponseHead
} from "./response.ts"

export interface EventEncoder {
  /** All events of one read of the provider's, as one text; empty when nothing of it is told. */
  readonly encode: (events: ReadonlyArray<ModelEvent>) => string
  /** What is still open, and `response.completed` or `response.incomplete`. */
  readonly end: (answer: ModelAnswer) => string
  /** `response.failed`, for who reads the response's state, and an error event, for who waits for text only: neither may take it for the end. */
  readonly fail: (error: ParleyError) => string
}

export const makeEventEncoder = (options: {
  readonly requestId: string
  readonly model: string
  readonly head: ResponseHead
}): EventEncoder => {
  const { head, model, requestId } = options
  let sequence = 0
  let begun = false
  const items: Array<OutputItem> = []
  /** The message or the reasoning that is being told: always the last item but for calls. */
  let open: Open | undefined
  const calls = new Map<number, Call>()

  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`

  const start = (): string => {
    if (begun) return ""
    begun = true
    const response = begunResponse(head, model)
    return event("response.created", { response }) + event("response.in_progress", { response })
  }

  const add = (item: OutputItem): string => {
    items.push(item)
    return event("response.output_item.added", { output_index: items.length - 1, item })
  }

  const done = (at: number, item: OutputItem): string => {
    items[at] = item
    return event("response.output_item.done", { output_index: at, item })
  }

  const close = (status: ItemStatus): string => {
    if (open === undefined) return ""
    const { at, kind, signature, text } = open
    open = undefined
    if (kind === "message") {
      const item = messageItem(requestId, at, status, text)
      const place = { item_id: item.id, output_index: at, content_index: 0 }
      return (
        event("response.output_text.done", { ...place, text, logprobs: [] }) +
        event("response.content_part.done", { ...place, part: outputText(text) }) +
        done(at, item)
      )
    }
    const item = reasoningItem(requestId, at, status, text, signature)
    const place = { item_id: item.id, output_index: at, summary_index: 0 }
    const summary =
      text === ""
        ? ""
        : event("response.reasoning_summary_text.done", { ...place, text }) +
          event("response.reasoning_summary_part.done", { ...place, part: summaryText(text) })
    return summary + done(at, item)
  }

  const begin = (kind: Open["kind"]): readonly [string, Open] => {
    const closed = close("completed")
    const at = items.length
    const item =
      kind === "message"
        ? messageItem(requestId, at, "in_progress", undefined)
        : reasoningItem(requestId, at, "in_progress", "", undefined)
    open = { kind, at, text: "", signature: undefined, head: deltaHead(deltaTypes[kind]), tail: deltaTail(kind, item.id, at) }
    return [closed + add(item), open]
  }

  const delta = (to: Open, text: string): string => {
    to.text += text
    return `${to.head}${sequence++}${to.tail}${JSON.stringify(text)}}\n\n`
  }

  const message = (text: string): string => {
    if (text === "") return ""
    if (open?.kind === "message") return delta(open, text)
    const [out, begunNow] = begin("message")
    const place = { item_id: `msg_${requestId}_${begunNow.at}`, output_index: begunNow.at, content_index: 0 }
    return out + event("response.content_part.added", { ...place, part: outputText("") }) + delta(begunNow, text)
  }

  const reasoning = (text: string, signature: string | undefined): string => {
    if (text === "" && signature === undefined) return ""
    const [begunText, to] = open?.kind === "reasoning" ? (["", open] as const) : begin("reasoning")
    let out = begunText
    if (text !== "") {
      if (to.text === "") {
        const place = { item_id: `rs_${requestId}_${to.at}`, output_index: to.at, summary_index: 0 }
        out += event("response.reasoning_summary_part.added", { ...place, part: summaryText("") })
      }
      out += delta(to, text)
    }
    // A signature closes its item: what follows is another thought.
    if (signature === undefined) return out
    to.signature = signature
    return out + close("completed")
  }

  const beginCall = (index: number, id: string, name: string): readonly [string, Call] => {
    const closed = close("completed")
    const at = items.length
    const item = callItem(requestId, at, "in_progress", { id, name, arguments: "" })
    const call = { at, id, name, arguments: "", done: false, tail: deltaTail("call", item.id, at) }
    calls.set(index, call)
    return [closed + add(item), call]
  }

  const argumentsDelta = (call: Call, text: string): string => {
    if (text === "") return ""
    call.arguments += text
    return `${deltaHead(deltaTypes.call)}${sequence++}${call.tail}${JSON.stringify(text)}}\n\n`
  }

  const endCall = (call: Call, status: ItemStatus): string => {
    call.done = true
    const item = callItem(requestId, call.at, status, call)
    const place = { item_id: item.id, output_index: call.at }
    return (
      event("response.function_call_arguments.done", { ...place, name: call.name, arguments: call.arguments }) +
      done(call.at, item)
    )
  }

  const encodeOne = (modelEvent: ModelEvent): string => {
    switch (modelEvent.type) {
      case "text-delta":
        return message(modelEvent.text)
      case "reasoning-delta":
        return reasoning(modelEvent.text, modelEvent.signature)
      case "tool-call-delta": {
        const known = calls.get(modelEvent.index)
        if (known !== undefined) return argumentsDelta(known, modelEvent.arguments)
        const [out, call] = beginCall(modelEvent.index, modelEvent.id ?? "", modelEvent.name ?? "")
        return out + argumentsDelta(call, modelEvent.arguments)
      }
      case "tool-call": {
        const known = calls.get(modelEvent.index)
        const [out, call] =
          known === undefined ? beginCall(modelEvent.index, modelEvent.id, modelEvent.name) : (["", known] as const)
        // A provider that tells only whole calls gets them told here.
        const rest = call.arguments === "" ? argumentsDelta(call, modelEvent.arguments) : ""
        return out + rest + endCall(call, "completed")
      }
      case "finish":
      case "usage":
        return ""
      case "provider-switch":
        return switchComment(modelEvent)
    }
  }

  /** What never came to its end, in the order in which it began. */
  const closeAll = (status: ItemStatus): string => {
    let text = ""
    for (const call of calls.values()) if (!call.done) text += endCall(call, status)
    return text + close(status)
  }

  return {
    encode: (events) => {
      // The numbers of the first two events come before those of what follows them.
      if (!begun && !events.some(isTold)) return ""
      let text = start()
      for (const one of events) text += encodeOne(one)
      return text
    },
    end: (answer) => {
      const text = start() + closeAll(lastStatusOf(answer.finishReason))
      const response = endedResponse(head, items, { ...answer, model })
      return text + event(response.status === "completed" ? "response.completed" : "response.incomplete", { response })
    },
    fail: (error) => {
      const text = start() + closeAll("incomplete")
      const { code, message: told, param } = openaiErrorBody(error).error
      return (
        text +
        event("response.failed", { response: failedResponse(head, model, items, error) }) +
        event("error", { code, message: told, param })
      )
    }
  }
}

interface Open {
  readonly kind: "message" | "reasoning"
  /** Its place in the output. */
  readonly at: number
  readonly head: string
  readonly tail: string
  text: string
  signature: string | undefined
}

interface Call {
  readonly at: number
  readonly id: string
  readonly name: string
  readonly tail: string
  arguments: string
  done: boolean
}

const isTold = (event: ModelEvent): boolean => {
  switch (event.type) {
    case "text-delta":
      return event.text !== ""
    case "reasoning-delta":
      return event.text !== "" || event.signature !== undefined
    case "tool-call-delta":
    case "tool-call":
      return true
    case "finish":
    case "usage":
    case "provider-switch":
      return false
  }
}

const deltaTypes = {
  message: "response.output_text.delta",
  reasoning: "response.reasoning_summary_text.delta",
  call: "response.function_call_arguments.delta"
} as const

/** A delta is its head, its number, its tail, and what the model wrote. */
const deltaHead = (type: string): string => `event: ${type}\ndata: {"type":"${type}","sequence_number":`

const deltaFields = {
  message: `"content_index":0,"logprobs":[],`,
  reasoning: `"summary_index":0,`,
  call: ""
} as const

const deltaTail = (kind: keyof typeof deltaFields, id: string, at: number): string =>
  `,"item_id":${JSON.stringify(id)},"output_index":${at},${deltaFields[kind]}"delta":`
