/** What the demo answers: a pure function of the request, which says that no model was asked. */
import { textOf } from "@parley/domain/Content"
import type { FinishReason } from "@parley/domain/ModelEvent"
import type { ModelRequest, ToolDefinition } from "@parley/domain/ModelRequest"
import type { Usage } from "@parley/domain/Usage"
import { exampleOf } from "./exampleOf.ts"

export interface DemoAnswer {
  /** In the order and the pieces in which they are streamed; joined they are the text. */
  readonly words: ReadonlyArray<string>
  readonly call: { readonly id: string; readonly name: string; readonly arguments: string } | undefined
  readonly finishReason: FinishReason
  readonly stopSequence: string | undefined
  /** Words, for want of a tokenizer. */
  readonly usage: Usage
}

/** Longest part of the question that is repeated, in UTF-16 code units. */
const maxQuoteLength = 200

export const demoAnswer = (request: ModelRequest): DemoAnswer => {
  const inputTokens = request.messages.reduce((sum, message) => sum + wordsOf(textOf(message.content)).length, 0)
  const tool = demandedTool(request)
  if (tool !== undefined) {
    const call = {
      id: `call_demo_${request.messages.length}`,
      name: tool.name,
      arguments: JSON.stringify(exampleOf({ type: "object", ...tool.parameters }))
    }
    const usage = usageOf(inputTokens, 1)
    return { words: [], call, finishReason: "tool-calls", stopSequence: undefined, usage }
  }
  const { asked, begun } = begunIn(request)
  const stopped = cutAtStop(textFor(asked), request.parameters.stop ?? [])
  const words = wordsOf(stopped.text.startsWith(begun) ? stopped.text.slice(begun.length) : stopped.text)
  const bound = request.parameters.maxOutputTokens ?? words.length
  const said = words.slice(0, bound)
  return {
    words: said,
    call: undefined,
    finishReason: words.length > bound ? "length" : "stop",
    stopSequence: words.length > bound ? undefined : stopped.sequence,
    usage: usageOf(inputTokens, said.length)
  }
}

/** An answer of its own that ends the messages is gone on with from where it ends. One that is not its own is answered as if it were not there. */
const begunIn = (request: ModelRequest): { readonly asked: ModelRequest; readonly begun: string } => {
  const last = request.messages.at(-1)
  return last?.role === "assistant"
    ? { asked: { ...request, messages: request.messages.slice(0, -1) }, begun: textOf(last.content) }
    : { asked: request, begun: "" }
}

/** A tool is called when the request demands one, and once: what follows a tool's result is an answer. */
const demandedTool = (request: ModelRequest): ToolDefinition | undefined => {
  const { toolChoice, tools } = request.parameters
  if (tools === undefined || toolChoice === undefined || toolChoice === "auto" || toolChoice === "none") return undefined
  if (hasResults(request)) return undefined
  return toolChoice === "required" ? tools[0] : tools.find((tool) => tool.name === toolChoice.name)
}

const hasResults = (request: ModelRequest): boolean =>
  request.messages.at(-1)?.content.some((part) => part.type === "tool-result") ?? false

const textFor = (request: ModelRequest): string => {
  const format = request.parameters.responseFormat
  const question = questionOf(request)
  switch (format?.type) {
    case "json-schema":
      return JSON.stringify(exampleOf(format.schema))
    case "json":
      return JSON.stringify({ demo: true, question })
    default:
      return (
        "This is Parley's demo: no provider is set up, so no model was asked. " +
        (question === "" ? "" : `You wrote: “${question}” `) +
        (hasResults(request) ? "Your tool's result has arrived. " : "") +
        "For real answers start Parley with OPENAI_API_KEY, ANTHROPIC_API_KEY or LLAMA_BASE_URL."
      )
  }
}

const questionOf = (request: ModelRequest): string => {
  const last = request.messages.findLast((message) => message.role === "user")
  const text = last === undefined ? "" : textOf(last.content)
  // Never half of a surrogate pair.
  return text.length > maxQuoteLength ? `${text.slice(0, maxQuoteLength).replace(/[\ud800-\udbff]$/, "")}…` : text
}

const cutAtStop = (
  text: string,
  stops: ReadonlyArray<string>
): { readonly text: string; readonly sequence: string | undefined } => {
  let cut = { text, sequence: undefined as string | undefined }
  for (const sequence of stops) {
    const at = sequence === "" ? -1 : cut.text.indexOf(sequence)
    if (at >= 0) cut = { text: cut.text.slice(0, at), sequence }
  }
  return cut
}

/** Words with the white space that follows them. */
const wordsOf = (text: string): ReadonlyArray<string> => text.match(/\s*\S+\s*/g) ?? []

const usageOf = (inputTokens: number, outputTokens: number): Usage => ({
  inputTokens,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens,
  reasoningTokens: 0
})
