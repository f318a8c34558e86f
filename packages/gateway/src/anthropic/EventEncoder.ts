/**
 * A streamed answer as Anthropic's events, in text. What is the same in all deltas of a block is encoded once; only what the model wrote goes
 * through `JSON.stringify`.
 */
import { redactedPrefix } from "@parley/domain/Content"
import type { ModelAnswer, ModelEvent } from "@parley/domain/ModelEvent"
import { noUsage, type Usage } from "@parley/domain/Usage"
import { switchComment } from "../switchComment.ts"
import { messageHead, redactedBlock, stopReasonOf, textBlock, thinkingBlock, toolUseBlock, usageOf } from "./message.ts"

export interface EventEncoder {
  /** All events of one read of the provider's, as one text; empty when nothing of it is told. */
  readonly encode: (events: ReadonlyArray<ModelEvent>) => string
  /** The reason of the end, usage, and `message_stop`. */
  readonly end: (answer: ModelAnswer) => string
  /** Keeps a silent answer open. */
  readonly ping: () => string
}

export const makeEventEncoder = (options: {
  readonly id: string
  readonly model: string
  readonly hidesThinking: boolean
  /** Told at the beginning, where clients read them, unless the provider has told its own by then; `message_delta` tells what it came to. */
  readonly estimatedInputTokens: () => number
}): EventEncoder => {
  const { estimatedInputTokens, hidesThinking, id, model } = options
  let begun = false
  /** Blocks begun so far. */
  let blocks = 0
  /** The block that is open is always the last one. */
  let open: "text" | "thinking" | "call" | undefined
  /** Of the deltas of the open block. */
  let head = ""
  let stopSequence: string | undefined
  let told: Usage | undefined
  const calls = new Map<number, Call>()

  const start = (): string => {
    if (begun) return ""
    begun = true
    const message = {
      ...messageHead(id, model),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: usageOf(promptOf(told) ?? { ...noUsage, inputTokens: estimatedInputTokens(), isEstimated: true })
    }
    return eventText("message_start", { message })
  }

  const close = (): string => {
    if (open === undefined) return ""
    open = undefined
    return eventText("content_block_stop", { index: blocks - 1 })
  }

  const begin = (kind: "text" | "thinking" | "call", content_block: object): string => {
    const closed = close()
    const index = blocks++
    open = kind
    head = deltaHead(index, deltaFields[kind])
    return closed + eventText("content_block_start", { index, content_block })
  }

  const thinking = (text: string, signature: string | undefined): string => {
    if (text === "" && signature?.startsWith(redactedPrefix)) return begin("thinking", redactedBlock(signature)) + close()
    const shown = hidesThinking ? "" : text
    if (shown === "" && signature === undefined) return ""
    let out = open === "thinking" ? "" : begin("thinking", thinkingBlock("", ""))
    if (shown !== "") out += `${head}${JSON.stringify(shown)}}}\n\n`
    // A signature closes its block: what follows is another thought.
    if (signature !== undefined) out += `${deltaHead(blocks - 1, signatureField)}${JSON.stringify(signature)}}}\n\n${close()}`
    return out
  }

  const beginCall = (at: number, callId: string, name: string): [string, Call] => {
    const out = begin("call", toolUseBlock(callId, name, {}))
    const call = { block: blocks - 1, head, told: false }
    calls.set(at, call)
    return [out, call]
  }

  const argumentsDelta = (call: Call, text: string): string => {
    if (text === "") return ""
    call.told = true
    return `${call.head}${JSON.stringify(text)}}}\n\n`
  }

  const encodeOne = (event: ModelEvent): string => {
    switch (event.type) {
      case "text-delta":
        if (event.text === "") return ""
        if (open === "text") return `${head}${JSON.stringify(event.text)}}}\n\n`
        return `${begin("text", textBlock(""))}${head}${JSON.stringify(event.text)}}}\n\n`
      case "reasoning-delta":
        return thinking(event.text, event.signature)
      case "tool-call-delta": {
        const known = calls.get(event.index)
        // A piece of a call that is no longer the last block goes to its own index all the same.
        if (known !== undefined) return argumentsDelta(known, event.arguments)
        const [out, call] = beginCall(event.index, event.id ?? "", event.name ?? "")
        return out + argumentsDelta(call, event.arguments)
      }
      case "tool-call": {
        const known = calls.get(event.index)
        const [out, call] = known === undefined ? beginCall(event.index, event.id, event.name) : ["", known]
        // A provider that tells only whole calls gets them told here.
        const rest = call.told || event.arguments === "{}" ? "" : argumentsDelta(call, event.arguments)
        return out + rest + (open === "call" && call.block === blocks - 1 ? close() : "")
      }
      case "finish":
        stopSequence = event.stopSequence
        return ""
      case "usage":
        told = event.usage
        return ""
      case "provider-switch":
        return begun ? switchComment(event) : ""
    }
  }

  return {
    encode: (events) => {
      let text = ""
      for (const event of events) text += encodeOne(event)
      return begun || text === "" ? text : start() + text
    },
    end: (answer) => {
      told = answer.usage
      return (
        start() +
        close() +
        eventText("message_delta", {
          delta: {
            stop_reason: stopReasonOf(answer.finishReason, stopSequence),
            stop_sequence: stopSequence ?? null,
            stop_details: null,
            container: null
          },
          usage: usageOf(answer.usage)
        }) +
        eventText("message_stop", {})
      )
    },
    // Nothing may come before `message_start` but what no client sees.
    ping: () => (begun ? eventText("ping", {}) : ": keep-alive\n\n")
  }
}

/** Nothing is answered yet, whatever a provider says: some clients add up what the first event and the last one tell. */
const promptOf = (told: Usage | undefined): Usage | undefined => {
  if (told === undefined) return undefined
  const { cacheWriteTokens, cachedInputTokens, inputTokens } = told
  return { ...noUsage, inputTokens, cachedInputTokens, cacheWriteTokens }
}

interface Call {
  readonly block: number
  readonly head: string
  told: boolean
}

const deltaFields = {
  text: `"text_delta","text":`,
  thinking: `"thinking_delta","thinking":`,
  call: `"input_json_delta","partial_json":`
} as const
const signatureField = `"signature_delta","signature":`

const deltaHead = (index: number, field: string): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":${field}`

const eventText = (type: string, fields: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
